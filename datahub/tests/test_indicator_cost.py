"""A formula that would scan without end is refused where it is saved."""

from typing import Any

import pytest

from datahub.tests.test_indicator_limits import push_scores, save

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETTINGS = {"measure_cost": 70.0}


async def test_what_would_cost_too_much_is_refused_with_its_leg(hub: Any) -> None:
    await push_scores(hub, "C1", 1000, "75")
    await hub.sql('ANALYZE "record_score"')

    cheap = await save(hub, "cheap", "count(course)", "major")
    dear = await save(hub, "dear", "count(score) / percentile(0.9, number of score)")

    assert (cheap.status_code, dear.status_code) == (201, 422), dear.text
    [reason] = dear.json()["validationErrors"]["$.formula"]
    assert reason.startswith("第 16 字：计数 score 预计读 1,000 行、代价 ")
    assert reason.endswith("more than 70)")
    assert "缩小 where" in dear.json()["fixes"][0]
