"""Rhythms that an imported plan sets: from the event to proposals, programmes and open cycles."""

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
        id="规划/2020",
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
        return await world.get("cycle-proposals", plan="规划/2020")

    found: list[Any] = await until(ask, lambda all_: len(all_) == count)
    return found


async def test_an_accepted_proposal_is_a_programme_that_opens_its_cycles(
    world: Any, until: Any
) -> None:
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
    every = await proposed(world, until, 4)
    accepted = {"state": "accepted"}

    async def decide(which: Any, said: Any) -> Any:
        return await world.post(f"cycle-proposals/{which['id']}/decision", said)

    school, major, course, teacher = [await decide(each, accepted) for each in every]
    silent = await decide(every[2], {"state": "refused"})
    refused = await decide(every[2], {"state": "refused", "reason": "只预警"})
    twice = await decide(every[0], accepted)
    unsuited = await decide(every[3], {"state": "accepted", "definition": "student_year"})

    async def opened() -> Any:
        return {each["key"]: each for each in await world.get("cycles", state="open")}

    found = await until(opened, lambda all_: len(all_) == 3)
    programmes = {each["key"]: each for each in await world.get("programmes")}

    assert [(each["level"], each["running"], each["missing"]) for each in every] == [
        ("school", YEAR, 1),
        ("major", "plan:2021-2025", 1),
        ("course", None, 0),
        ("teacher", None, 0),
    ]
    assert [each["may"] for each in every] == [
        {"accept": True, "refuse": True},
        {"accept": True, "refuse": True},
        {"accept": False, "refuse": True},
        {"accept": False, "refuse": True},
    ]
    answers = (school, major, course, teacher, silent, refused, twice, unsuited)
    assert [each.status_code for each in answers] == [200, 200, 409, 409, 422, 200, 409, 409]
    assert {key: (each["definition"], each["rhythm"]) for key, each in programmes.items()} == {
        "规划-2020-school-year": ("school_year", "year"),
        "规划-2020-major-construction": ("major_construction", "once"),
    }
    assert (major.json()["programme"], major.json()["state"]) == (
        "规划-2020-major-construction",
        "accepted",
    )
    assert set(found) == {"mine", f"{TODAY.year}/school/1", "2021-2025/major/A"}
    assert found["2021-2025/major/A"]["definition"] == "major_construction@1"


async def test_a_corrected_plan_replaces_what_it_proposed_and_keeps_what_was_decided(
    world: Any, until: Any
) -> None:
    await world.tell(imported(1, proposal("school", "year"), proposal("major", "year")))
    first, second = await proposed(world, until, 2)
    said = {"state": "refused", "reason": "由学校统一安排"}
    refused = await world.post(f"cycle-proposals/{second['id']}/decision", said)
    corrected = (
        proposal("major", "year"),
        proposal("student", "month"),
        proposal("course", "term"),
    )
    await world.tell(imported(2, *corrected))
    every = await proposed(world, until, 3)
    await world.tell(imported(1), of_another_plan())
    await until(lambda: world.get("cycle-proposals"), lambda all_: len(all_) == 4)
    none = await world.post("cycle-proposals/999999/decision", said)

    assert first["state"] == "proposed"
    assert (refused.json()["state"], refused.json()["reason"]) == ("refused", "由学校统一安排")
    assert [(each["level"], each["state"], each["reason"]) for each in every] == [
        ("major", "refused", "由学校统一安排"),
        ("student", "proposed", ""),
        ("course", "proposed", ""),
    ]
    assert await proposed(world, until, 3) == every
    assert none.status_code == 404


def of_another_plan() -> PlanImported:
    return imported(1, proposal("school", "month")).model_copy(update={"id": "other"})
