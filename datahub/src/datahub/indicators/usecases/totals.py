"""How many values each indicator has, and how many of them people handed in, become records.

So the share of values that were handed in is an indicator like any other (PR03).
"""

from typing import Final

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.repository import cells
from datahub.ingest.repository import records
from datahub.ingest.usecases.own import own_feed, write_own
from shared.kit.database import Transaction

ENTITY: Final = "indicator_total"
FEED: Final = own_feed(ENTITY, "指标值统计", ("indicator", "values_told", "values_typed"))


async def write_totals(tx: Transaction, dictionary: Dictionary) -> int:
    """Write the totals of every indicator that has cells; return how many."""
    await records.lock_entities(tx, [ENTITY])
    rows = await cells.count_values(tx)
    await write_own(tx, FEED, rows, dictionary)
    return len(rows)
