"""Keep house: drop what need not be kept, as the policy says how long."""

from datetime import datetime

from alert_service.repository import keeping
from alert_service.repository.policies import Policies
from shared.kit.database import Database


async def drop_old(database: Database, at: datetime) -> dict[str, int]:
    """Drop what is older than the policy has it kept; return how many rows of each table went.

    It is a transaction for each part: whoever is killed in between goes on later.
    """
    async with database.transaction() as tx:
        keep = (await Policies().get(tx)).keep
    gone: dict[str, int] = {}
    for span, tables in (
        (keep.evaluations, keeping.EVALUATED),
        (keep.values, keeping.VALUES),
        (keep.told, keeping.TOLD),
    ):
        for table, rows in tables.items():
            gone[table] = gone.get(table, 0) + await _drop(database, table, rows, at - span)
    return {table: count for table, count in gone.items() if count}


async def _drop(database: Database, table: str, rows: str, before: datetime) -> int:
    total, last = 0, keeping.PART
    while last == keeping.PART:
        async with database.transaction() as tx:
            last = await keeping.drop(tx, table, rows, before)
        total += last
    return total
