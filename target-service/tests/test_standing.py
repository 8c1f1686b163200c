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
from target_service.domain.distribution import Step
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
from target_service.domain.standards import Decider, Decision
from target_service.domain.standing import Actor
from target_service.domain.weights import Aggregation, Allocation, effective_weights
from target_service.repository.standing import read_standing
from target_service.schemas import BindingBody, DecomposeBody, GoalBody, StandardBody
from target_service.schemas.selectors import SelectorBody
from target_service.usecases import Turn

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT = datetime(2096, 11, 23, 8, tzinfo=UTC)
RULES = Rules(minimum_coverage=Decimal("0.6"))
CELL = {"scope": "unit/U1", "period": "term:2096-2097-1"}
GOALS = [f"g{n}" for n in range(7)]
BINDINGS = [f"b{n}" for n in range(5)]
TABLES = (
    "attainment_history, attainment, measured_value, goal_attainment, binding, goal, outbox,"
    " kept_version, selector, standard"
)
ACTOR = Actor(subject="person/T001", is_everywhere=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(servers: TestServers) -> AsyncIterator[Database]:
    database = Database(await new_database(servers, "target_service"), "target")
    async with database.transaction() as tx:
        await tx.session.execute(
            text(
                "INSERT INTO scope (scope, name_zh, gone, seq)"
                " VALUES ('unit/U1', '处', false, 1), ('teacher/T001', '师', false, 1)"
            )
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
    await usecases.put_goal(tx, body, allow, AT, RULES, by="person/T001")


async def decompose(tx: Transaction, key: str, allocation: str, children: list[str]) -> None:
    """Divide a goal; its new parts weigh together 1."""
    each = round(Decimal(1) / len(children), 6)
    weights = [*[each] * (len(children) - 1), 1 - each * (len(children) - 1)]
    about = {"owner": "teacher/T001", "target": LINES, **CELL}
    document = {
        "allocation": allocation,
        "children": [
            {"key": child, "title": child, "weight": str(weight), **about}
            for child, weight in zip(children, weights, strict=True)
        ],
    }
    turn = Turn(actor=ACTOR, at=AT, expect=allow)
    await usecases.decompose_goal(tx, key, DecomposeBody.model_validate(document), turn, RULES)


async def take_step(tx: Transaction, key: str, step: Step) -> None:
    await usecases.take_step(tx, key, step, "", Turn(actor=ACTOR, at=AT, expect=allow))


async def put_binding(tx: Transaction, key: str, *, is_natural: bool = False, **more: Any) -> None:
    """Bind by a key, or by that which a selector would take."""
    named = None if is_natural else key
    document = {"key": named, "title": key, "indicator": key, **CELL, **more}
    await usecases.put_binding(tx, BindingBody.model_validate(document), allow, AT, RULES)


async def withdraw_goal(tx: Transaction, key: str) -> None:
    turn = Turn(actor=ACTOR, at=AT, expect=allow)
    await usecases.withdraw_goal(tx, key, turn, "", RULES)


async def withdraw_binding(tx: Transaction, key: str, *, is_natural: bool = False) -> None:
    named = f"{key}@{CELL['scope']}@{CELL['period']}" if is_natural else key
    await usecases.withdraw_binding(tx, named, allow, AT, RULES)


async def put_selector(tx: Transaction, indicator: str, **more: Any) -> None:
    about = {"key": f"of-{indicator}", "title": indicator, "indicator": indicator, "kind": "unit"}
    body = SelectorBody.model_validate({**about, "period": CELL["period"], **more})
    await usecases.put_selector(tx, body, allow, AT, RULES)


async def withdraw_selector(tx: Transaction, indicator: str) -> None:
    await usecases.withdraw_selector(tx, f"of-{indicator}", allow, AT, RULES)


async def put_standard(tx: Transaction, target: Any, scoring: Any) -> None:
    """Approve the next version of a standard with a criterion of each indicator."""
    tiers = {"floor": {"op": ">=", "value": "0.2"}}
    criteria = [
        {"indicator": key, "tiers": tiers, "target": target, "scoring": scoring} for key in BINDINGS
    ]
    document = {"key": "std", "title": "标准", "kind": "unit_work", "scope": CELL["scope"]}
    body = StandardBody.model_validate({**document, "criteria": criteria})
    put = await usecases.put_standard(tx, body, allow, AT, RULES, author="person/T002")
    if put.changed:
        decider = Decider(subject="person/T001", is_everywhere=True)
        said = Decision(approves=True, reason=None, decider=decider)
        await usecases.decide_standard(tx, "std", said, allow, AT, RULES)


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
SCORING = {"rule": "relative_to_best", "best": "0.8"}
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
                "owner": st.just("teacher/T001"),
            }
        ),
    ),
    st.tuples(
        st.just(decompose),
        st.sampled_from(GOALS[:4]),
        st.fixed_dictionaries(
            {
                "allocation": st.sampled_from(list(Allocation)),
                "children": st.lists(
                    st.sampled_from(GOALS[3:]), min_size=1, max_size=3, unique=True
                ),
            }
        ),
    ),
    st.tuples(
        st.just(take_step),
        st.sampled_from(GOALS),
        st.fixed_dictionaries({"step": st.sampled_from(list(Step))}),
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
                "scoring": st.sampled_from([None, SCORING]),
                "standard": st.sampled_from([None, "std"]),
                "is_natural": st.booleans(),
            }
        ),
    ),
    st.tuples(
        st.just(put_selector),
        st.sampled_from(BINDINGS),
        st.fixed_dictionaries(
            {
                "standard": st.just("std"),
                "excluded": st.sampled_from([[], [CELL["scope"]]]),
            }
        ),
    ),
    st.tuples(st.just(withdraw_selector), st.sampled_from(BINDINGS), st.just({})),
    st.tuples(
        st.just(put_standard),
        st.sampled_from([None, LINES]),
        st.fixed_dictionaries({"scoring": st.sampled_from([None, SCORING])}),
    ),
    st.tuples(st.just(withdraw_goal), st.sampled_from(GOALS), st.just({})),
    st.tuples(
        st.just(withdraw_binding),
        st.sampled_from(BINDINGS),
        st.fixed_dictionaries({"is_natural": st.booleans()}),
    ),
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
    await plant(database)
    for seq, (do, what, more) in enumerate(operations, 1):
        try:
            async with database.transaction() as tx:
                await (do(tx, seq, what) if do is measure else do(tx, what, **more))
        except DomainError:
            continue  # refused: nothing was done
        await check(database)


