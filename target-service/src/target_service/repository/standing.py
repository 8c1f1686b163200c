"""Load and save how goals stand: whole waves of goals, each with its sums, locked in one order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec

from shared.contracts.vocabulary import STATES
from shared.kit.database import Transaction
from shared.kit.sql import columns_of, rows_of
from target_service.domain.limits import Limit, read_limit
from target_service.domain.rollup import FIELDS, Standing, Sums
from target_service.domain.weights import Aggregation

GOAL: Final = "goal/"
"""Before the key of a goal in the id of its attainment; a binding's is its key alone."""

_TYPES: Final = {
    **dict.fromkeys(FIELDS, "int"),
    **dict.fromkeys(("own_sum", "child_weight", "child_known", "child_sum", "seq"), "bigint"),
    **dict.fromkeys(
        ("value_sum", "numerator_sum", "denominator_sum", "value", "numerator", "denominator"),
        "numeric",
    ),
    **dict.fromkeys(("goal", "state"), "text"),
    **dict.fromkeys(("thin", "told"), "bool"),
    **dict.fromkeys(("attained", "coverage", "version"), "int"),
}
_RESULT: Final = (
    "seq",
    "state",
    "thin",
    "attained",
    "coverage",
    "value",
    "numerator",
    "denominator",
)


@dataclass(slots=True)
class Node:
    """A goal in the stored tree."""

    goal: str
    parent: str | None
    share: int
    depth: int
    scope: str
    period: str
    indicator: str | None
    version: int
    aggregation: Aggregation
    target: Limit | None
    """Read where it is asked for: by ``sum`` and ``pooled_ratio``, and beside a baseline."""

    deadline: date | None
    baseline: str | None
    """From where it goes; None where it does not tell."""

    sums: Sums
    standing: Standing
    seq: int
    is_told: bool = False
    """It stands otherwise than when it was read."""


async def waves_of(tx: Transaction, changes: Mapping[str, Sums]) -> dict[int, dict[str, Sums]]:
    """Return changes by the depth of their goals; what has no place in the tree has none."""
    rows = await (await tx.driver()).fetch(
        "SELECT goal, depth FROM goal_attainment WHERE goal = ANY($1::text[])", list(changes)
    )
    waves: dict[int, dict[str, Sums]] = {}
    for goal, depth in rows:
        waves.setdefault(depth, {})[goal] = changes[goal]
    return waves


async def lock_nodes(tx: Transaction, goals: Iterable[str]) -> list[Node]:
    """Return goals as they stand, locked in the order of their keys until the transaction ends.

    Every caller goes from the deepest goals to the roots, so that two of them never wait for
    each other.
    """
    rows = await (await tx.driver()).fetch(_LOCK, sorted(goals))
    return [_node(row) for row in rows]


async def ranked(tx: Transaction, nodes: Sequence[Node]) -> dict[str, int]:
    """Return what the least part, or the last, of each goal that asks for it attains.

    It is found by index: the parts are not read.
    """
    found: dict[str, int] = {}
    for kind, query in ((Aggregation.MINIMUM, _LEAST), (Aggregation.LAST, _LAST)):
        goals = [node.goal for node in nodes if node.aggregation is kind]
        if goals:
            rows = await (await tx.driver()).fetch(query, goals)
            found |= {row["goal"]: row["attained"] for row in rows if row["attained"] is not None}
    return found


async def save_nodes(tx: Transaction, nodes: Sequence[Node], at: datetime) -> None:
    """Store sums and standings; what is told goes into the history too."""
    if not nodes:
        return
    columns: list[list[Any]] = [
        [node.goal for node in nodes],
        *([getattr(node.sums, name) for node in nodes] for name in FIELDS),
        [node.seq for node in nodes],
        *([getattr(node.standing, name) for node in nodes] for name in _RESULT[1:]),
        [node.is_told for node in nodes],
        [node.version for node in nodes],
    ]
    await (await tx.driver()).execute(_SAVE, at, *columns_of(_GIVEN, columns))


