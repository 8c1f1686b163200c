"""The reports as lists and details show them."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import defer

from report_service.schemas.reports import ReportSummary
from report_service.tables import ReportRow
from shared.access.rules import Kind
from shared.access.sight import narrowed
from shared.kit.database import Transaction
from shared.kit.paging import Page, PageTokenError

_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""No list of ours reaches back further; a page token that does is forged."""


async def list_reports(
    tx: Transaction, *, scope: str | None, period: str | None, kind: str | None, page: Page
) -> tuple[list[ReportSummary], int | None, list[Any] | None]:
    """Return a page of reports, the newest first, with their number in all where asked for."""
    wanted = [
        column == value
        for column, value in (
            (ReportRow.scope, scope),
            (ReportRow.period, period),
            (ReportRow.template, kind),
        )
        if value is not None
    ]
    wanted += await narrowed(tx, Kind.FIGURE, ReportRow.scope)
    total = None
    if page.total_count:
        total = await tx.session.scalar(select(func.count()).select_from(ReportRow).where(*wanted))
    query = (
        select(ReportRow)
        .where(*wanted)
        .options(defer(ReportRow.content), defer(ReportRow.html), defer(ReportRow.facts))
        .order_by(ReportRow.created_at.desc(), ReportRow.id.desc())
        .limit(page.limit + 1)
        .offset(page.offset)
    )
    if page.after is not None:
        query = query.where(
            tuple_(ReportRow.created_at, ReportRow.id) < tuple_(*_cursor(page.after))
        )
    rows = list(await tx.session.scalars(query))
    shown = rows[: page.limit]
    after = (
        [shown[-1].created_at.isoformat(), str(shown[-1].id)] if len(rows) > len(shown) else None
    )
    return [ReportSummary.model_validate(row) for row in shown], total, after


async def find_report(tx: Transaction, key: Mapping[str, Any]) -> ReportSummary:
    """Return the report with a natural key, as `usecases.reports` gives it."""
    same = [getattr(ReportRow, name) == value for name, value in key.items()]
    row = (await tx.session.scalars(select(ReportRow).where(*same))).one()
    return ReportSummary.model_validate(row)


def _cursor(after: list[Any]) -> tuple[datetime, UUID]:
    with suppress(ValueError, TypeError, AttributeError, OverflowError):
        instant, last = after
        at = datetime.fromisoformat(instant)
        if at.tzinfo and at >= _FIRST:
            return at, UUID(last)
    raise PageTokenError("pageToken 不是这个列表给出的", "this list did not give that pageToken")
