"""Load and save measured values, and how bindings stand on them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB

from shared.contracts.datahub import MeasuredValue
from shared.kit.database import Transaction
from target_service.domain.judge import Judgement, read_measured
from target_service.domain.lines import Lines
from target_service.domain.rollup import BY_RANK, NOTHING, Part, part_of_binding
from target_service.domain.scoring import read_scoring
from target_service.repository.chain import read_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The newest measured value of a cell, as kept."""

    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    coverage: Decimal
    freshest_at: datetime | None
    formula_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attained:
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
        mine, others = (
            (
                each.judgement,
                each.kept.value,
                each.kept.numerator,
                each.kept.denominator,
                each.standard_version,
            )
            for each in (self, other)
        )
        return mine == others


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A binding to be judged: its lines, the value of its cell, the judgement before."""

    key: str
    goal: str | None
    indicator: str
    scope: str
    period: str
    lines: Lines
    standard_version: int | None
    last_day: date | None
    """Of its goal; None where it has none, or the goal gives no deadline."""

    max_age_days: int | None
    """Its own; None where that of its kind of period holds."""

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

    def parts(self, attained: Attained) -> tuple[Part, Part]:
        """Return what it gave before, and what it gives with a new judgement."""
        return self.before.part() if self.before else NOTHING, attained.part()


async def keep_newest(tx: Transaction, values: Sequence[MeasuredValue]) -> list[str]:
    """Keep the values that are newer than what is kept; return the bindings of their cells.

    Args:
        values: at most one of each cell.
    """
    keys = await tx.session.scalars(
        text(
            "WITH fresh AS (INSERT INTO measured_value AS kept (indicator, scope, period, value,"
            " numerator, denominator, n, coverage, freshest_at, formula_version, reason, seq)"
            " SELECT indicator, scope, period, value, numerator, denominator, n, coverage,"
            " freshest_at, formula_version, reason, seq"
            " FROM jsonb_to_recordset(CAST(:items AS jsonb)) AS item(indicator text, scope text,"
            " period text, value numeric, numerator numeric, denominator numeric, n bigint,"
            " coverage numeric, freshest_at timestamptz, formula_version int, reason text,"
            " seq bigint)"
            # In one order everywhere, or two consumers could deadlock.
            " ORDER BY indicator, scope, period"
            " ON CONFLICT (indicator, scope, period) DO UPDATE SET value = excluded.value,"
            " numerator = excluded.numerator, denominator = excluded.denominator,"
            " n = excluded.n, coverage = excluded.coverage, freshest_at = excluded.freshest_at,"
            " formula_version = excluded.formula_version, reason = excluded.reason,"
            " seq = excluded.seq"
            " WHERE (excluded.seq, excluded.formula_version) > (kept.seq, kept.formula_version)"
            " RETURNING indicator, scope, period)"
            " SELECT b.key FROM binding b JOIN fresh USING (indicator, scope, period)"
            " WHERE b.withdrawn_at IS NULL"
        ),
        {"items": msgspec.json.encode([_kept_document(value) for value in values]).decode()},
    )
    return list(keys)


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
    rows = await tx.session.execute(
        text(
            "SELECT b.key, b.goal, b.indicator, b.scope, b.period, b.target_in_force,"
            " b.tiers_in_force, b.warning AS warning_line, b.standard_version, b.max_age_days,"
            " b.judged_before, b.version, b.scoring, g.deadline, g.version AS goal_version,"
            " g.aggregation, a.counted_in,"
            " m.value, m.numerator, m.denominator, m.coverage, m.freshest_at,"
            " m.formula_version, a.seq AS a_seq, a.state AS a_state, a.warning AS a_warning,"
            " a.overdue AS a_overdue, a.thin AS a_thin, a.stale AS a_stale,"
            " a.attainment AS a_attainment, a.coverage AS a_coverage,"
            " a.value AS a_value, a.numerator AS a_numerator, a.denominator AS a_denominator,"
            " a.gap AS a_gap, a.relative_gap AS a_relative_gap,"
            " a.standard_version AS a_standard_version, a.formula_version AS a_formula_version,"
            " a.measured_at AS a_measured_at"
            " FROM binding b JOIN measured_value m USING (indicator, scope, period)"
            " LEFT JOIN attainment a ON a.binding = b.key LEFT JOIN goal g ON g.key = b.goal"
            " WHERE b.key = ANY(:keys) AND b.withdrawn_at IS NULL ORDER BY b.key"
        ).columns(target_in_force=JSONB, tiers_in_force=JSONB, warning_line=JSONB, scoring=JSONB),
        {"keys": list(keys)},
    )
    return [_case(row) for row in rows]


async def save_attainments(
    tx: Transaction, judged: Sequence[tuple[Case, Attained, int]], at: datetime
) -> None:
    """Store judgements, each with its seq."""
    documents = [
        {
            "binding": case.key,
            "seq": seq,
            **asdict(attained.judgement),
            **asdict(attained.kept),
            "standard_version": attained.standard_version,
            "counted_in": case.goal,
            "counted": attained.part().attained,
            "ranked_in": case.goal if case.ranks else None,
            "told": seq > case.seq,
            "goal_version": case.goal_version,
            "binding_version": case.version,
        }
        for case, attained, seq in judged
    ]
    await tx.session.execute(
        text(
            "WITH item AS (SELECT * FROM jsonb_to_recordset(CAST(:items AS jsonb))"
            " AS item(binding text, seq bigint,"
            " state text, warning bool, overdue bool, thin bool, stale bool,"
            " attainment numeric, coverage numeric,"
            " value numeric, numerator numeric, denominator numeric, gap numeric,"
            " relative_gap numeric, standard_version int, formula_version int,"
            " freshest_at timestamptz, counted_in text, counted int, ranked_in text, told bool,"
            " goal_version int, binding_version int)), told AS ("
            "INSERT INTO attainment_history (key, seq, at, state, thin, attainment, coverage,"
            " value, numerator, denominator, standard_version, formula_version, goal,"
            " goal_version, binding_version) SELECT binding, seq, :at, state, thin, attainment,"
            " coverage, value, numerator, denominator, standard_version, formula_version,"
            " counted_in, goal_version, binding_version FROM item WHERE told)"
            " INSERT INTO attainment (binding, seq, state, warning, overdue, thin, stale,"
            " attainment, coverage, value, numerator, denominator, gap, relative_gap,"
            " standard_version, formula_version, measured_at, judged_at,"
            " counted_in, counted, ranked_in)"
            " SELECT binding, seq, state, warning, overdue, thin, stale, attainment, coverage,"
            " value, numerator, denominator, gap, relative_gap, standard_version,"
            " formula_version, freshest_at, :at, counted_in, counted, ranked_in FROM item"
            " ON CONFLICT (binding) DO UPDATE SET seq = excluded.seq, state = excluded.state,"
            " warning = excluded.warning, overdue = excluded.overdue, thin = excluded.thin,"
            " stale = excluded.stale,"
            " attainment = excluded.attainment, coverage = excluded.coverage,"
            " value = excluded.value, numerator = excluded.numerator,"
            " denominator = excluded.denominator, gap = excluded.gap,"
            " relative_gap = excluded.relative_gap,"
            " standard_version = excluded.standard_version,"
            " formula_version = excluded.formula_version, measured_at = excluded.measured_at,"
            " judged_at = excluded.judged_at, counted_in = excluded.counted_in,"
            " counted = excluded.counted, ranked_in = excluded.ranked_in"
        ),
        {"items": msgspec.json.encode(documents).decode(), "at": at},
    )


async def drop_attainment(tx: Transaction, key: str) -> tuple[int, str | None, Part]:
    """Drop the judgement of a binding; return its seq (0: none), and what it gave whom."""
    rows = await tx.session.execute(
        text(
            "DELETE FROM attainment WHERE binding = :key RETURNING seq, counted_in, attainment,"
            " state, thin, value, numerator, denominator"
        ),
        {"key": key},
    )
    row = rows.one_or_none()
    if row is None:
        return 0, None, NOTHING
    of_value = (row.value, row.numerator, row.denominator)
    part = part_of_binding(row.attainment, row.state, thin=row.thin, of_value=of_value)
    return int(row.seq), row.counted_in, part


def _kept_document(value: MeasuredValue) -> dict[str, Any]:
    """Check the numbers here: one that is none must not fail the statement of a whole batch."""
    return {
        **value.model_dump(mode="json"),
        "value": read_measured(value.value),
        "numerator": read_measured(value.numerator),
        "denominator": read_measured(value.denominator),
        "coverage": read_measured(value.coverage),
    }


def _case(row: Any) -> Case:
    kept = Kept(
        value=row.value,
        numerator=row.numerator,
        denominator=row.denominator,
        coverage=row.coverage,
        freshest_at=row.freshest_at,
        formula_version=row.formula_version,
    )
    return Case(
        key=row.key,
        goal=row.goal,
        indicator=row.indicator,
        scope=row.scope,
        period=row.period,
        lines=replace(
            read_lines(row.target_in_force, row.tiers_in_force, row.warning_line),
            scoring=read_scoring(row.scoring) if row.scoring else None,
        ),
        standard_version=row.standard_version,
        last_day=row.deadline,
        max_age_days=row.max_age_days,
        kept=kept,
        before=_before(row) if row.a_seq is not None else None,
        seq=row.a_seq or row.judged_before,
        version=row.version,
        goal_version=row.goal_version,
        ranks=row.aggregation in BY_RANK,
        counted_in=row.counted_in,
    )


def _before(row: Any) -> Attained:
    return Attained(
        judgement=Judgement(
            state=row.a_state,
            warning=row.a_warning,
            overdue=row.a_overdue,
            stale=row.a_stale,
            thin=row.a_thin,
            attainment=row.a_attainment,
            gap=row.a_gap,
            relative_gap=row.a_relative_gap,
        ),
        kept=Kept(
            value=row.a_value,
            numerator=row.a_numerator,
            denominator=row.a_denominator,
            coverage=row.a_coverage,
            freshest_at=row.a_measured_at,
            formula_version=row.a_formula_version,
        ),
        standard_version=row.a_standard_version,
    )
