"""Values that people handed in, with everything that was done with them."""

from typing import Any, Final

from datahub.indicators.queries.instants import spelled
from datahub.indicators.repository.standing import standing_sql
from shared.kit.database import Transaction
from shared.kit.sql import text

Row = dict[str, Any]

_ROWS: Final = f"""
    SELECT h.id, h.indicator, h.scope, h.period, h.value::text, h.numerator::text,
           h.denominator::text, h.n, h.evidence, h.evidence_name, h.link, h.note, h.replaces,
           h.state, h.version, h.entered_by, h.entered_at,
           h.state = 'approved' AND coalesce(m.manual, false) AS counts,
           (SELECT json_agg(json_build_object('step', s.step, 'by', s.by, 'at', {spelled("s.at")},
                                              'reason', s.reason) ORDER BY s.id)
              FROM handed_step s WHERE s.handed = h.id) AS steps,
           asks.answers, asks.leads
      FROM handed_value h
      LEFT JOIN measurement m ON m.id = h.indicator || '|' || h.scope || '|' || h.period
      CROSS JOIN LATERAL ({standing_sql("h.scope")}) asks
"""
_WHERE: Final = """
     WHERE (CAST(:state AS text) IS NULL OR h.state = :state)
       AND (CAST(:indicator AS text) IS NULL OR h.indicator = :indicator)
       AND (CAST(:scope AS text) IS NULL OR h.scope = :scope)
       AND (CAST(:period AS text) IS NULL OR h.period = :period)
       AND (CAST(:evidence AS text) IS NULL OR h.evidence = :evidence)
       AND (CAST(:seen AS text[]) IS NULL OR h.scope = ANY(:seen) OR h.entered_by = :by)
"""
_ANY: Final = dict.fromkeys(("state", "indicator", "scope", "period", "evidence", "seen", "by"))


async def find(tx: Transaction, handed: str, owner: str) -> Row | None:
    """Return a value that was handed in; None where there is none of that id."""
    query, values = f"{_ROWS} WHERE h.id = :id", {"id": handed, "owner": owner}
    row = (await tx.session.execute(text(query), values)).mappings().one_or_none()
    return None if row is None else dict(row)


async def page(  # noqa: PLR0913 — where a page begins, and how it is sorted
    tx: Transaction,
    which: Row,
    owner: str,
    *,
    limit: int,
    offset: int = 0,
    after: str | None = None,
    is_newest_first: bool = False,
) -> list[Row]:
    """Return values in the order in which they were handed in, behind one of them.

    Args:
        which: state, indicator, scope, period and evidence; what is not named is any. ``seen``:
            of these scopes, and what ``by`` entered.
        owner: who asks, as scopes name their owners: of each he ``answers`` or ``leads`` is told.
    """
    beyond, order = ("<", "DESC") if is_newest_first else (">", "ASC")
    rows = await tx.session.execute(
        text(
            f"{_ROWS} {_WHERE} AND (CAST(:after AS text) IS NULL OR h.id {beyond} :after)"
            f" ORDER BY h.id {order} LIMIT :limit OFFSET :offset"
        ),
        {**_ANY, **which, "owner": owner, "limit": limit, "offset": offset, "after": after},
    )
    return [dict(row) for row in rows.mappings()]


async def count(tx: Transaction, which: Row) -> int:
    """Return how many there are."""
    query = text(f"SELECT count(*) FROM handed_value h {_WHERE}")
    return int(await tx.session.scalar(query, _ANY | which) or 0)


async def of_cell(tx: Transaction, cell: Row, owner: str) -> list[Row]:
    """Return everything that was handed in for a cell, oldest first."""
    which = {name: cell[name] for name in ("indicator", "scope", "period")}
    return await page(tx, which, owner, limit=100)
