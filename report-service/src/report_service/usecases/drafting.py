"""A draft that a cycle asks for: whose it is, until when, and that it waits for him."""

from datetime import datetime, timedelta
from typing import Final

from report_service.repository import facts as known
from report_service.repository import work
from report_service.tables import ReportRow
from report_service.usecases.stepping import open_step
from shared.kit.database import Transaction

DRAFT_WITHIN: Final = timedelta(days=14)
"""Days for a draft whose cycle names no deadline. Source: our default."""


async def open_draft(
    tx: Transaction, row: ReportRow, cycle: str | None, due_at: datetime | None, at: datetime
) -> None:
    """Put a report on the work list of whoever answers for its object, as the cycle asks for it.

    One that is no draft any more, or was put there before, stays as it is.
    """
    doing = await work.lock_work(tx, row.id)
    if doing is None or doing.state != "draft" or doing.due_at is not None:
        return
    doing.cycle, doing.due_at = cycle, due_at or at + DRAFT_WITHIN
    persons = await owners_of(tx, row.scope, cycle)
    if persons:
        doing.owner = persons[0]
    doing.version += 1
    words = (f"编制{row.scope_name}{row.title}", f"Write the report on {row.scope_name}")
    open_step(tx, doing, "draft", words, owners=persons, opened_at=at, due_at=doing.due_at)


async def owners_of(tx: Transaction, scope: str, cycle: str | None) -> tuple[str, ...]:
    """Return whose draft it is: the leads of the cycle, else whoever answers for the object."""
    if cycle is not None and (leads := await known.leads_of(tx, cycle)):
        return tuple(leads)
    about = await known.find_scope(tx, scope)
    return tuple(dict.fromkeys(each["person"] for each in (about.owners if about else ())))
