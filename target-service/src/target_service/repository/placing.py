"""Load and save the places of goals in the stored tree, and which goal counts which binding."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.kit.database import Transaction
from shared.kit.sql import text
from target_service.domain.rollup import ONE, Part, Sums
from target_service.repository.standing import read_standing


@dataclass(frozen=True, slots=True)
class Place:
    """Where a goal stands in the tree."""

    parent: str | None
    share: int
    """Its weight in the parent, millionths; 1 for each where all weigh the same."""

    depth: int
    ranked_in: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A goal, the place that it should have, and the one that it has."""

    wanted: Place
    had: Place | None
    """None: it is not in the tree yet."""

    part: Part
    period: str
    deadline: date | None


async def find_place(tx: Transaction, goal: str) -> Placed:
    """Return where a goal should stand by what it and its parent say, and where it does."""
    result = await tx.session.execute(text(_PLACE), {"goal": goal, "one": ONE})
    row = result.mappings().one()
    had = None
    if row["state"] is not None:
        had = Place(row["n_parent"], row["n_share"], row["n_depth"], row["n_ranked_in"])
    wanted = Place(row["parent"], row["share"], row["depth"], row["ranked_in"])
    return Placed(
        wanted=wanted,
        had=had,
        part=read_standing(row).as_part() if had else Part(None),
        period=row["period"],
        deadline=row["deadline"],
    )


async def save_place(tx: Transaction, goal: str, place: Place, ends: date) -> None:
    """Store the place of a goal; what hangs below it moves with it."""
    driver = await tx.driver()
    await driver.execute(_SAVE_PLACE, goal, *_columns(place), ends)
    await driver.execute(_MOVE_BELOW, goal)


async def refit_parts(tx: Transaction, goal: str) -> Sums:
    """Let the parts of a goal weigh as it says now; return what that changes in its sums."""
    change = Sums()
    driver = await tx.driver()
    for row in await driver.fetch(_REFIT, goal, ONE):
        part = read_standing(row).as_part()
        for sign, share in ((-1, row["old_share"]), (1, row["new_share"])):
            change.child_weight += sign * share
            change.count_child(part, share, sign)
    await driver.execute(_RERANK, goal)
    return change


async def recount(tx: Transaction, bindings: Sequence[str]) -> dict[str, int]:
    """Count bindings in the goals that they carry now; return how many more each goal has."""
    found: dict[str, int] = {}
    for old, new in await (await tx.driver()).fetch(_RECOUNT, list(bindings)):
        for goal, more in ((old, -1), (new, 1)):
            if goal is not None:
                found[goal] = found.get(goal, 0) + more
    return found


async def list_unplaced(tx: Transaction, limit: int) -> list[str]:
    """Return goals in force that have no place in the tree, parents before their children."""
    rows = await tx.session.scalars(text(_UNPLACED), {"limit": limit})
    return list(rows)


async def list_bindings_of(tx: Transaction, goals: Sequence[str]) -> list[str]:
    """Return the bindings in force that carry goals."""
    rows = await tx.session.scalars(
        text(
            "SELECT key FROM binding WHERE goal = ANY(:goals) AND withdrawn_at IS NULL ORDER BY key"
        ),
        {"goals": list(goals)},
    )
    return list(rows)


def _columns(place: Place) -> tuple[str | None, int, int, str | None]:
    return place.parent, place.share, place.depth, place.ranked_in


_RANKED: Final = "aggregation IN ('minimum', 'last')"

_PLACE: Final = (
    "SELECT p.key AS parent, g.period, g.deadline,"
    " CASE WHEN p.key IS NULL THEN 0 WHEN p.allocation = 'same' THEN CAST(:one AS bigint)"
    " ELSE CAST(CAST(g.weight AS numeric) * :one AS bigint) END AS share,"
    " CASE WHEN p.key IS NULL THEN 0 ELSE coalesce(pn.depth, 0) + 1 END AS depth,"
    f" CASE WHEN p.{_RANKED} THEN p.key END AS ranked_in,"
    " n.parent AS n_parent, n.share AS n_share, n.depth AS n_depth, n.ranked_in AS n_ranked_in,"
    " n.state, n.thin, n.attained, n.coverage, n.value, n.numerator, n.denominator"
    " FROM goal g LEFT JOIN goal p ON p.key = g.parent AND g.withdrawn_at IS NULL"
    " LEFT JOIN goal_attainment pn ON pn.goal = p.key"
    " LEFT JOIN goal_attainment n ON n.goal = g.key WHERE g.key = :goal"
)

