"""Rebuild the read model from the events of the streams, beside the one that is there.

What is rebuilt lies in temporary tables of the same names, which hide the others from the very
statements that take events in: so nothing stops meanwhile, and both are compared by their digests.
"""

from collections.abc import Mapping
from typing import Final

from report_service.repository.known import KINDS, table_of
from report_service.tables import PastRow
from shared.kit.database import Transaction
from shared.kit.sql import text

TABLES: Final = (*(table_of(each).name for each in KINDS), PastRow.__tablename__)


async def begin_rebuilding(tx: Transaction, *, lock: bool) -> None:
    """Put empty tables before those that are there, until the transaction ends.

    Args:
        lock: nobody takes events in meanwhile; they wait in the streams.
    """
    if lock:
        names = ", ".join(f'"{name}"' for name in TABLES)
        await tx.session.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
    schema = await tx.session.scalar(text("SELECT current_schema()"))
    for name in TABLES:
        await tx.session.execute(
            text(
                f'CREATE TEMPORARY TABLE "{name}" (LIKE "{schema}"."{name}" INCLUDING ALL)'
                " ON COMMIT DROP"
            )
        )


async def digests(tx: Transaction, schema: str) -> dict[str, tuple[int, str]]:
    """Return the number of rows and the digest of every table of the read model.

    Args:
        schema: ``pg_temp`` of those that are rebuilt.
    """
    return {
        name: (row.rows, row.digest)
        for name in TABLES
        for row in await tx.session.execute(
            text(
                "SELECT count(*) AS rows, coalesce(encode(sha256(convert_to("
                "string_agg(said, E'\\n' ORDER BY said), 'UTF8')), 'hex'), '') AS digest"
                f" FROM (SELECT (to_jsonb(t){_bare(name)})::text AS said"
                f' FROM "{schema}"."{name}" AS t) AS told'
            )
        )
    }


def _bare(name: str) -> str:
    """Return what takes away the number that the history's rows have in the order they came."""
    return " - 'id'" if name == PastRow.__tablename__ else ""


async def compare(tx: Transaction) -> Mapping[str, tuple[tuple[int, str], tuple[int, str]]]:
    """Return rows and digest of every table, as it is and as it is rebuilt."""
    schema = await _own_schema(tx)
    there, rebuilt = await digests(tx, schema), await digests(tx, "pg_temp")
    return {name: (there[name], rebuilt[name]) for name in TABLES}


async def put_in_place(tx: Transaction) -> None:
    """Have what is rebuilt take the place of what was there."""
    schema = await _own_schema(tx)
    for name in TABLES:
        columns = ", ".join(f'"{each}"' for each in _columns(name))
        await tx.session.execute(text(f'DELETE FROM "{schema}"."{name}"'))
        await tx.session.execute(
            text(
                f'INSERT INTO "{schema}"."{name}" ({columns})'
                f' SELECT {columns} FROM pg_temp."{name}"'
            )
        )


def _columns(name: str) -> list[str]:
    table = {each.name: each for each in map(table_of, KINDS)}.get(name)
    if table is None:
        return [each.name for each in PastRow.__table__.columns if each.name != "id"]
    return [each.name for each in table.columns]


async def _own_schema(tx: Transaction) -> str:
    return str(await tx.session.scalar(text("SELECT current_schema()")))
