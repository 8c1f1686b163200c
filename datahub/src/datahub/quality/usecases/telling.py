"""What each feed delivered this month, and whether in time, becomes records.

So the share of feeds in time and of valid rows are indicators like any others (PR01, PR02).
"""

from typing import Final

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.usecases.own import own_feed, write_own
from datahub.quality.repository.feeds import count_deliveries
from shared.kit.database import Transaction

FEED: Final = own_feed(
    "data_feed",
    "数据集成任务统计",
    ("feed_code", "system_code", "rows_gathered", "rows_valid", "in_time", "updated_on"),
)


async def tell_feeds(tx: Transaction, dictionary: Dictionary) -> int:
    """Write how every feed of the college does; return how many there are."""
    rows = await count_deliveries(tx)
    await write_own(tx, FEED, rows, dictionary)
    return len(rows)