_SAVE_PLACE: Final = (
    "INSERT INTO goal_attainment AS n (goal, parent, share, depth, ranked_in, ends, own,"
    " own_known, own_sum, child_weight, child_known, child_sum, broken, thin_parts, valued,"
    " value_sum, pooled, numerator_sum, denominator_sum, seq, state, thin, coverage)"
    " VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'no_data',"
    " false, 0) ON CONFLICT (goal) DO UPDATE SET parent = $2, share = $3, depth = $4,"
    " ranked_in = $5, ends = $6 WHERE (n.parent, n.share, n.depth, n.ranked_in, n.ends)"
    " IS DISTINCT FROM ($2, $3, $4, $5, $6)"
)

_MOVE_BELOW: Final = (
    "WITH RECURSIVE below AS (SELECT c.goal, n.depth + 1 AS depth FROM goal_attainment n"
    " JOIN goal_attainment c ON c.parent = n.goal AND c.depth <> n.depth + 1 WHERE n.goal = $1"
    " UNION ALL SELECT c.goal, b.depth + 1 FROM below b JOIN goal_attainment c"
    " ON c.parent = b.goal)"
    " UPDATE goal_attainment n SET depth = below.depth FROM below WHERE n.goal = below.goal"
)

_REFIT: Final = (
    "UPDATE goal_attainment c SET share = w.share, ranked_in = w.ranked_in"
    " FROM (SELECT g.key, CASE WHEN p.allocation = 'same' THEN $2::bigint"
    " ELSE (g.weight::numeric * $2)::bigint END AS share,"
    f" CASE WHEN p.{_RANKED} THEN p.key END AS ranked_in FROM goal p"
    " JOIN goal g ON g.parent = p.key WHERE p.key = $1) w"
    " WHERE c.goal = w.key AND c.parent = $1"
    " AND (c.share, c.ranked_in) IS DISTINCT FROM (w.share, w.ranked_in)"
    " RETURNING old.share AS old_share, new.share AS new_share, c.state, c.thin, c.attained,"
    " c.coverage, c.value, c.numerator, c.denominator"
)

_RERANK: Final = (
    f"UPDATE attainment a SET ranked_in = CASE WHEN g.{_RANKED} THEN g.key END"
    " FROM goal g WHERE g.key = $1 AND a.counted_in = $1 AND a.ranked_in IS DISTINCT FROM"
    f" CASE WHEN g.{_RANKED} THEN g.key END"
)

_COUNTS: Final = (
    "CASE WHEN b.withdrawn_at IS NULL"
    " AND (b.target_in_force IS NOT NULL OR b.scoring_in_force IS NOT NULL) THEN b.goal END"
)

_RECOUNT: Final = (
    f"UPDATE binding b SET counted_in = {_COUNTS} WHERE b.key = ANY($1::text[])"
    f" AND b.counted_in IS DISTINCT FROM {_COUNTS}"
    " RETURNING old.counted_in AS before, new.counted_in AS after"
)

_UNPLACED: Final = (
    "WITH RECURSIVE line AS (SELECT g.key, 0 AS depth FROM goal g"
    " WHERE g.parent IS NULL AND g.withdrawn_at IS NULL"
    " UNION ALL SELECT g.key, line.depth + 1 FROM goal g JOIN line ON g.parent = line.key"
    " WHERE g.withdrawn_at IS NULL)"
    " SELECT line.key FROM line LEFT JOIN goal_attainment n ON n.goal = line.key"
    " WHERE n.goal IS NULL ORDER BY line.depth, line.key LIMIT :limit"
)
