"""A draft that a cycle asks for: whose it is, until when, and that it waits for him."""

import json
from datetime import datetime, timedelta
from typing import Any, Final

from report_service.domain.drafting import places_of
from report_service.repository import facts as known
from report_service.repository import reports, work
from report_service.tables import ReportRow, WorkRow
from report_service.usecases.stepping import close_step, open_step
from shared.kit.database import Transaction

DRAFT_WITHIN: Final = timedelta(days=14)
"""Days for a draft whose cycle names no deadline. Source: our default."""


async def take_over(tx: Transaction, report: dict[str, Any], by: str, at: datetime) -> None:
    """Have a new draft take the place of those of older facts: their texts, cycle and deadline."""
    olds = await work.drafts_alike(tx, report)
    if not olds:
        return
    doing = await work.lock_work(tx, report["id"])
    assert doing is not None, "it was just opened"
    places = places_of(json.loads(report["content"]))
    for old in olds:
        await work.take_texts(tx, old.report, doing.report, places)
        if old.due_at is not None:
            close_step(tx, old, "draft", "replaced", by)
        if old.due_at is not None and doing.due_at is None:
            doing.cycle, doing.due_at, doing.owner = old.cycle, old.due_at, old.owner
            words = (f"编制{report['scope_name']}{report['title']}", "Write the report")
            more = {"owners": (old.owner,), "opened_at": at, "due_at": old.due_at}
            open_step(tx, doing, "draft", words, **more)
        old.state, old.superseded_by = "replaced", doing.report
        old.version += 1


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


async def follow_deadline(
    tx: Transaction, cycle: str, template: str, due_at: datetime, by: str, at: datetime
) -> None:
    """Put the drafts of a kind that a cycle asked for off until its step is due now.

    The step on the work list is replaced by another with the new deadline.
    """
    for doing in await work.drafts_of(tx, cycle, template):
        if doing.due_at is None or doing.due_at == due_at:
            continue
        persons = await owners_of(tx, doing.scope, cycle)
        await _open_anew(tx, doing, persons, due_at, by, at)


async def follow_leads(tx: Transaction, cycle: str, template: str, by: str, at: datetime) -> None:
    """Put the drafts of a kind that a cycle asked for on the work list of who leads it now."""
    for doing in await work.drafts_of(tx, cycle, template):
        persons = await owners_of(tx, doing.scope, cycle)
        if doing.due_at is not None and persons and doing.owner not in persons:
            doing.owner = persons[0]
            await _open_anew(tx, doing, persons, doing.due_at, by, at)


async def _open_anew(
    tx: Transaction,
    doing: WorkRow,
    persons: tuple[str, ...],
    due_at: datetime,
    by: str,
    at: datetime,
) -> None:
    row = await reports.read_report(tx, doing.report)
    assert row is not None, "its work is about it"
    close_step(tx, doing, "draft", "replaced", by)
    doing.due_at = due_at
    doing.replanned += 1
    doing.version += 1
    words = (f"编制{row.scope_name}{row.title}", f"Write the report on {row.scope_name}")
    open_step(tx, doing, "draft", words, owners=persons, opened_at=at, due_at=due_at)


async def owners_of(tx: Transaction, scope: str, cycle: str | None) -> tuple[str, ...]:
    """Return whose draft it is: the leads of the cycle, else whoever answers for the object."""
    if cycle is not None and (leads := await known.leads_of(tx, cycle)):
        return tuple(leads)
    about = await known.find_scope(tx, scope)
    return tuple(dict.fromkeys(each["person"] for each in (about.owners if about else ())))
