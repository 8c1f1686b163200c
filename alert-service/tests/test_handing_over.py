"""Every change of an alert hands its record over to the hub, whole and as it stands."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from alert_service.domain.handing_over import record_of
from alert_service.domain.life import Alert, How, Settlement
from alert_service.domain.severity import Severity
from alert_service.jobs import make_jobs
from alert_service.repository.rules import Books
from alert_service.usecases.ruling import Judge
from shared.addresses import Receivers
from shared.calendar import CAMPUS, Calendar
from shared.contracts.datahub import CalendarChanged
from shared.contracts.school_calendar import Holiday, WorkingHours
from shared.contracts.vocabulary import State, Worst
from shared.kit.loops import start_jobs, stop_jobs
from shared.testing import records_handed_over

PLACES = {
    "org_code": None,
    "major_code": None,
    "course_code": "C0001",
    "staff_no": None,
    "student_no": None,
}


async def records(desk: Any, count: int) -> list[Any]:
    """Return the records that were handed over; every one is of an alert."""
    found = await records_handed_over(desk.running.broker, count)
    assert {subject for subject, _ in found} == {"alert.upsert"}
    return [record for _, record in found]


async def came_and_went(desk: Any) -> None:
    """Raise an alert of the first binding and let it settle, one after the other."""
    await below(desk, 1)
    await records(desk, 1)
    await desk.judge(2, "met_target", "0.95")
    await records(desk, 2)


async def below(desk: Any, seq: int, value: str = "0.7", **more: Any) -> None:
    await desk.judge(seq, "below_standard", value, relative_gap="0.05", **more)


async def test_an_alert_is_handed_over_when_it_is_raised_acknowledged_and_settled(
    desk: Any,
) -> None:
    await desk.bind()
    await below(desk, 1)
    [(_, raised)] = await desk.facts(1)
    alert = raised["alert"]
    await desk.running.client.post(f"/v1/alerts/{alert}/acknowledgement", json={"note": "收到"})
    await desk.judge(2, "met_target", "0.95")
    _, (_, acknowledged), (_, settled) = await desk.facts(3)

    first, second, third = await records(desk, 3)

    assert first == PLACES | {
        "alert_no": alert,
        "family": "indicator",
        "severity": "yellow",
        "scope": "course/C0001",
        "raised_at": raised["raised_at"],
        "acknowledged_at": None,
        "closed_at": None,
        "handling_hours": None,
        "recurred": None,
    }
    assert second == first | {"acknowledged_at": acknowledged["acknowledged_at"]}
    assert third == second | {
        "closed_at": settled["at"],
        "handling_hours": third["handling_hours"],
        "recurred": False,
    }
    assert Decimal("0.00") <= Decimal(third["handling_hours"]) < Decimal("0.01")


async def test_a_graver_colour_takes_the_acknowledgement_away_in_the_record_too(desk: Any) -> None:
    await desk.bind()
    await below(desk, 1)
    [(_, raised)] = await desk.facts(1)
    await desk.running.client.post(f"/v1/alerts/{raised['alert']}/acknowledgement", json={})
    await desk.judge(2, "below_floor", "0.3", relative_gap="0.6")

    *_, last = await records(desk, 3)

    assert (last["severity"], last["acknowledged_at"]) == ("red", None)


async def test_an_alert_says_what_its_scope_belongs_to_and_says_it_anew_when_that_is_learnt(
    desk: Any,
) -> None:
    await desk.bind()
    await below(desk, 1)
    await records(desk, 1)

    await desk.scope(1, "unit/U1", parents=["school/14365"])
    await desk.scope(2, parents=["unit/U1", "major/M1"])

    before, after = await records(desk, 2)
    assert (before["org_code"], before["major_code"]) == (None, None)
    assert after == before | {"org_code": "U1", "major_code": "M1"}


async def test_an_alert_whose_rule_warns_again_came_again_whatever_the_period(desk: Any) -> None:
    await desk.bind()
    await desk.bind("b2", period="term:2026-2027-2")
    await came_and_went(desk)

    await below(desk, 3, id="b2", binding="b2", period="term:2026-2027-2")
    await records(desk, 4)
    await desk.judge(4, "met_target", "0.9", id="b2", binding="b2", period="term:2026-2027-2")

    opened, closed, second, again, ended = await records(desk, 5)
    assert (opened["recurred"], closed["recurred"]) == (None, False)
    assert again == closed | {"recurred": True}
    assert (second["alert_no"], second["recurred"]) == (ended["alert_no"], None)
    assert ended["recurred"] is False


async def test_another_rule_and_another_scope_are_no_recurrence(desk: Any) -> None:
    await desk.bind()
    await desk.bind("b2", scope="course/C0002")
    await desk.bind("b3", indicator="attendance_rate")
    await came_and_went(desk)

    await below(desk, 3, id="b2", binding="b2", scope="course/C0002")
    await below(desk, 4, id="b3", binding="b3", indicator="attendance_rate")

    found = await records(desk, 4)
    assert [each["recurred"] for each in found] == [None, False, None, None]


async def test_what_was_there_before_is_handed_over_as_it_is_after_an_upgrade(desk: Any) -> None:
    await desk.bind()
    await came_and_went(desk)
    await below(desk, 3, "0.71")
    told = await records(desk, 4)
    async with desk.running.app.state.database.transaction() as tx:
        await tx.session.execute(text("DELETE FROM handed_over"))

    parts = desk.running.app.state.parts
    loops = start_jobs(
        make_jobs(parts, Judge(Books(), parts.settings.clocks()), Receivers(), None, "")
    )
    found = await records(desk, 6)
    await stop_jobs(loops)

    first, second = sorted(found[4:], key=lambda each: str(each["raised_at"]))
    assert [first] == [each for each in told if each["recurred"]]
    assert [second] == [each for each in told if each["alert_no"] == second["alert_no"]]


MONDAY = datetime(2026, 11, 23, 17, tzinfo=CAMPUS)


def settled_after(span: timedelta) -> Alert:
    """Return an alert of Monday, 17:00, that was settled after so long."""
    return Alert(
        id="A1",
        version=2,
        cell="c",
        rule="r",
        indicator="i",
        scope="school/1",
        period="year:2026",
        binding="b",
        severity=Severity.BLUE,
        title="t",
        standing=State.MET_TARGET,
        value=None,
        value_before=None,
        crossed=None,
        worst=Worst(severity=Severity.BLUE, value=None, crossed=None, at=MONDAY),
        owner="o",
        raised_at=MONDAY,
        due_at=MONDAY,
        settled=Settlement(how=How.RECOVERED, at=(MONDAY + span).astimezone(UTC), effect=None),
    )


@pytest.mark.parametrize(
    ("told", "hours"),
    [
        (CalendarChanged(seq=1), "9.50"),  # 17–18, the eight hours of Tuesday, 8:00–8:30
        (
            CalendarChanged(
                seq=1,
                holidays=(Holiday(on=datetime(2026, 11, 24).date(), name_zh="校庆"),),  # noqa: DTZ001 — a day
            ),
            "1.50",
        ),
        (
            CalendarChanged(
                seq=1,
                working_hours=tuple(
                    WorkingHours(weekday=day, opens="09:00", closes="17:20") for day in (1, 2, 3)
                ),
            ),
            "8.67",
        ),
    ],
)
def test_handling_counts_in_working_hours_of_the_school(told: CalendarChanged, hours: str) -> None:
    alert = settled_after(timedelta(days=1, hours=15, minutes=30))

    record = record_of(alert, {}, Calendar(told), came_again=False)

    assert record["handling_hours"] == hours
