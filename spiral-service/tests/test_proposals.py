"""Rhythms that an imported plan sets: from the event to proposals, and to open cycles."""

from typing import Any

from shared.calendar import CAMPUS
from shared.contracts.target import CycleProposal, PlanImported
from shared.kit.clock import now

TODAY = now().astimezone(CAMPUS).date()
YEAR = f"year:{TODAY.year}"


def proposal(level: str, rhythm: str, **more: Any) -> CycleProposal:
    told = {"level": level, "rhythm": rhythm, "warning_only": False, "words": f"{level} {rhythm}"}
    return CycleProposal.model_validate(told | more)


def imported(version: int, *cycles: CycleProposal) -> PlanImported:
    return PlanImported(
        id="plan-2020",
        version=version,
        title="诊改实施方案",
        number=None,
        scope="school/1",
        period="plan:2021-2025",
        cycles=cycles,
        findings=8,
    )


async def proposed(world: Any, until: Any, count: int) -> list[Any]:
    async def ask() -> Any:
        return await world.get("cycle-proposals", plan="plan-2020")

    found: list[Any] = await until(ask, lambda all_: len(all_) == count)
    return found


async def test_a_plan_proposes_cycles_that_somebody_opens(world: Any, until: Any) -> None:
    for scope in ("school/1", "major/A", "major/B", "unit/U1"):
        await world.scope(scope)
    taken = {"key": "mine", "scope": "major/B", "period": "plan:2021-2025"}
    assert (await world.running.client.post("/v1/cycles", json=taken)).status_code == 201
    cycles = (
        proposal("school", "year"),
        proposal("major", "construction"),
        proposal("course", "term", warning_only=True),
        proposal("teacher", "appointment"),
    )
    await world.tell(imported(1, *cycles), key="plan-2020")
    school, major, course, teacher = await proposed(world, until, 4)

    opened = [
        await world.running.client.post(f"/v1/cycle-proposals/{each['id']}/cycles")
        for each in (school, major, major, course, teacher)
    ]

    told = [(each["level"], each["running"], each["missing"]) for each in (school, major)]
    assert told == [("school", YEAR, 1), ("major", "plan:2021-2025", 1)]
    assert (teacher["running"], teacher["words"]) == (None, "teacher appointment")
    assert [each.status_code for each in opened] == [201, 201, 201, 409, 409]
    assert [each.json() for each in opened[:3]] == [
        {"period": YEAR, "opened": [f"{TODAY.year}/school/1"], "left": 0},
        {"period": "plan:2021-2025", "opened": ["2021-2025/major/A"], "left": 0},
        {"period": "plan:2021-2025", "opened": [], "left": 0},
    ]
    assert {each["key"] for each in await world.get("cycles", state="open")} == {
        *("mine", f"{TODAY.year}/school/1", "2021-2025/major/A"),
    }


async def test_a_corrected_plan_replaces_what_it_proposed(world: Any, until: Any) -> None:
    await world.tell(imported(1, proposal("school", "year")), key="plan-2020")
    await world.tell(imported(2, proposal("school", "year"), proposal("student", "month")))
    both = await proposed(world, until, 2)
    await world.tell(imported(1), proposal_of_another_plan())
    await until(lambda: world.get("cycle-proposals"), lambda all_: len(all_) == 3)
    still = await world.get("cycle-proposals", plan="plan-2020")
    none = await world.running.client.post("/v1/cycle-proposals/999999/cycles")

    assert [(each["level"], each["running"]) for each in both] == [
        ("school", YEAR),
        ("student", f"month:{TODAY:%Y-%m}"),
    ]
    assert still == both
    assert none.status_code == 404


def proposal_of_another_plan() -> PlanImported:
    return imported(1, proposal("school", "month")).model_copy(update={"id": "other"})
