"""Load and save how bindings stand on their measured values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

from msgspec import json

from shared.contracts.vocabulary import STATES
from shared.kit.database import Transaction
from shared.kit.sql import columns_of, rows_of, text
from target_service.domain.judge import Judgement
from target_service.domain.lines import Lines
from target_service.domain.rollup import BY_RANK, Part, part_of_binding
from target_service.domain.scoring import read_scoring
from target_service.repository.chain import read_lines
from target_service.repository.values import Cell

_SAID: Final = 3
"""Fields of a kept value that are told: the value, its numerator and its denominator."""

JUDGEMENT: Final = "judgement"
"""Kind of the timers that bring a binding back when the clock may turn its judgement."""


class Kept(NamedTuple):
    """The newest measured value of a cell, as kept."""

    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    coverage: Decimal
    freshest_at: datetime | None
    formula_version: int


class Attained(NamedTuple):
    """A judgement, and the value it rests on."""

    judgement: Judgement
    kept: Kept
    standard_version: int | None

    def part(self) -> Part:
        """Return what it gives to its goal."""
        kept, judgement = self.kept, self.judgement
        return part_of_binding(
            judgement.attainment,
            judgement.state,
            thin=judgement.thin,
            of_value=(kept.value, kept.numerator, kept.denominator),
        )

    def says_same_as(self, other: "Attained | None") -> bool:
        """Return whether nobody needs to hear of the difference (coverage, freshness)."""
        if other is None:
            return False
        return (
            self.judgement == other.judgement
            and self.standard_version == other.standard_version
            and self.kept[:_SAID] == other.kept[:_SAID]
        )


class Case(NamedTuple):
    """A binding to be judged: its lines, the value of its cell, the judgement before.

    A tuple: to make a frozen object takes four times as long, and thousands come at once.
    """

    key: str
    goal: str | None
    indicator: str
    scope: str
    period: str
    lines: Lines
    standard_version: int | None
    last_day: date | None
    """Of its goal; None where it has none, or the goal gives no deadline."""

    baseline: str | None
    """From where its goal goes; None where it has none, or the goal does not tell."""

    max_age_days: int | None
    """Its own; None where that of its kind of period holds."""

    is_core: bool
    """Its indicator is watched more closely."""

    kept: Kept
    before: Attained | None
    seq: int
    """Of the judgement before, also before it was withdrawn; 0 for the first."""

    version: int
    goal_version: int | None
    ranks: bool
    """Its goal looks for the ``minimum`` or the ``last``."""

    counted_in: str | None
    """The goal in whose sums the judgement before stands."""

    due_at: datetime | None
    """When its timer brings it back; None where it has none."""


async def list_by_calendar(tx: Transaction) -> Sequence[str]:
    """Return the bindings that were judged and whose periods end by the school calendar."""
    keys = await tx.session.scalars(
        text(
            "SELECT b.key FROM binding b JOIN attainment a ON a.binding = b.key"
            " WHERE b.period ~ '^(week|term|ayear):'"
        )
    )
    return list(keys)


async def list_cases(tx: Transaction, keys: Sequence[str]) -> list[Case]:
    """Return the bindings that have a measured value, in the order of their keys."""
    rows = await (await tx.driver()).fetch(_CASES, list(keys))
    return [_case(row) for row in rows]


async def list_cases_at(tx: Transaction, cells: Sequence[Cell]) -> list[Case]:
    """Return the bindings of cells, in the order of their keys."""
    columns = zip(*cells, strict=True)
    rows = await (await tx.driver()).fetch(_CASES_AT, *columns) if cells else []
    return [_case(row) for row in rows]


async def save_attainments(
    tx: Transaction,
    judged: Sequence[tuple[Case, Attained, int]],
    parts: Sequence[Part],
    at: datetime,
) -> None:
    """Store judgements, each with its seq; what is told goes into the history too.

    Args:
        parts: what each gives to its goal.
    """
    rows = [_row(*each, part) for each, part in zip(judged, parts, strict=True)]
    columns = columns_of(_GIVEN, zip(*rows, strict=True))
    await (await tx.driver()).execute(_SAVE, at, *columns)


def _row(case: Case, attained: Attained, seq: int, part: Part) -> tuple[Any, ...]:
    """Return the values of a judgement, in the order of `_SAVED`."""
    judgement, kept = attained.judgement, attained.kept
    return (
        case.key,
        seq,
        judgement.state,
        judgement.warning,
        judgement.overdue,
        judgement.thin,
        judgement.stale,
        judgement.attainment,
        kept.coverage,
        kept.value,
        kept.numerator,
        kept.denominator,
        judgement.gap,
        judgement.relative_gap,
        attained.standard_version,
        kept.formula_version,
        kept.freshest_at,
        case.goal,
        part.attained,
        case.goal if case.ranks else None,
        seq > case.seq,
        case.goal_version,
        case.version,
    )


@dataclass(frozen=True, slots=True)
class Dropped:
    """A judgement that was dropped."""

    seq: int
    goal: str | None
    """In whose sums it stood."""

    part: Part


async def drop_attainments(tx: Transaction, keys: Sequence[str]) -> dict[str, Dropped]:
    """Drop the judgements of bindings; return them for those that had one."""
    rows = await (await tx.driver()).fetch(_DROP, list(keys))
    return {row["binding"]: _dropped(row) for row in rows}


def _dropped(row: Any) -> Dropped:
    of_value = (row["value"], row["numerator"], row["denominator"])
    part = part_of_binding(row["attainment"], row["state"], thin=row["thin"], of_value=of_value)
    return Dropped(row["seq"], row["counted_in"], part)


def _case(row: Any) -> Case:
    kept = Kept(
        value=row["value"],
        numerator=row["numerator"],
        denominator=row["denominator"],
        coverage=row["coverage"],
        freshest_at=row["freshest_at"],
        formula_version=row["formula_version"],
    )
    return Case(
        key=row["key"],
        goal=row["goal"],
        indicator=row["indicator"],
        scope=row["scope"],
        period=row["period"],
        lines=_read_lines(
            row["target_in_force"], row["tiers_in_force"], row["warning_line"], row["scoring"]
        ),
        standard_version=row["standard_version"],
        last_day=row["deadline"],
        baseline=row["baseline"],
        max_age_days=row["max_age_days"],
        is_core=row["is_core"],
        kept=kept,
        before=_before(row) if row["a_seq"] is not None else None,
        seq=row["a_seq"] or row["judged_before"],
        version=row["version"],
        goal_version=row["goal_version"],
        ranks=row["aggregation"] in BY_RANK,
        counted_in=row["counted_in"],
        due_at=row["due_at"],
    )


@lru_cache(maxsize=4096)
def _read_lines(target: str | None, tiers: str, warning: str | None, scoring: str | None) -> Lines:
    """Return lines from their stored texts: thousands of bindings share a few."""
    read = [json.decode(each) if each else None for each in (target, tiers, warning)]
    lines = read_lines(*read)
    return replace(lines, scoring=read_scoring(json.decode(scoring))) if scoring else lines


def _before(row: Any) -> Attained:
    return Attained(
        judgement=Judgement(
            state=STATES[row["a_state"]],
            warning=row["a_warning"],
            overdue=row["a_overdue"],
            stale=row["a_stale"],
            thin=row["a_thin"],
            attainment=row["a_attainment"],
            gap=row["a_gap"],
            relative_gap=row["a_relative_gap"],
        ),
        kept=Kept(
            value=row["a_value"],
            numerator=row["a_numerator"],
            denominator=row["a_denominator"],
            coverage=row["a_coverage"],
            freshest_at=row["a_measured_at"],
            formula_version=row["a_formula_version"],
        ),
        standard_version=row["a_standard_version"],
    )


_ALL_CASES: Final = (
    "SELECT b.key, b.goal, b.indicator, b.scope, b.period,"
    " b.target_in_force::text AS target_in_force, b.tiers_in_force::text AS tiers_in_force,"
    " b.warning_in_force::text AS warning_line, b.standard_version, b.max_age_days,"
    " coalesce(i.core, false) AS is_core,"
    " b.judged_before, b.version, b.scoring_in_force::text AS scoring, g.deadline, g.baseline,"
    " g.version AS goal_version, g.aggregation, a.counted_in, m.value, m.numerator,"
    " m.denominator, m.coverage, m.freshest_at,"
    " m.formula_version, a.seq AS a_seq, a.state AS a_state,"
    " a.warning AS a_warning, a.overdue AS a_overdue, a.thin AS a_thin, a.stale AS a_stale,"
    " a.attainment AS a_attainment, a.coverage AS a_coverage, a.value AS a_value,"
    " a.numerator AS a_numerator, a.denominator AS a_denominator, a.gap AS a_gap,"
    " a.relative_gap AS a_relative_gap, a.standard_version AS a_standard_version,"
    " a.formula_version AS a_formula_version, a.measured_at AS a_measured_at, t.due_at"
    " FROM binding b JOIN measured_value m USING (indicator, scope, period)"
    " LEFT JOIN attainment a ON a.binding = b.key LEFT JOIN goal g ON g.key = b.goal"
    " LEFT JOIN indicator i ON i.indicator = b.indicator"
    f" LEFT JOIN timer t ON t.kind = '{JUDGEMENT}' AND t.key = b.key"
    " WHERE b.withdrawn_at IS NULL AND "
)
_CASES: Final = f"{_ALL_CASES} b.key = ANY($1::text[]) ORDER BY b.key"
_CASES_AT: Final = (
    f"{_ALL_CASES} (b.indicator, b.scope, b.period) IN"
    " (SELECT * FROM unnest($1::text[], $2::text[], $3::text[])) ORDER BY b.key"
)

_DROP: Final = (
    "DELETE FROM attainment WHERE binding = ANY($1::text[]) RETURNING binding, seq, counted_in,"
    " attainment, state, thin, value, numerator, denominator"
)

_SAVED: Final = {
    "binding": "text",
    "seq": "bigint",
    "state": "text",
    **dict.fromkeys(("warning", "overdue", "thin", "stale"), "bool"),
    **dict.fromkeys(("attainment", "coverage", "value", "numerator", "denominator"), "numeric"),
    **dict.fromkeys(("gap", "relative_gap"), "numeric"),
    **dict.fromkeys(("standard_version", "formula_version"), "int"),
    "measured_at": "timestamptz",
    "counted_in": "text",
    "counted": "int",
    "ranked_in": "text",
}
"""Columns of a judgement."""

_TOLD: Final = {"told": "bool", "goal_version": "int", "binding_version": "int"}
"""What the history has besides."""

_GIVEN: Final = _SAVED | _TOLD
_SAVE: Final = (
    f"WITH item AS (SELECT * FROM {rows_of(_GIVEN, 2)}), told AS ("
    "INSERT INTO attainment_history (key, seq, at, state, thin, attainment, coverage, value,"
    " numerator, denominator, standard_version, formula_version, goal, goal_version,"
    " binding_version) SELECT binding, seq, $1, state, thin, attainment, coverage, value,"
    " numerator, denominator, standard_version, formula_version, counted_in, goal_version,"
    " binding_version FROM item WHERE told)"
    f" INSERT INTO attainment (judged_at, {', '.join(_SAVED)})"
    f" SELECT $1, {', '.join(_SAVED)} FROM item ON CONFLICT (binding) DO UPDATE SET"
    f" judged_at = $1, {', '.join(f'{name} = excluded.{name}' for name in _SAVED)}"
)
