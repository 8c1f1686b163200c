"""Read models of assessment schemes and runs, and of what happened in a run."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from shared.kit.database import Transaction
from shared.kit.paging import Page
from target_service.domain.assessing.scheme import PRIVATE
from target_service.domain.assessing.seeing import Reader, sees_result
from target_service.queries.pages import Listed, filtered, page_of
from target_service.repository import assessments
from target_service.repository.chain import not_found
from target_service.schemas.assessment_views import (
    ActView,
    ObjectionView,
    RunDetail,
    RunView,
    SchemeView,
)
from target_service.tables import (
    AssessmentActRow,
    AssessmentMarkRow,
    AssessmentResultRow,
    AssessmentRunRow,
    AssessmentSchemeRow,
)

_OF_PERSONS: Final = frozenset({"marks", "object"})
"""What those do who are assessed, or mark."""

Blocking = Callable[[AssessmentRunRow, Sequence[AssessmentResultRow], int, datetime], list[str]]
"""Says what keeps a run from being published."""


async def list_schemes(tx: Transaction, wanted: Page, *, purpose: str | None) -> Listed[SchemeView]:
    """Return the newest version of each scheme, in the order of their keys."""
    row = AssessmentSchemeRow
    newest = select(row.key, func.max(row.version).label("version")).group_by(row.key).subquery()
    query = select(row).join(newest, (newest.c.key == row.key) & (newest.c.version == row.version))
    query = filtered(query.where(row.withdrawn_at.is_(None)), {row.purpose: purpose})
    rows, total, after = await page_of(tx, query, row.key, wanted)
    items = [SchemeView.model_validate(each.AssessmentSchemeRow) for each in rows]
    return Listed(items=items, total=total, next_after=after)


async def get_scheme(tx: Transaction, key: str, version: int | None) -> SchemeView:
    """Return a version of a scheme, the newest where none is named.

    Raises:
        NotFoundError: there is no such version.
    """
    row = await assessments.find_scheme(tx, key, version)
    if row is None:
        raise not_found("考核方案", "assessment scheme", key)
    return SchemeView.model_validate(row)


async def list_runs(
    tx: Transaction, wanted: Page, *, scheme: str | None, state: str | None, period: str | None
) -> Listed[RunView]:
    """Return runs in the order of their keys."""
    row = AssessmentRunRow
    query = filtered(select(row), {row.scheme: scheme, row.state: state, row.period: period})
    rows, total, after = await page_of(tx, query, row.key, wanted)
    items = [RunView.model_validate(each.AssessmentRunRow) for each in rows]
    return Listed(items=items, total=total, next_after=after)


async def read_run(tx: Transaction, key: str) -> AssessmentRunRow:
    """Return a run.

    Raises:
        NotFoundError: no run has that key.
    """
    row = await tx.session.get(AssessmentRunRow, key)
    if row is None:
        raise not_found("考核轮次", "assessment run", key)
    return row


async def get_run(
    tx: Transaction, key: str, at: datetime, blocking: Blocking, reader: Reader
) -> RunDetail:
    """Return a run, how far it is, and what keeps it from being published."""
    run = await read_run(tx, key)
    results = await assessments.list_results(tx, key)
    objections = await assessments.list_objections(tx, key)
    marks = select(func.count()).where(AssessmentMarkRow.run == key)
    unanswered = sum(each.answered_at is None for each in objections)
    return RunDetail(
        **RunView.model_validate(run).model_dump(),
        subjects=len(results),
        computed=sum(bool(each.lines) for each in results),
        thin=sum(each.thin for each in results),
        marks=await tx.session.scalar(marks) or 0,
        objections=len(objections),
        blockedBy=blocking(run, results, unanswered, at),
        may={"decide": reader.decides},
    )


async def list_objections(tx: Transaction, key: str, reader: Reader) -> list[ObjectionView]:
    """Return the objections to a run that somebody may see, as they were raised."""
    run = await read_run(tx, key)
    rows = await assessments.list_objections(tx, key)
    led = await assessments.led_among(tx, [each.subject for each in rows], reader.scope)
    return [
        ObjectionView.model_validate(each)
        for each in rows
        if each.raised_by == reader.subject
        or sees_result(
            reader, each.subject, is_personal=run.kind in PRIVATE, leads=each.subject in led
        )
    ]


async def list_acts(tx: Transaction, key: str, reader: Reader) -> list[ActView]:
    """Return what was done in a run, in its order.

    About whom, and by whom of those who are assessed or mark, only to who sees persons.
    """
    run = await read_run(tx, key)
    is_closed = run.kind in PRIVATE and not reader.sees_persons
    query = select(AssessmentActRow).where(AssessmentActRow.run == key)
    rows = await tx.session.scalars(query.order_by(AssessmentActRow.number))
    views = [ActView.model_validate(each) for each in rows]
    return [_closed(each) if is_closed else each for each in views]


def _closed(act: ActView) -> ActView:
    by = "" if act.act in _OF_PERSONS else act.by
    return act.model_copy(update={"detail": {}, "by": by})
