"""The stored tree: parent = f(children) at every commit, whatever is edited, moved or measured."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from shared.contracts.datahub import MeasuredValue
from shared.errors import DomainError
from shared.kit.database import Database, Transaction
from shared.testing import TestServers, new_database
from target_service import usecases
from target_service.domain.judge import Rules
from target_service.domain.limits import read_limit
from target_service.domain.rollup import (
    FIELDS,
    NOTHING,
    ONE,
    Part,
    Standing,
    Sums,
    part_of_binding,
    stand,
    to_millionths,
)
from target_service.domain.weights import Aggregation, Allocation, effective_weights
from target_service.repository.standing import read_standing
from target_service.schemas import BindingBody, GoalBody

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT = datetime(2096, 11, 23, 8, tzinfo=UTC)
RULES = Rules(minimum_coverage=Decimal("0.6"))
CELL = {"scope": "unit/U1", "period": "term:2096-2097-1"}
GOALS = [f"g{n}" for n in range(5)]
BINDINGS = [f"b{n}" for n in range(5)]
TABLES = "attainment_history, attainment, measured_value, goal_attainment, binding, goal, outbox"


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
                " SELECT 'b' || n, 1, 'b', 'number', '[]' FROM generate_series(0, 4) n"
            )
        )
    yield database
    await database.dispose()


async def put_goal(tx: Transaction, key: str, **more: Any) -> None:
    body = GoalBody.model_validate({"key": key, "title": key, **CELL, **more})
    await usecases.put_goal(tx, body, allow, AT, RULES)


async def put_binding(tx: Transaction, key: str, **more: Any) -> None:
    document = {"key": key, "title": key, "indicator": key, **CELL, **more}
    await usecases.put_binding(tx, BindingBody.model_validate(document), allow, AT, RULES)


async def withdraw_goal(tx: Transaction, key: str) -> None:
    await usecases.withdraw_goal(tx, key, allow, AT, RULES)


async def withdraw_binding(tx: Transaction, key: str) -> None:
    await usecases.withdraw_binding(tx, key, allow, AT, RULES)


async def measure(tx: Transaction, seq: int, values: dict[str, tuple[int | None, int]]) -> None:
    items = [value_of(key, seq, *each) for key, each in values.items()]
    await usecases.judge_measured(tx, items, AT, RULES)


def value_of(key: str, seq: int, part: int | None, whole: int) -> MeasuredValue:
    value = None if part is None else str(round(Decimal(part) / whole, 6))
    return MeasuredValue.model_validate(
        {
            "id": f"{key}@x",
            "indicator": key,
            **CELL,
            "value": value,
            "numerator": None if part is None else str(part),
            "denominator": str(whole),
            "n": whole,
            "coverage": "1" if whole % 3 else "0.5",
            "freshest_at": AT,
            "formula_version": 1,
            "reason": None,
            "seq": seq,
        }
    )


def allow(_version: int | None) -> None:
    """Have no precondition."""


LINES = {"op": ">=", "value": "0.9"}
OPERATIONS = st.one_of(
    st.tuples(
        st.just(put_goal),
        st.sampled_from(GOALS),
        st.fixed_dictionaries(
            {
                "parent": st.none() | st.sampled_from(GOALS),
                "weight": st.sampled_from(["0.25", "0.333333", "1"]),
                "aggregation": st.sampled_from(list(Aggregation)),
                "allocation": st.sampled_from(list(Allocation)),
                "target": st.none() | st.just(LINES),
                "deadline": st.sampled_from([None, date(2097, 1, 5)]),
            }
        ),
    ),
    st.tuples(
        st.just(put_binding),
        st.sampled_from(BINDINGS),
        st.fixed_dictionaries(
            {
                "goal": st.none() | st.sampled_from(GOALS),
                "target": st.sampled_from([None, LINES]),
                "tiers": st.sampled_from([{}, {"floor": {"op": ">=", "value": "0.2"}}]),
                "warning": st.just({"op": "<", "value": "0.5"}),
                "scoring": st.sampled_from([None, {"rule": "relative_to_best", "best": "0.8"}]),
            }
        ),
    ),
    st.tuples(st.just(withdraw_goal), st.sampled_from(GOALS), st.just({})),
    st.tuples(st.just(withdraw_binding), st.sampled_from(BINDINGS), st.just({})),
    st.tuples(
        st.just(measure),
        st.dictionaries(
            st.sampled_from(BINDINGS),
            st.tuples(st.none() | st.integers(0, 12), st.integers(1, 12)),
            min_size=1,
        ),
        st.just({}),
    ),
)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(OPERATIONS, min_size=5, max_size=20))
async def test_every_goal_stands_as_its_parts_make_it_at_every_commit(
    database: Database, operations: list[Any]
) -> None:
    async with database.transaction() as tx:
        await tx.session.execute(text(f"TRUNCATE {TABLES} CASCADE"))
    async with database.transaction() as tx:
        # A tree to begin with: a root, two branches, what they rest on.
        for key, parent in zip(GOALS, (None, "g0", "g0", "g1", "g1"), strict=True):
            await put_goal(tx, key, parent=parent)
        for key, goal in zip(BINDINGS, (*GOALS[1:], "g4"), strict=True):
            await put_binding(tx, key, goal=goal, target=LINES)
    for seq, (do, what, more) in enumerate(operations, 1):
        try:
            async with database.transaction() as tx:
                await (do(tx, seq, what) if do is measure else do(tx, what, **more))
        except DomainError:
            continue  # refused: nothing was done
        await check(database)


async def test_consumers_beside_each_other_leave_what_one_alone_would(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.session.execute(text(f"TRUNCATE {TABLES} CASCADE"))
    async with database.transaction() as tx:
        for key, parent in zip(GOALS, (None, "g0", "g0", "g1", "g1"), strict=True):
            how = "minimum" if key == "g1" else "weighted_mean"
            await put_goal(tx, key, parent=parent, aggregation=how)
        for key, goal in zip(BINDINGS, (*GOALS[1:], "g0"), strict=True):
            await put_binding(tx, key, goal=goal, target=LINES)

    async def consume(key: str) -> None:
        for seq in range(1, 13):
            async with database.transaction() as tx:
                await measure(tx, seq, {key: (seq % 7, 12), "b4": (seq, 12)})

    await asyncio.gather(*(consume(key) for key in BINDINGS[:4]))

    await check(database)
    async with database.transaction() as tx:
        root = await tx.session.scalar(
            text("SELECT attained FROM goal_attainment WHERE goal = 'g0'")
        )
    # Own: 1. Children: g1 is the least of its three, g2 stands beside it; each 5 ÷ 12 ÷ 0.9.
    assert root == round((ONE + Fraction(462_963)) / 2)


async def check(database: Database) -> None:
    """Compare every goal with what its parts make of it, from scratch."""
    async with database.transaction() as tx:
        goals = await read(tx, "SELECT * FROM goal WHERE withdrawn_at IS NULL")
        nodes = {row["goal"]: row for row in await read(tx, "SELECT * FROM goal_attainment")}
        bindings = await read(
            tx,
            "SELECT b.key, b.goal, b.period, b.scoring, b.target_in_force, a.attainment, a.state,"
            " a.thin, a.value, a.numerator, a.denominator FROM binding b"
            " LEFT JOIN attainment a ON a.binding = b.key WHERE b.withdrawn_at IS NULL",
        )
    stood: dict[str, Standing] = {}

    def work_out(goal: Any) -> Standing:
        key = goal["key"]
        own = [(each, part_of(each)) for each in bindings if each["goal"] == key]
        children = [(each, work_out(each)) for each in goals if each["parent"] == key]
        parts = [(row, standing.as_part()) for row, standing in children]
        sums = summed(goal, own, parts)
        target = read_limit(goal["target"]) if goal["target"] else None
        how = Aggregation(goal["aggregation"])
        stood[key] = stand(sums, how, target, picked(how, own, parts), 600_000)
        assert {name: nodes[key][name] for name in FIELDS} == {
            name: getattr(sums, name) for name in FIELDS
        }
        if how is Aggregation.WEIGHTED_MEAN:
            assert stood[key].attained == plain_mean(goal, own, parts)
        return stood[key]

    for goal in goals:
        if goal["parent"] is None:
            work_out(goal)
    assert stood.keys() == {goal["key"] for goal in goals}
    assert {key: read_standing(nodes[key]) for key in stood} == stood


async def read(tx: Transaction, query: str) -> list[Any]:
    return list((await tx.session.execute(text(query))).mappings())


def part_of(row: Any) -> Part:
    if row["state"] is None:
        return NOTHING
    of_value = (row["value"], row["numerator"], row["denominator"])
    return part_of_binding(row["attainment"], row["state"], thin=row["thin"], of_value=of_value)


def counts(row: Any) -> bool:
    return row["target_in_force"] is not None or row["scoring"] is not None


def summed(goal: Any, own: list[Any], children: list[Any]) -> Sums:
    sums = Sums(own=sum(counts(row) for row, _ in own))
    for _, part in own:
        sums.count_own(part, 1)
    for row, part in children:
        weight = ONE if goal["allocation"] == "same" else to_millionths(Decimal(row["weight"]))
        sums.child_weight += weight
        sums.count_child(part, weight, 1)
    return sums


def picked(how: Aggregation, own: list[Any], children: list[Any]) -> int | None:
    known = [(row, part) for row, part in (*own, *children) if part.attained is not None]
    if how is Aggregation.MINIMUM:
        return min((part.attained for _, part in known), default=None)
    ended = [(str(row["deadline"] or "2097-01-31"), row["key"], part) for row, part in children]
    last = [each for each in ended if each[2].attained is not None]
    last = last or [("", row["key"], part) for row, part in own if part.attained is not None]
    return max(last)[2].attained if last else None


def plain_mean(goal: Any, own: list[Any], children: list[Any]) -> int | None:
    """Return Σ w·a ÷ Σ w as the design writes it: the two kinds of parts weigh the same."""
    weights = effective_weights(
        Allocation(goal["allocation"]),
        {row["key"]: Decimal(row["weight"]) for row, _ in children},
    )
    whole = sum(weights.values())
    m = sum(counts(row) for row, _ in own)
    parts = [(Fraction(1, m), part) for _, part in own if part.attained is not None]
    parts += [(weights[row["key"]] / whole, part) for row, part in children]
    known = [(weight, part.attained) for weight, part in parts if part.attained is not None]
    if not known:
        return None
    mean = sum(w * a for w, a in known) / sum(w for w, _ in known)
    return ONE if mean == ONE else min(round(mean), ONE - 1)
