"""Keys that records had, and those that they have now."""

from collections.abc import Iterable, Mapping, Sequence

from datahub.dictionary.tables import table_name
from shared.kit.database import Transaction
from shared.kit.sql import text


async def list_renamed(tx: Transaction, entities: Iterable[str]) -> set[str]:
    """Return the entities of which a record was ever given another key."""
    rows = await (await tx.driver()).fetch(
        "SELECT e FROM unnest($1::text[]) e WHERE EXISTS"
        " (SELECT FROM rekeyed r WHERE r.entity = e AND r.is_direct)",
        list(entities),
    )
    return {row["e"] for row in rows}


async def find_renamed(tx: Transaction, entity: str, keys: Sequence[str]) -> Mapping[str, str]:
    """Return the present key for each of some keys that a record was given another one for."""
    rows = await tx.session.execute(
        text(
            "SELECT old_key, new_key FROM rekeyed"
            " WHERE entity = :entity AND is_direct AND old_key = ANY(:keys)"
        ),
        {"entity": entity, "keys": list(keys)},
    )
    return {row.old_key: row.new_key for row in rows}


async def list_moved(tx: Transaction, entity: str) -> Mapping[str, str]:
    """Return the present key by every old one under which no record stands."""
    rows = await tx.session.execute(
        text(
            "SELECT old_key, new_key FROM rekeyed m WHERE m.entity = :entity AND NOT EXISTS"
            f' (SELECT FROM "{table_name(entity)}" r'
            "  WHERE r.key = m.old_key AND r.deleted_at IS NULL)"
        ),
        {"entity": entity},
    )
    return {row.old_key: row.new_key for row in rows}
