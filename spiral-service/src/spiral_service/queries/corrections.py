"""Read corrections."""

from datetime import UTC, datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import (
    Row,
    Select,
    case,
    func,
    select,
)

from shared.contracts.vocabulary import kinds_of, level_of
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.paging import Page
from spiral_service.queries.paging import RANKS, find_page
from spiral_service.schemas.corrections import (
    CorrectionDetail,
    CorrectionFilter,
    CorrectionSummary,
    HistoryEntry,
)
from spiral_service.tables import CorrectionHistoryRow, CorrectionRow, ScopeRow


class CorrectionNotFoundError(DomainError):
    """No correction has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "correction-not-found"
    title_zh: ClassVar = "没有这条纠偏"
    title_en: ClassVar = "No such correction"


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
    tx: Transaction, only: CorrectionFilter, page: Page
) -> tuple[list[CorrectionSummary], int | None, list[Any] | None]:
    """Return a page of corrections, unless asked otherwise the gravest and soonest due first."""
    query = corrections_query()
    equal = only.model_dump(exclude={"level", "sort"}, exclude_none=True)
    for name, value in equal.items():
        query = query.where(getattr(CorrectionRow, name) == value)
    if only.level is not None:
        kind = func.split_part(CorrectionRow.scope, "/", 1)
        query = query.where(kind.in_(kinds_of(only.level)))
    order = _ORDERS[only.sort]
    is_newest = only.sort == "newest"
    rows, total, after = await find_page(tx, query, order, UUID, page, rises=not is_newest)
    return [view_correction(row) for row in rows], total, after


async def get_correction(tx: Transaction, id_: UUID) -> CorrectionDetail:
    """Return a correction with its history, the oldest entry first.

    Raises:
        CorrectionNotFoundError: no correction has that id.
    """
    row = (
        await tx.session.execute(corrections_query().where(CorrectionRow.id == id_))
    ).one_or_none()
    if row is None:
        raise CorrectionNotFoundError(f"没有纠偏 {id_}", f"there is no correction {id_}")
    history = await tx.session.scalars(
        select(CorrectionHistoryRow)
        .where(CorrectionHistoryRow.correction == id_)
        .order_by(CorrectionHistoryRow.version)
    )
    return CorrectionDetail(
        **view_correction(row).model_dump(),
        history=[HistoryEntry.model_validate(entry) for entry in history],
    )


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
            "scope_name": row.name_zh or correction.scope,
            "scope_name_en": row.name_en,
            "level": level_of(correction.scope),
        }
    )
