"""Schedules: as a cycle comes to a step its report is opened, and on dates batches are ordered."""

from collections.abc import Callable, Sequence
from datetime import datetime, time
from typing import Any, ClassVar, Final

import structlog

from report_service.domain.orders import campus_day, period_at
from report_service.domain.schedules import SHIPPED, is_meant, next_at
from report_service.repository import orders, schedules
from report_service.tables import ScheduleRow
from report_service.usecases.drafting import follow_deadline, follow_leads
from report_service.usecases.orders import Wanted, open_batch
from report_service.usecases.reports import check_template
from report_service.usecases.templates import find_kind
from shared.calendar import CAMPUS
from shared.calendar.table import read_calendar
from shared.contracts.spiral import CycleFact
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from shared.kit.timers import set_timers, take_due

SCHEDULE: Final = "schedule"
"""Kind of the timers of schedules."""

BY: Final = "system/schedule"

log = structlog.get_logger()


class ScheduleNotFoundError(DomainError):
    """No schedule has that key."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "schedule-not-found"
    title_zh: ClassVar = "没有这个计划"
    title_en: ClassVar = "No such schedule"


async def put_schedule(
    tx: Transaction,
    key: str,
    document: dict[str, Any],
    expect: Callable[[str | None], None],
    by: str,
    at: datetime,
) -> tuple[ScheduleRow, bool]:
    """Keep what a schedule says; return it and whether it is new.

    Raises:
        KindNotFoundError: there is no such kind of report.
        TemplateUnknownError: there is no such version of its template.
    """
    find_kind(document["kind"])
    await check_template(tx, document["kind"], document.get("template_version"))
    await tx.take_turn(f"schedule {key}")
    row = await schedules.read_schedule(tx, key, lock=True)
    expect(None if row is None else str(row.version))
    enabled = document.pop("enabled", True)
    is_new = row is None
    if row is None:
        row = ScheduleRow(key=key, version=0)
        tx.session.add(row)
    row.version, row.document, row.enabled = row.version + 1, document, enabled
    row.changed_by, row.changed_at, row.failure = by, at, None
    await set_timers(tx, SCHEDULE, {key: next_at(document, at) if enabled else None})
    return row, is_new


async def install_shipped(tx: Transaction, at: datetime) -> None:
    """Put the shipped schedules where a college has none of their keys."""
    for key, document in SHIPPED.items():
        row = {
            "key": key,
            "version": 1,
            "document": document,
            "enabled": True,
            "changed_by": "system/shipped",
            "changed_at": at,
        }
        await schedules.add_schedule(tx, row)


async def follow_cycles(tx: Transaction, facts: Sequence[CycleFact]) -> None:
    """Order the reports of the cycles that have come to a step at which a schedule asks for one.

    A fact that a newer one has overtaken orders nothing; the same cycle orders the same once. Where
    a deadline was planned anew, what was ordered is due then; where others lead, it is theirs.
    """
    told = {each.cycle: each for each in facts}
    if not told:
        return
    asking = [
        each
        for each in await schedules.list_schedules(tx, enabled=True)
        if each.document.get("steps")
    ]
    for cycle in await schedules.cycles_of(tx, sorted(told)) if asking else ():
        fact = told[cycle.cycle]
        for kind in sorted({each.document["kind"] for each in asking}):
            await follow_leads(tx, fact.cycle, kind, fact.by or BY, fact.at)
        meant = [
            each
            for each in asking
            if cycle.state == "open"
            and is_meant(each.document, cycle.step, cycle.definition, cycle.scope)
        ]
        for each in meant:
            await _order(tx, each, fact)
            # Another fact of the same batch may have followed the one that planned it anew.
            if fact.version == cycle.version:
                await _put_off(tx, each.document["kind"], fact)


async def run_due(tx: Transaction) -> bool:
    """Order what schedules ask for now; return whether any timer was due."""
    due = await take_due(tx, SCHEDULE)
    if due is None:
        return False
    for key in due.keys:
        row = await schedules.read_schedule(tx, key, lock=True)
        if row is None or not row.enabled:
            continue
        await set_timers(tx, SCHEDULE, {key: next_at(row.document, due.at)})
        row.ran_at = due.at
        try:
            row.batch, row.failure = await _open(tx, row, due.at), None
        except DomainError as error:
            if error.kind is ErrorKind.UNAVAILABLE:
                raise
            row.failure = f"{error.zh} ({error.en})"
            log.warning("schedule_failed", schedule=key, code=error.code)
    return True


async def _open(tx: Transaction, row: ScheduleRow, at: datetime) -> Any:
    document = row.document
    calendar = await read_calendar(tx)
    which = document.get("period", "term")
    period = period_at(calendar, which, campus_day(at), last=document.get("of_period") == "last")
    wanted = Wanted(
        kind=document["kind"],
        period=period,
        scopes=tuple(document.get("scopes", ())),
        of=document.get("of"),
        within=document.get("within"),
        formats=tuple(document.get("formats") or ("docx", "pdf")),
        template_version=document.get("template_version"),
        title=document["title"],
        schedule=row.key,
        deliver=document.get("deliver"),
    )
    return await open_batch(tx, wanted, BY, at)


async def _put_off(tx: Transaction, kind: str, fact: CycleFact) -> None:
    """Let what a cycle ordered be due as the cycle says now."""
    due_at = _due(fact)
    if due_at is not None:
        await orders.put_off(tx, fact.cycle, kind, due_at)
        await follow_deadline(tx, fact.cycle, kind, due_at, fact.by or BY, fact.at)


def _due(fact: CycleFact) -> datetime | None:
    """Return until when the step of a cycle runs, else its window; None where neither is known."""
    ends = datetime.combine(fact.ends_on, time(), CAMPUS) if fact.ends_on else None
    return fact.step_due_at or ends


async def _order(tx: Transaction, row: ScheduleRow, fact: CycleFact) -> None:
    await orders.add_order(
        tx,
        {
            "id": uuid7(),
            "scope": fact.scope,
            "period": fact.period,
            "kind": row.document["kind"],
            "template_version": row.document.get("template_version"),
            "formats": [],
            "folder": "",
            "by": BY,
            "cycle": fact.cycle,
            "due_at": _due(fact),
            "schedule": row.key,
            "state": "waiting",
        },
    )


async def find(tx: Transaction, key: str) -> ScheduleRow:
    """Return a schedule.

    Raises:
        ScheduleNotFoundError: there is none.
    """
    row = await schedules.read_schedule(tx, key)
    if row is None:
        raise ScheduleNotFoundError(f"没有计划 {key}", f"there is no schedule {key}")
    return row
