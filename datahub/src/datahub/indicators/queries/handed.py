"""Values that people handed in, with everything that was done with them."""

from typing import Any, Final

from sqlalchemy import text

from shared.kit.database import Transaction

Row = dict[str, Any]

_ROWS: Final = """
    SELECT h.id, h.indicator, h.scope, h.period, h.value::text, h.numerator::text,
           h.denominator::text, h.n, h.evidence, h.evidence_name, h.link, h.note, h.replaces,
           h.state, h.version, h.entered_by, h.entered_at,
           h.state = 'approved' AND coalesce(m.manual, false) AS counts,
           (SELECT json_agg(json_build_object('step', s.step, 'by', s.by, 'at', s.at,
                                              'reason', s.reason) ORDER BY s.id)
              FROM handed_step s WHERE s.handed = h.id) AS steps
      FROM handed_value h
      LEFT JOIN measurement m ON m.id = h.indicator || '|' || h.scope || '|' || h.period
"""
_WHERE: Final = """
     WHERE (CAST(:state AS text) IS NULL OR h.state = :state)
       AND (CAST(:indicator AS text) IS NULL OR h.indicator = :indicator)
       AND (CAST(:scope AS text) IS NULL OR h.scope = :scope)
       AND (CAST(:period AS text) IS NULL OR h.period = :period)
"""


async def find(tx: Transaction, handed: str) -> Row | None:
    """Return a value that was handed in; None where there is none of that id."""
    rows = await tx.session.execute(text(f"{_ROWS} WHERE h.id = :id"), {"id": handed})
    row = rows.mappings().one_or_none()
    return None if row is None else dict(row)


async def page(
    tx: Transaction, which: Row, *, limit: int, offset: int = 0, after: str | None = None
) -> list[Row]:
    """Return values in the order in which they were handed in, behind one of them.

    Args:
        which: state, indicator, scope and period; None stands for any.
    """
    rows = await tx.session.execute(
        text(
            f"{_ROWS} {_WHERE} AND (CAST(:after AS text) IS NULL OR h.id > :after)"
            " ORDER BY h.id LIMIT :limit OFFSET :offset"
        ),
        {**which, "limit": limit, "offset": offset, "after": after},
    )
    return [dict(row) for row in rows.mappings()]


async def count(tx: Transaction, which: Row) -> int:
    """Return how many there are."""
    found = await tx.session.scalar(text(f"SELECT count(*) FROM handed_value h {_WHERE}"), which)
    return int(found or 0)


async def of_cell(tx: Transaction, cell: Row) -> list[Row]:
    """Return everything that was handed in for a cell, oldest first."""
    which = {name: cell[name] for name in ("indicator", "scope", "period")}
    return await page(tx, {"state": None, **which}, limit=100)
