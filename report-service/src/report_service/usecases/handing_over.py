"""Hand reports over to the hub as records."""

from collections.abc import Sequence

from report_service.domain.handing_over import ENTITY, Made, record_of
from report_service.repository import reports
from shared.calendar.table import read_calendar
from shared.kit.database import Transaction
from shared.scopes import belongs_to


async def hand_over(tx: Transaction, made: Sequence[Made]) -> None:
    """Hand reports over to the hub; those of which nobody knows when they are due, not."""
    places = await belongs_to(tx, {each.scope for each in made})
    calendar = await read_calendar(tx)
    for each in made:
        record = record_of(each, places[each.scope], calendar)
        if record is not None:
            tx.hand_over(ENTITY, str(each.id), record)


async def hand_over_page(tx: Transaction, after: str) -> str | None:
    """Hand over the reports that follow an id; return the last, None where there are none."""
    made = await reports.next_first_reports(tx, after)
    if not made:
        return None
    await hand_over(tx, made)
    return str(made[-1].id)
