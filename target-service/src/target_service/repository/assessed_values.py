"""What items of an assessment take: values, attainments and earlier results, with their versions.

Each is a part by (key, scope, period), read for all those assessed at once.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from shared.kit.database import Transaction
from shared.kit.sql import text
from target_service.domain.assessing.found import Part
from target_service.domain.assessing.runs import RunState
from target_service.tables import AssessmentResultRow, AssessmentRunRow

Cells = dict[tuple[str, str, str], Part]
"""By key (indicator; of goals and tasks their plan, or empty), scope and period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for."""

    keys: Collection[str]
    scopes: Collection[str]
    periods: Collection[str]
    days: Mapping[str, tuple[date, date]]
    """First and last day of each period."""

    def bound(self) -> dict[str, list[str]]:
        """Return it as the statements take it."""
        return {
            "keys": sorted(self.keys),
            "scopes": sorted(self.scopes),
            "periods": sorted(self.periods),
        }


async def measured(tx: Transaction, wanted: Wanted) -> Cells:
    """Return measured values of indicators."""
    rows = await tx.session.execute(
        text(
            "SELECT indicator AS key, scope, period, value, numerator, denominator, coverage,"
            " formula_version, seq, reason FROM measured_value WHERE indicator = ANY(:keys)"
            " AND scope = ANY(:scopes) AND period = ANY(:periods)"
        ),
        wanted.bound(),
    )
    return {
        (row.key, row.scope, row.period): _part(
            row,
            value=row.value,
            numerator=row.numerator,
            denominator=row.denominator,
            source={
                "indicator": row.key,
                "formula_version": row.formula_version,
                "seq": row.seq,
                "coverage": format(row.coverage, "f"),
                "reason": row.reason,
            },
        )
        for row in rows
    }


async def attained(tx: Transaction, wanted: Wanted) -> Cells:
    """Return how bindings of indicators are attained."""
    rows = await tx.session.execute(
        text(
            "SELECT b.indicator AS key, b.scope, b.period, b.key AS binding, a.attainment,"
            " a.state, a.value, a.standard_version, a.formula_version, a.seq"
            " FROM binding b JOIN attainment a ON a.binding = b.key"
            " WHERE b.withdrawn_at IS NULL AND b.indicator = ANY(:keys)"
            " AND b.scope = ANY(:scopes) AND b.period = ANY(:periods)"
            " ORDER BY b.key"
        ),
        wanted.bound(),
    )
    return {
        (row.key, row.scope, row.period): _part(
            row,
            value=row.attainment,
            source={
                "binding": row.binding,
                "state": row.state,
                "value": None if row.value is None else format(row.value, "f"),
                "standard_version": row.standard_version,
                "formula_version": row.formula_version,
                "seq": row.seq,
            },
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A published result."""

    scheme: str
    part: Part


async def published(
    tx: Transaction, schemes: Sequence[str], scopes: Collection[str]
) -> list[Earlier]:
    """Return the published results of schemes for scopes, in the order of their periods."""
    run, result = AssessmentRunRow, AssessmentResultRow
    query = select(run, result).join(result, result.run == run.key)
    rows = await tx.session.execute(
        query.where(
            run.scheme.in_(schemes),
            run.state == RunState.PUBLISHED,
            result.subject.in_(sorted(scopes)),
        ).order_by(run.period, run.key, result.subject)
    )
    return [
        Earlier(
            scheme=each.AssessmentRunRow.scheme,
            part=Part(
                scope=each.AssessmentResultRow.subject,
                period=each.AssessmentRunRow.period,
                value=_share(each.AssessmentResultRow.points),
                source={
                    "run": each.AssessmentRunRow.key,
                    "scheme_version": each.AssessmentRunRow.scheme_version,
                    "grade": each.AssessmentResultRow.grade,
                },
            ),
        )
        for each in rows
    ]


def _part(row: Any, **more: Any) -> Part:
    return Part(scope=row.scope, period=row.period, **more)


def _share(points: Decimal | None) -> Decimal | None:
    return None if points is None else points / 100