async def test_consumers_beside_each_other_leave_what_one_alone_would(database: Database) -> None:
    await plant(database)
    async with database.transaction() as tx:
        await put_goal(tx, "g1", parent="g0", aggregation="minimum")
        await put_binding(tx, "b4", goal="g0", target=LINES)

    async def consume(key: str) -> None:
        for seq in range(1, 13):
            async with database.transaction() as tx:
                await measure(tx, seq, {key: (seq % 7, 12), "b4": (seq, 12)})

    await asyncio.gather(*(consume(key) for key in BINDINGS[:4]))

    await check(database)
    async with database.transaction() as tx:
        root = await attained(tx, "g0")
    # Own: 1. Children: g1 is the least of its three, g2 stands beside it; each 5 ÷ 12 ÷ 0.9.
    assert root == round((ONE + Fraction(462_963)) / 2)


JOURNEY: list[tuple[Any, Any, dict[str, Any]]] = [
    # Divided otherwise, handed on, revised; moved with what hangs below; gone, and back.
    (decompose, "g2", {"allocation": "weighted", "children": ["g5", "g6"]}),
    (put_binding, "b1", {"goal": "g5", "target": LINES, "is_natural": True}),
    *((take_step, "g5", {"step": step}) for step in (Step.DISTRIBUTE, Step.ACCEPT, Step.SIGN)),
    (put_goal, "g2", {"parent": "g0", "allocation": "weighted", "aggregation": "minimum"}),
    (put_goal, "g1", {"parent": None, "target": LINES}),
    (decompose, "g1", {"allocation": "minimum", "children": ["g3", "g4"]}),
    (decompose, "g1", {"allocation": "weighted", "children": ["g4", "g3"]}),
    (put_goal, "g1", {"parent": "g0", "allocation": "same", "aggregation": "last"}),
    (put_goal, "g2", {"parent": "g1", "allocation": "same", "aggregation": "minimum"}),
    (put_goal, "g2", {"parent": "g0", "allocation": "same"}),
    (withdraw_goal, "g6", {}),
    (put_goal, "g6", {"parent": "g5"}),
    # A selector takes what the hand lets go, and what the hand takes is the goal's again.
    (put_standard, None, {"scoring": SCORING}),
    (put_selector, "b1", {"standard": "std"}),
    (withdraw_binding, "b1", {"is_natural": True}),
    (put_binding, "b1", {"goal": "g5", "standard": "std", "is_natural": True}),
    (put_standard, LINES, {"scoring": None}),
    (withdraw_binding, "b1", {}),
    (withdraw_selector, "b1", {}),
]


