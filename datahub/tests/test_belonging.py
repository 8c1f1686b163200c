"""A record that waits for its parents is counted only when they are there."""

from collections.abc import Callable
from typing import Any

import pytest

MISSING = {
    "indicator": "missing_at_night",
    "zh": "晚间未归人次",
    "en": "Students not back at night",
    "unit": "count",
    "direction": "lower",
    "basis": "our default",
    "formula": "count(dorm_check where state = '2')",
    "scopes": [
        {
            "kind": "school",
            "key": {"constant": "19001"},
            "period": {"kind": "month", "from": "checked_on"},
        }
    ],
}
CELL = "missing_at_night|school/19001|month:2026-11"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_check_of_an_unknown_student_counts_when_the_student_is_there(
    hub: Any, ledger: Callable[[Any], dict[str, int]]
) -> None:
    feed = await hub.feed("dorm_check", dict.fromkeys(["student_no", "checked_on", "state"]))
    row = {"checked_on": "2026-11-20", "state": "2"}
    await hub.client.put("/v1/indicators/missing_at_night", json=MISSING)
    await hub.have("student", "S1")
    answer = await hub.push(feed, {**row, "student_no": "S1"}, {**row, "student_no": "S2"})
    await hub.settled()
    [before] = await hub.get("measurements", indicator="missing_at_night")
    [waiting] = await hub.get("quarantine", batch=answer["batch"])

    await hub.have("student", "S2")
    await hub.until(lambda: _is_there(hub, "S2/2026-11-20"))
    await hub.settled()
    [after] = await hub.get("measurements", indicator="missing_at_night")

    assert ledger(answer) == {"created": 1, "parked": 1}
    assert (waiting["verdict"], waiting["waits_for"]) == ("parked", ["student:S2"])
    assert (before["id"], before["value"], before["n"]) == (CELL, "1", 1)
    assert (after["value"], after["n"]) == ("2", 2)
    assert await hub.get("quarantine", batch=answer["batch"]) == []


async def _is_there(hub: Any, key: str) -> bool:
    key = key.replace("/", "%2F")
    answer = await hub.client.get(f"/v1/records/dorm_check/{key}")
    return bool(answer.status_code == 200)
