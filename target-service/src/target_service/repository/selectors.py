"""Load selectors, the scopes that they choose, and the bindings of their cells."""

from collections.abc import Collection, Sequence

from sqlalchemy import or_, select

from shared.kit.database import Transaction
from shared.kit.sql import text
from target_service.tables import BindingRow, SelectorRow

_CHOSEN = """
WITH RECURSIVE below (scope) AS (
    SELECT unnest(CAST(:units AS text[]))
    UNION SELECT s.scope FROM below b JOIN scope s ON s.parents @> ARRAY[b.scope]),
classed (scope, tag) AS (
    SELECT jsonb_array_elements_text(r.document -> 'scopes'), r.key FROM register_entry r
     WHERE r.register = 'object-classes' AND r.newest AND r.withdrawn_at IS NULL
       AND r.key = ANY(CAST(:tags AS text[])))
SELECT s.scope FROM scope s
 WHERE s.scope LIKE :kind AND NOT s.gone
   AND (cardinality(CAST(:units AS text[])) = 0 OR s.scope IN (SELECT scope FROM below))
   AND (cardinality(CAST(:scopes AS text[])) = 0 OR s.scope = ANY(CAST(:scopes AS text[])))
   AND s.scope <> ALL(CAST(:excluded AS text[]))
   AND (CAST(:among AS text[]) IS NULL OR s.scope = ANY(CAST(:among AS text[])))
   AND NOT EXISTS (
       SELECT FROM unnest(CAST(:tags AS text[])) AS asked(tag)
        WHERE asked.tag <> ALL(s.tags)
          AND NOT EXISTS (SELECT FROM classed c WHERE c.scope = s.scope AND c.tag = asked.tag))
 ORDER BY s.scope
"""


async def find_selector(tx: Transaction, key: str) -> SelectorRow | None:
    """Return a selector, withdrawn or not."""
    return await tx.session.get(SelectorRow, key)


async def list_selectors(
    tx: Transaction, cell: tuple[str, str] | None = None
) -> Sequence[SelectorRow]:
    """Return the selectors that are not withdrawn, the oldest first.

    Args:
        cell: only those of an indicator and a period.
    """
    query = select(SelectorRow).where(SelectorRow.withdrawn_at.is_(None))
    if cell:
        query = query.where(SelectorRow.indicator == cell[0], SelectorRow.period == cell[1])
    return (await tx.session.scalars(query.order_by(SelectorRow.key))).all()


async def list_using(tx: Transaction, standard: str) -> list[str]:
    """Return the selectors that are not withdrawn and bind by a standard."""
    query = select(SelectorRow.key).where(
        SelectorRow.standard == standard, SelectorRow.withdrawn_at.is_(None)
    )
    return list(await tx.session.scalars(query.order_by(SelectorRow.key)))


async def list_chosen(
    tx: Transaction, selector: SelectorRow, among: Collection[str] | None
) -> list[str]:
    """Return the scopes that a selector chooses, of all or of some."""
    rows = await tx.session.scalars(
        text(_CHOSEN),
        {
            "kind": f"{selector.kind}/%",
            "tags": selector.tags,
            "units": selector.units,
            "scopes": selector.scopes,
            "excluded": selector.excluded,
            "among": None if among is None else list(among),
        },
    )
    return list(rows)


async def list_cells(
    tx: Transaction, selector: SelectorRow, scopes: Collection[str]
) -> Sequence[BindingRow]:
    """Return the bindings of a selector's cells, withdrawn or not, and all that it made."""
    query = select(BindingRow).where(
        BindingRow.indicator == selector.indicator,
        BindingRow.period == selector.period,
        or_(BindingRow.scope.in_(scopes), BindingRow.selector == selector.key),
    )
    return (await tx.session.scalars(query.order_by(BindingRow.key))).all()


async def keys_taken(tx: Transaction, keys: Collection[str]) -> set[str]:
    """Return which of some keys bindings have, withdrawn or not."""
    query = select(BindingRow.key).where(BindingRow.key.in_(keys))
    return set(await tx.session.scalars(query))


async def list_by_standard(tx: Transaction, scopes: Collection[str]) -> Sequence[BindingRow]:
    """Return the bindings of scopes that have their lines from a standard."""
    query = select(BindingRow).where(
        BindingRow.scope.in_(scopes),
        BindingRow.standard.is_not(None),
        BindingRow.withdrawn_at.is_(None),
    )
    return (await tx.session.scalars(query.order_by(BindingRow.key))).all()


async def list_in_cell(tx: Transaction, row: BindingRow) -> Sequence[BindingRow]:
    """Return the bindings that selectors made for the cell of another binding."""
    query = select(BindingRow).where(
        BindingRow.indicator == row.indicator,
        BindingRow.scope == row.scope,
        BindingRow.period == row.period,
        BindingRow.key != row.key,
        BindingRow.selector.is_not(None),
        BindingRow.withdrawn_at.is_(None),
    )
    return (await tx.session.scalars(query)).all()