async def test_whatever_writes_to_the_chain_keeps_the_tree_right(database: Database) -> None:
    await plant(database)
    values: dict[str, tuple[int | None, int]] = {
        key: (place, 7) for place, key in enumerate(BINDINGS)
    }
    async with database.transaction() as tx:
        await measure(tx, 1, values)

    for do, what, more in JOURNEY:
        async with database.transaction() as tx:
            await do(tx, what, **more)
        await check(database)


async def test_a_criterion_says_how_the_values_of_its_bindings_are_scored(
    database: Database,
) -> None:
    await plant(database)
    stood = []
    async with database.transaction() as tx:
        await measure(tx, 1, {"b0": (3, 10)})
        await put_standard(tx, None, None)
        await put_binding(tx, "b0", goal="g1", standard="std")
        stood.append(await attained(tx, "g1"))
        await put_standard(tx, None, SCORING)
        stood.append(await attained(tx, "g1"))
        await put_binding(tx, "b0", goal="g1", standard="std", scoring=SCORING | {"best": "0.6"})
        stood.append(await attained(tx, "g1"))
        await put_standard(tx, LINES, None)
        await put_binding(tx, "b0", goal="g1", standard="std")
        stood.append(await attained(tx, "g1"))

    # Nothing to attain; 0.3 ÷ 0.8; its own rule, 0.3 ÷ 0.6; 0.3 ÷ 0.9 where nobody names a rule.
    assert stood == [None, 375_000, 500_000, 333_333]


async def test_parts_of_a_number_add_up_or_count_by_their_weights(database: Database) -> None:
    await plant(database)
    stood = []
    async with database.transaction() as tx:
        whole = {"parent": "g4", "indicator": "b0", "allocation": "sum", "target": least("1.2")}
        await put_goal(tx, "g5", aggregation="sum", **whole)
        for key, part in (("p1", "0.5"), ("p2", "0.7")):
            await put_goal(tx, key, parent="g5", indicator="b0", target=least(part))
            await put_binding(tx, "b0", goal=key, is_natural=key == "p1")
        await measure(tx, 1, {"b0": (6, 10)})
        for how in ("sum", "weighted_mean"):
            await put_goal(tx, "g5", aggregation=how, **whole)
            stood.append([await attained(tx, key) for key in ("p1", "p2", "g5")])

    # 0.6 of each: 0.6 + 0.6 is the whole; the mean of 1 and 0.6 ÷ 0.7.
    assert stood == [[ONE, 857_143, ONE], [ONE, 857_143, 928_572]]
    await check(database)


def least(value: str) -> dict[str, str]:
    return {"op": ">=", "value": value}


async def attained(tx: Transaction, goal: str) -> Any:
    query = text("SELECT attained FROM goal_attainment WHERE goal = :goal")
    return await tx.session.scalar(query, {"goal": goal})


async def plant(database: Database) -> None:
    """Begin anew with a tree: a root, two branches, what they rest on."""
    async with database.transaction() as tx:
        await tx.session.execute(text(f"TRUNCATE {TABLES} CASCADE"))
    async with database.transaction() as tx:
        for key, parent in zip(GOALS[:5], (None, "g0", "g0", "g1", "g1"), strict=True):
            await put_goal(tx, key, parent=parent)
        for key, goal in zip(BINDINGS, (*GOALS[1:5], "g4"), strict=True):
            await put_binding(tx, key, goal=goal, target=LINES)


async def check(database: Database) -> None:
    """Compare every goal with what its parts make of it, from scratch."""
    async with database.transaction() as tx:
        goals = await read(tx, "SELECT * FROM goal WHERE withdrawn_at IS NULL")
        nodes = {row["goal"]: row for row in await read(tx, "SELECT * FROM goal_attainment")}
        bindings = await read(
            tx,
            "SELECT b.key, b.goal, b.period, b.scoring_in_force, b.target_in_force, a.attainment,"
            " a.state, a.thin, a.value, a.numerator, a.denominator FROM binding b"
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
    return row["target_in_force"] is not None or row["scoring_in_force"] is not None


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
