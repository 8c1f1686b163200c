"""Windows of cycles from the school calendar, one inside the other, and who holds the roles."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.contracts.datahub import CalendarChanged, ScopeOwner
from shared.contracts.school_calendar import AcademicYear, Term
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.nesting import Window, lies_in, nearest_around
from spiral_service.domain.owners import resolve
from spiral_service.repository.definitions import shipped

YEAR = AcademicYear(year="2013-2014", starts_on=date(2013, 9, 1), ends_on=date(2014, 7, 13))
TERM = Term(
    term="2013-2014-1", year="2013-2014", starts_on=date(2013, 9, 2), ends_on=date(2014, 1, 19)
)
CALENDAR = CalendarChanged(years=(YEAR,), terms=(TERM,), seq=1)
COURSE = {"key": "course", "scope": "course/AAA", "period": "ayear:2013-2014"}
CLASS = {"key": "class", "scope": "class/AAA-2013J", "period": "term:2013-2014-1"}


WHOLE_YEAR = Cycle(
    key="Y",
    version=1,
    scope="school/S",
    period="year:2026",
    definition="school_year",
    definition_version=1,
    step="goal",
    state="open",
    opened_at=datetime(2026, 1, 1, tzinfo=UTC),
    entered_at=datetime(2026, 1, 1, tzinfo=UTC),
    starts_on=date(2026, 1, 1),
    ends_on=date(2027, 1, 1),
)


async def nested(world: Any) -> None:
    await world.scope("course/AAA")
    await world.scope("class/AAA-2013J", seq=2, parents=("course/AAA",))


async def know_calendar(world: Any, until: Any) -> None:
    await world.tell(CALENDAR, key="calendar")
    await world.post("cycles", COURSE)
    await until(lambda: world.get("cycles/course"), lambda each: each["starts_on"] is not None)


async def test_a_cycle_gets_its_window_when_the_calendar_is_told(world: Any, until: Any) -> None:
    await nested(world)
    opened = await world.post("cycles", CLASS)
    await know_calendar(world, until)
    placed = await until(
        lambda: world.get("cycles/class"), lambda each: each["starts_on"] is not None
    )

    assert (opened.json()["starts_on"], opened.json()["version"]) == (None, 1)
    assert (placed["starts_on"], placed["ends_on"], placed["version"]) == (
        "2013-09-02",
        "2014-01-20",
        2,
    )
    entries = await world.get("cycles/class/entries")
    assert [each["what"] for each in entries] == ["opened", "replanned"]


async def test_a_cycle_lies_in_the_nearest_one_around_it(world: Any, until: Any) -> None:
    await nested(world)
    await know_calendar(world, until)
    inside = (await world.post("cycles", CLASS)).json()
    outside = (await world.post("cycles", CLASS | {"key": "b", "period": "year:2013"})).json()
    [child] = await world.get("cycles", parent="course")

    assert (inside["parent"], outside["parent"], child["key"]) == ("course", None, "class")


async def test_a_parent_that_does_not_hold_it_is_refused_with_its_dates(
    world: Any, until: Any
) -> None:
    await nested(world)
    await know_calendar(world, until)
    body = CLASS | {"key": "b", "period": "year:2013", "parent": "course"}
    outside = await world.post("cycles", body)
    unknown = await world.post("cycles", body | {"parent": "nothing"})
    strange = await world.post("cycles", COURSE | {"key": "c", "period": "year:2013"})
    not_above = await world.post("cycles", body | {"parent": "c", "period": "year:2014"})

    assert (outside.status_code, outside.json()["type"]) == (
        409,
        "urn:helix8:problem:cycle-outside-parent",
    )
    [reason] = outside.json()["validationErrors"]["$.period"]
    assert "2013-09-01–2014-07-14" in reason
    assert (unknown.status_code, list(unknown.json()["validationErrors"])) == (422, ["$.parent"])
    assert strange.status_code == 201
    assert not_above.status_code == 409


async def test_a_parent_is_open_and_above(world: Any) -> None:
    await nested(world)
    await world.post("cycles", CLASS)
    refused = await world.post("cycles", COURSE | {"parent": "class"})

    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "urn:helix8:problem:cycle-parent-unfit",
    )


async def test_a_definition_is_for_its_kinds_of_scope_and_period(world: Any) -> None:
    refused = await world.post("cycles", CLASS | {"definition": "student_year"})

    assert (refused.status_code, sorted(refused.json()["validationErrors"])) == (
        422,
        ["$.period", "$.scope"],
    )


async def test_owners_are_those_of_the_scope_when_it_opened(world: Any) -> None:
    lead = ScopeOwner(role="class_teacher", person="teacher/T1")
    await world.scope("course/AAA", owners=(ScopeOwner(role="unit_head", person="teacher/T9"),))
    parents = ("course/AAA",)
    await world.scope("class/AAA-2013J", seq=2, parents=parents, owners=(lead,))
    cycle = (await world.post("cycles", CLASS)).json()
    other = ScopeOwner(role="class_teacher", person="teacher/T2")
    await world.scope("class/AAA-2013J", seq=3, parents=parents, owners=(other,))

    assert cycle["owners"] == {
        "lead": ["teacher/T1"],
        "office": ["teacher/T9"],
        "leader": ["teacher/T9"],
    }
    assert (await world.get("cycles/class"))["owners"] == cycle["owners"]


def test_the_nearest_scope_counts_and_a_person_is_his_own_lead() -> None:
    definition = shipped()["student_term", 1]
    above = ["student/S1", "group/G1", "unit/U1"]
    answering = [
        ("group/G1", "counsellor", "teacher/T5"),
        ("unit/U1", "counsellor", "teacher/T6"),
        ("unit/U1", "quality_officer", "teacher/T7"),
    ]

    assert resolve(definition, above, answering, {}) == {
        "lead": ["student/S1"],
        "leader": ["teacher/T5"],
        "office": ["teacher/T7"],
    }


@pytest.mark.parametrize(
    ("window", "holds"),
    [
        ((date(2026, 1, 1), date(2027, 1, 1)), True),
        ((date(2025, 12, 31), date(2026, 6, 1)), False),
        ((date(2026, 6, 1), date(2027, 1, 2)), False),
        (None, True),
    ],
)
def test_windows_are_half_open(window: Window | None, *, holds: bool) -> None:
    assert lies_in(window, WHOLE_YEAR) is holds
    assert nearest_around(window, [WHOLE_YEAR]) == ("Y" if holds and window else None)