def _node(row: Any) -> Node:
    about = tuple(row)
    goal, parent, share, depth, scope, period, indicator, version, how = about[:_FIRST]
    seq, state, *result = about[_RESULT_AT:-_COURSE]
    target, deadline, baseline = about[-_COURSE:]
    return Node(
        goal=goal,
        parent=parent,
        share=share,
        depth=depth,
        scope=scope,
        period=period,
        indicator=indicator,
        version=version,
        aggregation=Aggregation(how),
        target=_target(target),
        deadline=deadline,
        baseline=baseline,
        sums=Sums(*about[_FIRST:_RESULT_AT]),
        standing=Standing(STATES[state], *result),
        seq=seq,
    )


def read_standing(row: Any) -> Standing:
    """Return how a goal stands, from its columns."""
    return Standing(
        state=STATES[row["state"]],
        thin=row["thin"],
        attained=row["attained"],
        coverage=row["coverage"],
        value=row["value"],
        numerator=row["numerator"],
        denominator=row["denominator"],
    )


@lru_cache(maxsize=1024)
def _target(document: str | None) -> Limit | None:
    return read_limit(msgspec.json.decode(document)) if document else None


_LOCK: Final = (
    f"SELECT n.goal, n.parent, n.share, n.depth, g.scope, g.period, g.indicator, g.version,"
    f" g.aggregation, {', '.join(f'n.{name}' for name in FIELDS)},"
    f" {', '.join(f'n.{name}' for name in _RESULT)},"
    " CASE WHEN g.baseline IS NOT NULL OR g.aggregation IN ('sum', 'pooled_ratio')"
    " THEN g.target::text END AS target, g.deadline, g.baseline"
    " FROM goal_attainment n JOIN goal g ON g.key = n.goal"
    " WHERE n.goal = ANY($1::text[]) ORDER BY n.goal FOR UPDATE OF n"
)

_LEAST: Final = (
    "SELECT g.goal, least((SELECT ranked FROM goal_attainment WHERE ranked_in = g.goal"
    " AND ranked IS NOT NULL ORDER BY ranked LIMIT 1),"
    " (SELECT ranked FROM attainment WHERE ranked_in = g.goal AND ranked IS NOT NULL"
    " ORDER BY ranked LIMIT 1)) AS attained FROM unnest($1::text[]) AS g(goal)"
)

_LAST: Final = (
    "SELECT g.goal, coalesce((SELECT attained FROM goal_attainment WHERE ranked_in = g.goal"
    " AND attained IS NOT NULL ORDER BY ends DESC, goal DESC LIMIT 1),"
    " (SELECT a.counted FROM attainment a JOIN binding b ON b.key = a.binding"
    " WHERE a.ranked_in = g.goal AND a.counted IS NOT NULL ORDER BY b.period DESC, b.key DESC"
    " LIMIT 1)) AS attained FROM unnest($1::text[]) AS g(goal)"
)
"""A child goal with data comes before the goal's own bindings, of which the last period counts."""

_FIRST: Final = 9
"""Of the sums among the columns of `_LOCK`."""

_RESULT_AT: Final = _FIRST + len(FIELDS)
"""Of the result among them."""

_COURSE: Final = 3
"""Columns at the end: target, deadline and baseline."""

_GIVEN: Final = {name: _TYPES[name] for name in ("goal", *FIELDS, *_RESULT, "told", "version")}
_SAVED: Final = (*FIELDS, *_RESULT)
_SAVE: Final = (
    f"WITH saved AS (UPDATE goal_attainment n SET judged_at = CASE WHEN item.told THEN $1"
    f" ELSE n.judged_at END, {', '.join(f'{name} = item.{name}' for name in _SAVED)}"
    f" FROM {rows_of(_GIVEN, 2)} WHERE n.goal = item.goal RETURNING item.*)"
    " INSERT INTO attainment_history (key, seq, at, state, thin, attainment, coverage, value,"
    f" numerator, denominator, goal, goal_version) SELECT '{GOAL}' || goal, seq, $1, state, thin,"
    " (attained / 1000000.0)::numeric(7, 6), (coverage / 1000000.0)::numeric(7, 6), value,"
    " numerator, denominator, goal, version FROM saved WHERE told"
)
