"""The forecast that judgements carry: pace from the baseline, by the days of period or goal."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from shared.contracts.datahub import MeasuredValue
from shared.kit.database import Database
from shared.testing import TestServers, new_database
from target_service import queries, usecases
from target_service.domain.judge import Rules
from target_service.schemas import BindingBody, GoalBody

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT = datetime(2096, 11, 23, 8, tzinfo=UTC)
"""Day 327 of a year whose last day is number 365."""

RULES = Rules(minimum_coverage=Decimal("0.6"))
CELL = {"scope": "unit/U1", "period": "year:2096"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(servers: TestServers) -> AsyncIterator[Database]:
    database = Database(await new_database(servers, "target_service"), "target")
    async with database.transaction() as tx:
        await tx.session.execute(
            text("INSERT INTO scope (scope, name_zh, gone, seq) VALUES ('unit/U1', '处', false, 1)")
        )
        await tx.session.execute(
            text(
                "INSERT INTO indicator (indicator, version, name_zh, unit, measured_for)"
                " SELECT name, 1, name, 'number', '[]' FROM unnest(ARRAY['papers', 'books']) name"
            )
        )
    yield database
    await database.dispose()


def allow(_version: int | None) -> None:
    """Have no precondition."""


def measured(indicator: str, value: str) -> MeasuredValue:
    about: dict[str, Any] = {"id": indicator, "indicator": indicator, **CELL, "value": value}
    counted = {"numerator": None, "denominator": None, "n": 1, "coverage": "1", "reason": None}
    return MeasuredValue.model_validate(
        {**about, **counted, "freshest_at": AT, "formula_version": 1, "seq": 1}
    )


async def test_a_judgement_tells_where_pace_brings_it(database: Database) -> None:
    async with database.transaction() as tx:
        target = {"op": ">=", "value": "20"}
        known = {"baseline": "10", "target": target, "deadline": "2096-12-31"}
        for key, more in (("known", known), ("unknown", {"target": target})):
            goal = {"key": key, "title": key, **CELL, **more}
            await usecases.put_goal(
                tx, GoalBody.model_validate(goal), allow, AT, RULES, by="person/T001"
            )
        for indicator, goal_key in (("papers", "known"), ("books", "unknown")):
            bound = {"key": indicator, "title": "绑定", "indicator": indicator, **CELL}
            body = BindingBody.model_validate({**bound, "goal": goal_key})
            await usecases.put_binding(tx, body, allow, AT, RULES)
        tx.outgoing.clear()

        values = [measured("papers", "13.27"), measured("books", "13.27")]
        await usecases.judge_measured(tx, values, AT, RULES)

        told = {
            item["id"]: item.get("forecast")
            for each in tx.outgoing
            for item in json.loads(each.payload)["data"]["items"]
        }
        later = await queries.forecast_of(tx, "goal/known", AT)

    # 10 + 3.27 × 365 ÷ 327 = 13.65; the goal goes from 10 ÷ 20 by way of 13.27 ÷ 20 to 13.65 ÷ 20.
    assert told == {
        "papers": "13.650000",
        "books": None,
        "goal/known": "0.682500",
        "goal/unknown": None,
    }
    assert later.pace == Decimal("0.6825")
