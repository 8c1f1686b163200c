"""Deadlines: set where a cycle stands, told when they come, planned anew with a reason."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from shared.calendar import Calendar, weeks_of
from shared.calendar.table import read_calendar
from shared.contracts.datahub import CalendarChanged, ScopeOwner
from shared.contracts.school_calendar import AcademicYear, SchoolCalendar, Term
from shared.kit.clock import now
from shared.kit.identity import Caller, TokenSigner
from spiral_service.domain.deadlines import Deadline, entered, ladder, still_told
from spiral_service.domain.definitions.model import Rung
from spiral_service.repository.definitions import shipped
from spiral_service.usecases.cycles import light_missing

SCOPE = "class/AAA-2013J"
CYCLE = {"key": "C1", "scope": SCOPE, "period": "year:2026"}
NOTHING: list[Any] = []


async def open_cycle(world: Any, **more: Any) -> Any:
    owners = (
        ScopeOwner(role="class_teacher", person="teacher/T001"),
        ScopeOwner(role="quality_officer", person="teacher/T009"),
    )
    await world.scope(SCOPE, seq=2, owners=owners)
    opened = await world.post("cycles", CYCLE | more)
    assert opened.status_code == 201, opened.text
    return opened.json()


def deadline(cycle: Any, clock: str) -> Any:
    return next(each for each in cycle["deadlines"] if each["clock"] == clock)


async def lapse(world: Any, clock: str, due_at: datetime) -> None:
    """Let a deadline have run out at an instant, as if the clock had come there."""
    async with world.running.app.state.database.transaction() as tx:
        values = {"clock": clock, "due": due_at}
        await tx.session.execute(
            text("UPDATE deadline SET due_at = :due WHERE clock = :clock"), values
        )
        await tx.session.execute(
            text("UPDATE timer SET due_at = :due WHERE key = 'C1#' || :clock"), values
        )


def test_a_clock_goes_along_to_the_step_that_another_version_has_it_on() -> None:
    at = datetime(2026, 11, 27, tzinfo=UTC)
    told = Deadline(cycle="C1", clock="due", step="old", planned_at=at, due_at=at, told=2)
    anew = Deadline(cycle="C1", clock="due", step="new", planned_at=at, due_at=at)

    assert entered(anew, told) == replace(told, step="new")
    assert entered(anew, replace(told, reason="招聘推迟")).step == "new"
    assert entered(anew, replace(told, met_at=at)) == anew


def test_rungs_come_in_the_order_of_the_ladder_whatever_they_count_in() -> None:
    shipped_one = shipped()["figure_eight", 1]
    hours, days = (
        Rung(after=after, unit=unit, role="lead")
        for after, unit in ((40, "working_hour"), (2, "calendar_day"))
    )
    friday = datetime(2026, 11, 27, 4, tzinfo=UTC)
    due = Deadline(cycle="C1", clock="due", step="goal", planned_at=friday, due_at=friday)
    mixed = replace(shipped_one, escalation=[hours, days])
    [first, second] = ladder(mixed, due, Calendar(SchoolCalendar()))

    assert (first[1], second[1]) == (hours, days)
    assert first[0] == second[0] > friday + timedelta(days=6)


def test_what_a_ladder_has_told_is_not_told_again_on_one_that_begins_alike() -> None:
    ladder_of_three = shipped()["figure_eight", 1]
    early = Rung(after=-10, unit="working_day", role="lead")
    earlier = replace(ladder_of_three, escalation=[early, *ladder_of_three.escalation])
    longer = replace(ladder_of_three, escalation=[*ladder_of_three.escalation, early])

    assert still_told(2, ladder_of_three, longer) == 2
    assert still_told(2, ladder_of_three, earlier) == 0
    assert still_told(3, earlier, ladder_of_three) == 2


async def test_a_cycle_shows_until_when_each_step_should_be_left(world: Any) -> None:
    cycle = await open_cycle(world)

    assert deadline(cycle, "goal_due") == {
        "clock": "goal_due",
        "zh": "目标确定截止",
        "en": "Goals due",
        "step": "goal",
        "role": "lead",
        "persons": ["teacher/T001"],
        # The second week that ends in the year: nothing is known of teaching weeks.
        "due_at": "2026-01-11T16:00:00Z",
        "planned_at": "2026-01-11T16:00:00Z",
        "state": "running",
        "overdue_since": None,
        "met_at": None,
        "reason": "",
        "told": 0,
    }
    ahead = {each["clock"]: (each["state"], each["due_at"]) for each in cycle["deadlines"][1:]}
    assert ahead["implement_due"] == ("ahead", "2026-12-21T16:00:00Z")
    assert ahead["diagnose_due"] == ("ahead", None)


async def test_what_is_late_is_told_up_the_ladder_and_the_cycle_stays(world: Any) -> None:
    await open_cycle(world)
    told = await world.work_facts("workitem.escalated", 3)
    [reminded] = await world.work_facts("workitem.reminded")
    cycle = await world.get("cycles/C1")

    # Months late: none of the rungs is left out, and each is told once.
    assert [(each["role"], each["persons"]) for each in told] == [
        ("lead", ["teacher/T001"]),
        ("office", ["teacher/T009"]),
        # Nobody holds that role: whoever leads the scope is told.
        ("leader", ["teacher/T009"]),
    ]
    assert (reminded["role"], reminded["title_zh"]) == ("lead", "目标：“8”字质量改进螺旋")
    assert {each["step"] for each in told} == {"spiral/cycle/C1/1"}
    assert [each["rung"] for each in (reminded, *told)] == [1, 2, 3, 4]
    late = deadline(cycle, "goal_due")
    assert (late["state"], late["overdue_since"]) == ("overdue", "2026-01-11T16:00:00Z")
    assert (cycle["step"], cycle["version"], late["told"]) == ("goal", 1, 4)


async def test_rungs_that_another_version_puts_first_are_told(world: Any) -> None:
    await open_cycle(world)
    await world.work_facts("workitem.escalated", 3)
    document = (await world.get("definitions/figure_eight"))["document"]
    early = {"after": -10, "unit": "working_day", "role": "lead"}
    await world.post("definitions", document | {"escalation": [early, *document["escalation"]]})
    to_it = {"definition": "figure_eight@1001", "reason": "提前提醒"}
    moved = await world.post("cycles/C1/migrations", to_it)
    reminded = await world.work_facts("workitem.reminded", 3)

    assert moved.status_code == 200, moved.text
    assert [each["rung"] for each in reminded] == [1, 1, 2]


async def test_whom_the_ladder_calls_finds_the_step_among_his_own_work(
    world: Any, until: Any, signing_keys: tuple[TokenSigner, str]
) -> None:
    await open_cycle(world)
    may = frozenset({"spiral:read", "spiral:take-part"})

    async def work_of(who: str) -> Any:
        caller = Caller(subject=who, scopes=may)
        header = {"authorization": f"Bearer {signing_keys[0].sign(caller, 'spiral')}"}
        return (await world.running.client.get("/v1/work-items", headers=header)).json()

    [called] = await until(lambda: work_of("person/T009"), len)
    [own] = await work_of("person/T001")

    assert called == own
    assert (own["step"], own["called"]) == ("spiral/cycle/C1/1", ["teacher/T001", "teacher/T009"])
    assert await work_of("person/T002") == NOTHING


async def test_a_deadline_that_was_missed_stays_so_when_its_step_is_left(world: Any) -> None:
    await open_cycle(world)
    await world.work_facts("workitem.escalated", 3)
    move = {"to": "standard", "force": True, "reason": "校长办公会已审定"}
    moved = await world.post("cycles/C1/moves", move)
    cycle = moved.json()

    assert deadline(cycle, "goal_due")["state"] == "missed"
    assert deadline(cycle, "standard_due")["state"] in {"running", "overdue"}
    steps = await world.work_facts("spiral.step", 3)
    assert [(each["step"], each.get("how")) for each in steps] == [
        ("spiral/cycle/C1/1", None),
        ("spiral/cycle/C1/1", "moved"),
        ("spiral/cycle/C1/2", None),
    ]


async def test_a_deadline_is_planned_anew_with_a_reason_that_is_kept(world: Any) -> None:
    await open_cycle(world)
    due = (now() + timedelta(days=40)).replace(microsecond=0)
    body = {"clock": "goal_due", "due_at": due.isoformat(), "reason": "等待学校五年规划"}
    planned = await world.post("cycles/C1/deadlines", body, **{"if-match": '"1"'})
    again = await world.post("cycles/C1/deadlines", body, **{"if-match": '"1"'})
    cycle = planned.json()
    entries = await world.get("cycles/C1/entries")

    assert (planned.status_code, again.status_code) == (200, 412)
    kept = deadline(cycle, "goal_due")
    spelled = due.isoformat().replace("+00:00", "Z")
    assert (kept["state"], kept["due_at"], kept["reason"]) == (
        "running",
        spelled,
        "等待学校五年规划",
    )
    assert kept["planned_at"] == "2026-01-11T16:00:00Z"
    assert [
        (each["what"], each["clock"], each["was"], each["due_at"], each["reason"])
        for each in entries
    ] == [
        ("opened", None, None, None, ""),
        ("replanned", "goal_due", "2026-01-11T16:00:00Z", spelled, "等待学校五年规划"),
    ]
    # The work list has it under the new date.
    steps = await world.work_facts("spiral.step", 3)
    assert [(each["step"], each.get("how"), each.get("due_at")) for each in steps][1:] == [
        ("spiral/cycle/C1/1", "replaced", None),
        ("spiral/cycle/C1/2", None, spelled),
    ]


@pytest.mark.parametrize(
    ("change", "status", "path", "word"),
    [
        ({"clock": "lunch"}, 422, "$.clock", "goal_due"),
        ({"due_at": "2020-01-01T00:00:00Z"}, 409, "$.due_at", "later than now"),
        ({"reason": " "}, 422, "$.reason", "say why"),
    ],
)
async def test_a_deadline_is_not_planned_anew_like_that(
    world: Any, change: dict[str, str], status: int, path: str, word: str
) -> None:
    await open_cycle(world)
    body = {"clock": "goal_due", "due_at": "2099-01-01T00:00:00Z", "reason": "因为"}
    refused = await world.post("cycles/C1/deadlines", body | change)

    assert refused.status_code == status
    assert word in refused.json()["validationErrors"][path][0]


async def test_only_who_leads_its_scope_or_runs_cycles_plans_anew(
    world: Any, signing_keys: tuple[TokenSigner, str]
) -> None:
    await open_cycle(world)
    caller = Caller(subject="person/T001", scopes=frozenset({"spiral:read", "spiral:take-part"}))
    header = {"authorization": f"Bearer {signing_keys[0].sign(caller, 'spiral')}"}
    body = {"clock": "goal_due", "due_at": "2099-01-01T00:00:00Z", "reason": "因为"}
    refused = await world.post("cycles/C1/deadlines", body, **header)
    # The quality officer of the scope.
    officer = Caller(subject="person/T009", scopes=caller.scopes)
    his = {"authorization": f"Bearer {signing_keys[0].sign(officer, 'spiral')}"}
    listed = [
        (await world.running.client.get("/v1/cycles", headers=each)).json()[0]
        for each in (header, his)
    ]
    shown = (await world.running.client.get("/v1/cycles/C1", headers=his)).json()
    planned = await world.post("cycles/C1/deadlines", body, **his)

    assert [each["may"]["replan"] for each in listed] == [False, True]
    assert {name: listed[1][name] for name in ("may", "blockedBy")} == {
        name: shown[name] for name in ("may", "blockedBy")
    }
    assert planned.status_code == 200, planned.text
    assert (refused.status_code, refused.json()["type"]) == (
        403,
        "urn:helix8:problem:leaders-only",
    )


async def test_what_was_planned_ahead_holds_when_the_step_is_reached(world: Any) -> None:
    await open_cycle(world)
    body = {"clock": "standard_due", "due_at": "2099-01-01T00:00:00Z", "reason": "因为"}
    planned = await world.post("cycles/C1/deadlines", body)
    moved = await world.post("cycles/C1/moves", {"to": "standard", "force": True, "reason": "因为"})

    assert deadline(planned.json(), "standard_due")["state"] == "ahead"
    kept = deadline(moved.json(), "standard_due")
    assert (kept["state"], kept["due_at"]) == ("running", "2099-01-01T00:00:00Z")


async def test_the_school_calendar_gives_a_window_and_with_it_the_deadlines(
    world: Any, until: Any
) -> None:
    opened = await open_cycle(world, period="term:2098-2099-1")
    # Nothing is known of its days, nor when its last steps are reached: until when is planned.
    clocks = ("goal_due", "diagnose_due")
    body = {"due_at": "2098-10-01T00:00:00Z", "reason": "因为"}
    planned = [await world.post("cycles/C1/deadlines", body | {"clock": each}) for each in clocks]
    entries = (await world.get("cycles/C1/entries"))[1:]
    steps = await world.work_facts("spiral.step", 3)
    days = {"starts_on": "2098-09-01", "ends_on": "2099-01-20"}
    term = Term.model_validate({"term": "2098-2099-1", "year": "2098-2099"} | days)
    year = AcademicYear.model_validate(
        {"year": "2098-2099", "starts_on": "2098-09-01", "ends_on": "2099-08-31"}
    )
    await world.tell(CalendarChanged(years=(year,), terms=(term,), seq=1), key="calendar")
    placed = await until(lambda: world.get("cycles/C1"), lambda cycle: cycle["version"] == 4)

    assert [each.status_code for each in planned] == [200, 200]
    assert [(each["clock"], each["was"]) for each in entries] == [(each, None) for each in clocks]
    known = [deadline(planned[-1].json(), each) for each in clocks]
    assert [(each["state"], each["planned_at"]) for each in known] == [
        ("running", None),
        ("ahead", None),
    ]
    assert steps[-1]["due_at"] == known[0]["due_at"] == "2098-10-01T00:00:00Z"
    assert deadline(placed, "goal_due")["due_at"] == "2098-10-01T00:00:00Z"
    assert deadline(opened, "implement_due")["due_at"] is None
    assert deadline(placed, "implement_due")["due_at"] == "2099-01-10T16:00:00Z"

    longer = term.model_copy(update={"ends_on": date(2099, 1, 27)})
    await world.tell(CalendarChanged(years=(year,), terms=(longer,), seq=2), key="calendar")

    async def followed() -> int:
        async with world.running.app.state.database.transaction() as tx:
            await light_missing(tx, now(), 10)
            return (await read_calendar(tx)).told.seq

    await until(followed, lambda seq: seq == 2)
    moved = await world.get("cycles/C1")
    assert moved["ends_on"] == "2099-01-28"
    assert deadline(moved, "implement_due")["due_at"] == "2099-01-17T16:00:00Z"
    assert deadline(moved, "goal_due")["due_at"] == "2098-10-01T00:00:00Z"


async def test_a_timer_that_comes_due_is_seen_within_a_moment(world: Any) -> None:
    await open_cycle(world, period="year:2098")
    due = now() + timedelta(seconds=1)
    await lapse(world, "goal_due", due)
    [told] = await world.work_facts("workitem.escalated")

    assert told["role"] == "lead"
    assert datetime.fromisoformat(told["due_at"]) == due.astimezone(UTC)


async def test_another_calendar_moves_what_it_reckons_and_not_what_somebody_planned(
    world: Any, until: Any
) -> None:
    await open_cycle(world, period="year:2098")
    due = "2098-02-01T00:00:00Z"
    body = {"clock": "standard_due", "due_at": due, "reason": "因为"}
    before = (await world.post("cycles/C1/deadlines", body)).json()
    days = {"starts_on": "2097-09-01", "ends_on": "2098-08-31"}
    year = AcademicYear.model_validate({"year": "2097-2098"} | days)
    term = Term.model_validate(
        {"term": "2097-2098-2", "year": "2097-2098"} | days | {"starts_on": "2098-03-03"}
    )
    weeks = tuple(weeks_of(term))
    told = CalendarChanged(years=(year,), terms=(term,), weeks=weeks, seq=2)
    await world.tell(told, key="calendar")
    after = await until(
        lambda: world.get("cycles/C1"),
        lambda cycle: deadline(cycle, "goal_due") != deadline(before, "goal_due"),
        seconds=20,
    )

    # The second week of the term that begins in March; nothing is taught before it.
    assert deadline(before, "goal_due")["due_at"] == "2098-01-12T16:00:00Z"
    assert deadline(after, "goal_due")["due_at"] == "2098-03-16T16:00:00Z"
    assert deadline(after, "standard_due")["due_at"] == due
    steps = await world.work_facts("spiral.step", 3)
    assert [each["step"] for each in steps] == [
        "spiral/cycle/C1/1",
        "spiral/cycle/C1/1",
        "spiral/cycle/C1/2",
    ]
