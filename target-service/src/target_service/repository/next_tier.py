"""Load what an object is held against: its bindings, values, and those of its peers."""

from collections.abc import Collection
from typing import Any

from shared.kit.database import Transaction
from shared.kit.sql import text


async def list_bound(tx: Transaction, scope: str, period: str | None) -> list[Any]:
    """Return the bindings of a scope with tiers, each with its newest value."""
    rows = await tx.session.execute(
        text(
            "SELECT b.key, b.indicator, b.period, b.standard, b.standard_version, b.object_class,"
            " b.tiers_in_force AS tiers, m.value, m.numerator, m.denominator"
            " FROM binding b LEFT JOIN measured_value m USING (indicator, scope, period)"
            " WHERE b.scope = :scope AND b.withdrawn_at IS NULL AND b.tiers_in_force <> '{}'"
            " AND (CAST(:period AS text) IS NULL OR b.period = :period) ORDER BY b.key"
        ),
        {"scope": scope, "period": period},
    )
    return list(rows)


async def newest_values(
    tx: Transaction, scope: str, indicators: Collection[str], period: str | None
) -> dict[str, Any]:
    """Return the newest value that a scope has of each indicator, of a period or of any."""
    rows = await tx.session.execute(
        text(
            "SELECT DISTINCT ON (indicator) indicator, period, value, numerator, denominator"
            " FROM measured_value WHERE scope = :scope AND indicator = ANY(:indicators)"
            " AND (CAST(:period AS text) IS NULL OR period = :period)"
            " ORDER BY indicator, value IS NULL, seq DESC"
        ),
        {"scope": scope, "indicators": sorted(indicators), "period": period},
    )
    return {row.indicator: row for row in rows}


async def peer_medians(
    tx: Transaction, scope: str, cells: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Any]:
    """Return count and median of the values that others of the kind have, by indicator, period."""
    kind = scope.partition("/")[0]
    rows = await tx.session.execute(
        text(
            "SELECT m.indicator, m.period, count(*) AS n,"
            " percentile_disc(0.5) WITHIN GROUP (ORDER BY m.value) AS low,"
            " percentile_disc(0.5) WITHIN GROUP (ORDER BY m.value DESC) AS high"
            " FROM measured_value m JOIN unnest(CAST(:indicators AS text[]),"
            "  CAST(:periods AS text[])) AS asked(indicator, period) USING (indicator, period)"
            " WHERE m.scope LIKE :kind AND m.scope <> :scope AND m.value IS NOT NULL"
            " GROUP BY m.indicator, m.period"
        ),
        {
            "indicators": [indicator for indicator, _ in cells],
            "periods": [period for _, period in cells],
            "kind": f"{kind}/%",
            "scope": scope,
        },
    )
    return {(row.indicator, row.period): row for row in rows}
