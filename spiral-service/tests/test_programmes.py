"""Programmes: cycles open by the calendar for every scope that is chosen, once."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from shared.calendar import CAMPUS
from shared.contracts.datahub import CalendarChanged, ScopeChanged, ScopeItem, ScopeOwner
from shared.contracts.school_calendar import Term
from shared.kit.clock import now
from shared.kit.timers import set_timers

YEAR = now().astimezone(CAMPUS).year
STUDENTS = [f"student/S{number:03}" for number in range(5)]
PROGRAMME = {
    "key": "students",
    "title": "学生诊改",
    "definition": "figure_eight",
    "rhythm": "year",
    "kind": "student",
}
NOTHING: list[Any] = []


async def college(world: Any) -> None:
    """Two groups of students, of whom one is gone; a head teacher of the first."""
    owners = (ScopeOwner(role="head_teacher", person="teacher/T005"),)
    items = [
        ScopeItem(scope="unit/U1", name_zh="系", seq=1),
        ScopeItem(scope="group/G1", name_zh="一班", seq=1, parents=("unit/U1",), owners=owners),
        ScopeItem(scope="group/G2", name_zh="二班", seq=1),
        *(
            ScopeItem(
                scope=each,
                name_zh=each,
                seq=1,
                parents=("group/G2" if each.endswith("3") else "group/G1",),
                tags=("poor",) if each.endswith(("0", "3")) else (),
            )
            for each in STUDENTS[:-1]
        ),
    ]
    await world.tell(ScopeChanged(items=tuple(items)), key="scopes")
    await world.scope(STUDENTS[-1], gone=True)


async def opened(world: Any, until: Any, count: int) -> list[Any]:
    listed = await until(
        lambda: world.get("cycles", limit=1000), lambda cycles: len(cycles) >= count
    )
    assert len(listed) == count
    return sorted(listed, key=lambda each: each["key"])


async def test_every_scope_that_is_chosen_gets_a_cycle_with_all_that_belongs_to_one(
    world: Any, until: Any
) -> None:
    await college(world)
    put = await world.post("programmes", PROGRAMME)
    cycles = await opened(world, until, 4)
    first = await world.get(f"cycles/{cycles[0]['key']}")
    programme = await until(lambda: world.get("programmes/students"), lambda told: told["sweeps"])

    assert (put.status_code, put.headers["location"]) == (201, "programmes/students")
    assert [each["key"] for each in cycles] == [f"{YEAR}/{each}" for each in STUDENTS[:4]]
    assert first["owners"] == {"lead": ["student/S000"]}
    assert (first["starts_on"], first["ends_on"]) == (f"{YEAR}-01-01", f"{YEAR + 1}-01-01")
    [entry] = await world.get(f"cycles/{cycles[0]['key']}/entries")
    assert (entry["what"], entry["by"], entry["reason"]) == (
        "opened",
        "system/calendar",
        "诊改计划 students (programme)",
    )
    assert first["deadlines"][0]["state"] in {"running", "overdue"}
    steps = await world.work_facts("spiral.step", 4)
    assert sorted(each["owners"] for each in steps) == [[each] for each in STUDENTS[:4]]
    [sweep] = programme["sweeps"]
    assert (sweep["period"], sweep["opened"]) == (f"year:{YEAR}", 4)
    assert programme["running"] == f"year:{YEAR}"


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        ({"tags": ["poor"]}, [0, 3]),
        ({"within": ["unit/U1"]}, [0, 1, 2]),
        ({"within": ["group/G2", "student/S001"]}, [1, 3]),
        ({"scopes": ["student/S001", "student/S002"], "excluded": ["student/S002"]}, [1]),
    ],
)
async def test_a_selector_chooses_by_tag_place_and_name(
    world: Any, until: Any, selector: dict[str, Any], chosen: list[int]
) -> None:
    await college(world)
    shown = await world.post("programmes/preview", PROGRAMME | selector)
    assert await world.get("cycles") == NOTHING
    await world.post("programmes", PROGRAMME | selector)
    cycles = await opened(world, until, len(chosen))

    assert [each["scope"] for each in cycles] == [STUDENTS[each] for each in chosen]
    assert shown.json()["examples"] == [STUDENTS[each] for each in chosen]


async def test_a_preview_tells_who_gets_none_and_why(world: Any) -> None:
    await college(world)
    own = {"key": "other", "scope": "student/S001", "period": f"year:{YEAR}"}
    taken = {"key": f"{YEAR}/student/S002", "scope": "student/S003", "period": "year:2020"}
    for cycle in (own, taken):
        assert (await world.post("cycles", cycle)).status_code == 201
    shown = await world.post("programmes/preview", PROGRAMME | {"excluded": ["student/S000"]})

    assert shown.json() == {
        "period": f"year:{YEAR}",
        "chosen": 5,
        "opens": 1,
        "excluded": [
            {"why": "excluded", "count": 1, "scopes": ["student/S000"]},
            {"why": "gone", "count": 1, "scopes": ["student/S004"]},
            {"why": "has-cycle", "count": 1, "scopes": ["student/S001"]},
            {"why": "key-taken", "count": 1, "scopes": ["student/S002"]},
        ],
        "unowned": 0,
        "examples": ["student/S003"],
    }


async def test_a_sweep_again_opens_only_what_is_new(world: Any, until: Any) -> None:
    await college(world)
    await world.post("programmes", PROGRAMME)
    await opened(world, until, 4)
    await world.scope("student/S005")
    again = await world.post("programmes", PROGRAMME)
    assert again.headers["changed"] == "false"
    async with world.running.app.state.database.transaction() as tx:
        # The day after.
        await tx.session.execute(
            text("UPDATE timer SET due_at = :at WHERE kind = 'programme'"),
            {"at": now() - timedelta(days=1)},
        )
    cycles = await opened(world, until, 5)
    programme = await until(
        lambda: world.get("programmes/students"),
        lambda told: told["sweeps"] and told["sweeps"][0]["opened"] == 5,
    )

    assert {each["version"] for each in cycles} == {1}
    assert programme["next_look"] > now().isoformat()


async def test_a_paused_programme_opens_nothing_until_it_goes_on(world: Any, until: Any) -> None:
    await college(world)
    put = await world.post("programmes", PROGRAMME | {"paused": True})
    async with world.running.app.state.database.transaction() as tx:
        # It swept when it was paused, and set its timer again behind that.
        await set_timers(tx, "programme", {PROGRAMME["key"]: now()})
    paused = await until(
        lambda: world.get(f"programmes/{PROGRAMME['key']}"), lambda told: told["next_look"] is None
    )
    assert await world.get("cycles") == NOTHING
    assert (put.json()["next_look"], paused["sweeps"]) == (None, [])
    goes = await world.post("programmes", PROGRAMME, **{"if-match": '"1"'})
    late = await world.post("programmes", PROGRAMME, **{"if-match": '"1"'})

    assert (goes.status_code, goes.headers["changed"], late.status_code) == (200, "true", 412)
    await opened(world, until, 4)


async def test_a_term_that_the_calendar_does_not_know_opens_nothing_until_it_does(
    world: Any, until: Any
) -> None:
    await college(world)
    shown = await world.post("programmes/preview", PROGRAMME | {"rhythm": "term"})
    await world.post("programmes", PROGRAMME | {"rhythm": "term"})
    looked = await until(
        lambda: world.get("programmes/students"),
        lambda told: told["next_look"] > now().isoformat(),
    )
    days = {"starts_on": date(YEAR, 1, 1), "ends_on": date(YEAR, 12, 31)}
    term = Term(term="2098-2099-1", year="2098-2099", **days)
    await world.tell(CalendarChanged(terms=(term,), seq=1), key="calendar")

    assert (shown.json()["period"], shown.json()["opens"]) == (None, 0)
    assert (looked["running"], looked["sweeps"]) == (None, [])
    assert {each["period"] for each in await opened(world, until, 4)} == {"term:2098-2099-1"}


async def test_a_definition_for_other_scopes_is_refused(world: Any) -> None:
    refused = await world.post("programmes", PROGRAMME | {"definition": "classroom_teaching"})

    assert refused.status_code == 422
    assert set(refused.json()["validationErrors"]) == {"$.scope", "$.period"}


async def test_what_a_programme_opens_by_a_rule_runs_beside(world: Any, until: Any) -> None:
    await college(world)
    for name in ("department_year", "internal_control"):
        said = {"key": name, "kind": "unit", "definition": name}
        preview = await world.post("programmes/preview", PROGRAMME | said)
        assert preview.json()["opens"] == 1
        await world.post("programmes", PROGRAMME | said)
        await until(lambda: world.get("programmes"), lambda all_: all_[-1]["sweeps"])
    cycles = await opened(world, until, 2)

    assert [(each["key"], each["beside"]) for each in cycles] == [
        (f"{YEAR}/internal_control/unit/U1", True),
        (f"{YEAR}/unit/U1", False),
    ]


async def test_two_programmes_that_mean_the_same_open_one_cycle_each(
    world: Any, until: Any
) -> None:
    await college(world)
    await asyncio.gather(
        world.post("programmes", PROGRAMME),
        world.post("programmes", PROGRAMME | {"key": "again"}),
    )
    await opened(world, until, 4)
    await asyncio.sleep(0.5)
    cycles = await opened(world, until, 4)

    assert {each["version"] for each in cycles} == {1}
