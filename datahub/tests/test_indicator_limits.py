"""A definition can never stop the measuring of others: it is parked, and told of."""

from typing import Any

import pytest

from datahub.tests.measuring import PASS_RATE, TERM

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETTINGS = {"measure_seconds": 1.0}

HUGE = "median(((number ^ 9) ^ 9) * ((number ^ 9) ^ 9) of score)"
"""100 to the power of 162 is more than PostgreSQL takes the middle of."""

_CHAIN = " * ".join(["(number ^ 9) ^ 9"] * 90)
SLOW = f"sum(greatest({_CHAIN}, {_CHAIN}) of score)"
"""Each record takes some hundredths of a second."""


def definition(name: str, formula: str, kind: str = "course") -> dict[str, Any]:
    words = {k: PASS_RATE[k] for k in ("zh", "en", "direction")}
    scopes = [{"kind": kind, "period": "term"}]
    return {**words, "indicator": name, "unit": "own", "formula": formula, "scopes": scopes}


async def save(hub: Any, name: str, formula: str, kind: str = "course") -> Any:
    return await hub.client.put(f"/v1/indicators/{name}", json=definition(name, formula, kind))


async def push_scores(hub: Any, course: str, count: int, number: str) -> None:
    fields = ["student_no", "course_code", "term", "grade_type", "attempt", "number"]
    waits = ["student_no", "course_code"]
    feed = await hub.feed("score", dict.fromkeys(fields), never_waits_for=waits)
    row = {"course_code": course, "term": TERM, "grade_type": "mid", "attempt": 1, "number": number}
    await hub.push(feed, *({**row, "student_no": f"S{each}"} for each in range(count)))


async def parked(hub: Any, name: str) -> Any:
    async def told() -> Any:
        return (await hub.get(f"indicators/{name}"))["parked"]

    return await hub.until(told)


async def value_of(hub: Any, name: str, course: str) -> list[tuple[str | None, str | None]]:
    await hub.settled()
    rows = await hub.get("measurements", indicator=name, scope=f"course/{course}")
    return [(row["value"], row["reason"]) for row in rows]


async def test_a_number_that_postgresql_does_not_hold_stops_no_other(hub: Any) -> None:
    course, huge, well = hub.name("C"), hub.name("huge"), hub.name("well")
    # They share the table: one statement counts for both.
    assert (await save(hub, huge, HUGE)).status_code == 201
    assert (await save(hub, well, "sum(number of score)")).status_code == 201
    await push_scores(hub, course, 2, "100")

    told = await parked(hub, huge)
    assert told["reason"] == "fails"
    assert told["detail"].startswith("第 1 字 (at 1): 算式得出无法表示的数")
    assert await value_of(hub, well, course) == [("200", None)]
    events = [
        each["data"]
        for each in await hub.facts()
        if each["type"] == "qa.datahub.indicator.parked.v1" and each["data"]["indicator"] == huge
    ]
    assert [(each["version"], each["reason"]) for each in events] == [(1, "fails")]

    # What it said before is no longer told; a better definition is measured at once.
    assert (await save(hub, huge, "max(number of score)")).status_code == 200
    assert await value_of(hub, huge, course) == [("100", None)]
    assert (await hub.get(f"indicators/{huge}"))["parked"] is None
    assert (await save(hub, huge, HUGE)).status_code == 200
    await parked(hub, huge)
    assert await value_of(hub, huge, course) == [(None, "parked")]


async def test_a_definition_that_runs_too_long_is_parked_and_published_again(hub: Any) -> None:
    course, slow, well = hub.name("C"), hub.name("slow"), hub.name("well")
    await push_scores(hub, course, 2000, "99.99")
    assert (await save(hub, slow, SLOW)).status_code == 201
    assert (await save(hub, well, "count(score)")).status_code == 201

    assert (await parked(hub, slow))["reason"] == "too-slow"
    assert await value_of(hub, well, course) == [("2000", None)]
    await push_scores(hub, course, 2001, "99.99")
    assert await value_of(hub, well, course) == [("2001", None)]

    # The same document again takes it up, to be parked once more.
    again = await save(hub, slow, SLOW)
    assert (again.status_code, again.headers["changed"]) == (200, "false")
    assert (await parked(hub, slow))["reason"] == "too-slow"
    assert (await hub.get(f"indicators/{slow}"))["version"] == 1


async def test_a_dry_run_ends_in_time_and_says_why(hub: Any) -> None:
    course, slow, huge = hub.name("C"), hub.name("slow"), hub.name("huge")
    await push_scores(hub, course, 100, "99")
    await hub.settled()

    async def tried(name: str, formula: str) -> Any:
        return await hub.client.put(
            f"/v1/indicators/{name}", params={"dryRun": True}, json=definition(name, formula)
        )

    too_slow, fails = await tried(slow, SLOW), await tried(huge, HUGE)

    assert (too_slow.status_code, fails.status_code) == (422, 422)
    [reason] = too_slow.json()["validationErrors"]["$.formula"]
    assert reason == "试算超过 1 秒 (trying it takes more than 1 s)"
    [number] = fails.json()["validationErrors"]["$.formula"]
    assert number == "算式得出无法表示的数 (it comes to a number that is none)"
    assert (await hub.client.get(f"/v1/indicators/{slow}")).status_code == 404
