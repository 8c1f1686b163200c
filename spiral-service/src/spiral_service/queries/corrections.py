"""Read corrections."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    case,
    func,
    or_,
    select,
)

from shared.access.families import Closed
from shared.access.rules import Kind
from shared.access.sight import is_seen, narrowed
from shared.contracts.vocabulary import kinds_of, level_of
from shared.kit.database import Transaction
from shared.kit.paging import Page
from spiral_service.domain.correcting import Group, Rights, lacks, may
from spiral_service.domain.correction import Correction
from spiral_service.domain.standing import Actor
from spiral_service.queries.paging import RANKS, find_page
from spiral_service.repository.evidence import uploaded_by
from spiral_service.repository.groups import (
    groups_of,
    no_correction,
    read_group,
    rights_of,
    rights_of_all,
)
from spiral_service.schemas.corrections import (
    CorrectionDetail,
    CorrectionFilter,
    CorrectionListed,
    CorrectionSummary,
    HistoryEntry,
    Suggestion,
)
from spiral_service.tables import CorrectionHistoryRow, CorrectionRow, ScopeRow

SHOWN: Final = 20
"""Suggestions inside the answer for one correction, and corrections asked about a file."""

_NEVER: Final = datetime(9999, 12, 1, tzinfo=UTC)
"""Where a correction without a date stands among those that have one."""


_DUE: Final = func.coalesce(CorrectionRow.due_at, _NEVER)


_ORDERS: Final[dict[str, tuple[Any, ...]]] = {
    "gravest": (
        case(RANKS, value=CorrectionRow.severity),
        _DUE,
        CorrectionRow.id,
    ),
    "newest": (CorrectionRow.opened_at, CorrectionRow.id),
    "due": (_DUE, CorrectionRow.id),
}
"""What lists are sorted by, last the key; all of it rises but for the newest."""


async def list_corrections(
    tx: Transaction, only: CorrectionFilter, page: Page, by: Actor
) -> tuple[list[CorrectionListed], int | None, list[Any] | None]:
    """Return a page of corrections, unless asked otherwise the gravest and soonest due first."""
    query = corrections_query()
    equal = only.model_dump(exclude={"level", "sort"}, exclude_none=True)
    for name, value in equal.items():
        query = query.where(getattr(CorrectionRow, name) == value)
    if only.level is not None:
        kind = func.split_part(CorrectionRow.scope, "/", 1)
        query = query.where(kind.in_(kinds_of(only.level)))
    query = query.where(*await seen_corrections(tx))
    order = _ORDERS[only.sort]
    is_newest = only.sort == "newest"
    rows, total, after = await find_page(tx, query, order, UUID, page, rises=not is_newest)
    groups = await groups_of(tx, [row.CorrectionRow for row in rows])
    rights = await rights_of_all(tx, by, list(groups.values()))
    views = []
    for row in rows:
        group = groups[row.CorrectionRow.id]
        told = view_correction(row).model_dump()
        views.append(CorrectionListed(**told, **_standing(rights[group[0].id], group)))
    return views, total, after


async def get_correction(tx: Transaction, id_: UUID, by: Actor) -> CorrectionDetail:
    """Return a correction with its history, and what somebody may do with it.

    Raises:
        CorrectionNotFoundError: no correction has that id.
    """
    correction, group = await read_group(tx, id_)
    await check_seen(tx, correction)
    row = (await tx.session.execute(corrections_query().where(CorrectionRow.id == id_))).one()
    history = await tx.session.scalars(
        select(CorrectionHistoryRow)
        .where(CorrectionHistoryRow.correction == id_)
        .order_by(CorrectionHistoryRow.version)
    )
    is_open = correction.state == "open"
    return CorrectionDetail(
        **view_correction(row).model_dump(),
        **_standing(await rights_of(tx, by, group), group),
        plan=correction.plan,
        evidence=correction.evidence,
        verdict=correction.verdict,
        together=[each.id for each in group],
        suggested=await _suggested(tx, correction) if is_open else [],
        history=[HistoryEntry.model_validate(entry) for entry in history],
    )


def _standing(rights: Rights, group: Group) -> dict[str, Any]:
    missing = lacks(group) if group[0].state == "open" else []
    blocked = [f"{each.zh} ({each.en})" for each in missing]
    return {"may": may(rights, group), "blocked_by": blocked}


async def seen_corrections(tx: Transaction) -> list[ColumnElement[bool]]:
    """Return what corrections are narrowed by for the reader of a transaction."""
    row = CorrectionRow
    return [*await narrowed(tx, Kind.WORK, row.scope, row.owner, row.assigned_to), *open_to(tx)]


def open_to(tx: Transaction) -> list[ColumnElement[bool]]:
    """Return the part of it that is about families: of restricted ones, those he answers for."""
    closed: Closed | None = tx.closed
    if closed is None:
        return []
    own = [
        column.in_(closed.himself) for column in (CorrectionRow.owner, CorrectionRow.assigned_to)
    ]
    return [or_(CorrectionRow.family.not_in(closed.families), *own)]


async def check_seen(tx: Transaction, correction: Correction) -> None:
    """Refuse a correction that is not there for the reader.

    Raises:
        CorrectionNotFoundError: it is so.
    """
    more = (correction.owner, correction.assigned_to)
    closed: Closed | None = tx.closed
    is_closed = closed is not None and closed.hides(correction.family, *more)
    if is_closed or not await is_seen(tx, Kind.WORK, correction.scope, *more):
        raise no_correction(correction.id)


async def name_of_evidence(tx: Transaction, digest: str, by: Actor) -> str | None:
    """Return the name of a file for who uploaded it, or has to do with what it is evidence of."""
    named = CorrectionRow.evidence["files"].contains([{"digest": digest}])
    query = select(CorrectionRow.id, CorrectionRow.evidence).where(named).limit(SHOWN)
    for row in await tx.session.execute(query):
        _, group = await read_group(tx, row.id)
        rights = await rights_of(tx, by, group)
        if rights.owns or rights.leads:
            files = row.evidence["files"]
            return str(next(each["name"] for each in files if each["digest"] == digest))
    return digest if await uploaded_by(tx, [digest], by.subject) else None


_SAME_SCOPE: Final = ("同一对象、同一周期、同一类预警", "the same scope, period and kind of alert")
_SAME_INDICATOR: Final = (
    "上级或下级对象的同一指标越线",
    "the same indicator of a scope above or below",
)
_SAME_CAUSE: Final = ("同一对象、同一原因", "the same scope and cause")


async def _suggested(tx: Transaction, correction: Correction) -> list[Suggestion]:
    """Return open corrections that may have the same cause, the nearest first."""
    place = await tx.session.get(ScopeRow, correction.scope)
    above = place.parents if place else []
    is_near = or_(CorrectionRow.scope.in_(above), ScopeRow.parents.contains([correction.scope]))
    same_scope = CorrectionRow.scope == correction.scope
    reasons = case(
        (
            same_scope
            & (CorrectionRow.period == correction.period)
            & (CorrectionRow.family == correction.family),
            0,
        ),
        (same_scope & (CorrectionRow.cause == correction.cause), 1),
        (is_near & (CorrectionRow.indicator == correction.indicator), 2),
        else_=None,
    )
    query = (
        select(CorrectionRow, reasons.label("reason"))
        .outerjoin(ScopeRow, ScopeRow.scope == CorrectionRow.scope)
        .where(CorrectionRow.state == "open", CorrectionRow.id != correction.id)
        .where(reasons.is_not(None))
        .where(*_not_joined(correction), *await seen_corrections(tx))
        .order_by("reason", CorrectionRow.opened_at, CorrectionRow.id)
        .limit(SHOWN)
    )
    words = (_SAME_SCOPE, _SAME_CAUSE, _SAME_INDICATOR)
    return [
        Suggestion(
            id=row.CorrectionRow.id,
            scope=row.CorrectionRow.scope,
            title=row.CorrectionRow.title,
            why_zh=words[row.reason][0],
            why_en=words[row.reason][1],
        )
        for row in await tx.session.execute(query)
    ]


def _not_joined(correction: Correction) -> list[ColumnElement[bool]]:
    if correction.joined is None:
        return []
    return [CorrectionRow.joined.is_distinct_from(correction.joined)]


def corrections_query() -> Select[*tuple[Any, ...]]:
    """Return the query of corrections with the names of their scopes."""
    query: Select[*tuple[Any, ...]] = select(CorrectionRow, ScopeRow.name_zh, ScopeRow.name_en)
    return query.outerjoin(ScopeRow, ScopeRow.scope == CorrectionRow.scope)


def view_correction(row: Row[*tuple[Any, ...]]) -> CorrectionSummary:
    """Return a row of `corrections_query` as lists show it."""
    correction: CorrectionRow = row.CorrectionRow
    fields = {
        name: getattr(correction, name)
        for name in CorrectionSummary.model_fields
        if hasattr(correction, name)
    }
    return CorrectionSummary.model_validate(
        fields
        | {
            "owner": correction.assigned_to or correction.owner,
            "work_due_on": correction.plan["due_on"] if correction.plan else None,
            "remeasured": correction.remeasured["value"] if correction.remeasured else None,
            "scope_name": row.name_zh or correction.scope,
            "scope_name_en": row.name_en,
            "level": level_of(correction.scope),
        }
    )
