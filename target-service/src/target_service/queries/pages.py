"""Pages of lists, in the order of their keys."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from shared.kit.database import Transaction
from shared.kit.paging import Page, PageTokenError

Item = TypeVar("Item")
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[Item]):
    """A page of a list."""

    items: list[Item]
    total: int | None
    """Rows of all pages; None when nobody asked."""

    next_after: list[Any] | None
    """Sort value of the last row; None on the last page."""


def filtered(query: AnySelect, filters: dict[InstrumentedAttribute[Any], str | None]) -> AnySelect:
    """Keep the rows that have the values that are given."""
    return query.where(*(column == value for column, value in filters.items() if value is not None))


async def page_of(
    tx: Transaction, query: AnySelect, key: InstrumentedAttribute[str], wanted: Page
) -> tuple[list[Any], int | None, list[Any] | None]:
    """Return the rows of a page, the number of all rows (if asked), and where to go on."""
    total = None
    if wanted.total_count:
        total = await tx.session.scalar(select(func.count()).select_from(query.subquery()))
    if wanted.after is not None:
        query = query.where(key > read_token(wanted.after))
    query = query.order_by(key).limit(wanted.limit + 1).offset(wanted.offset)
    rows = list(await tx.session.execute(query))
    more = len(rows) > wanted.limit
    rows = rows[: wanted.limit]
    after = [getattr(getattr(rows[-1], key.class_.__name__), key.key)] if more else None
    return rows, total, after


def read_token(after: list[Any]) -> str:
    """Return the sort value inside a token.

    Raises:
        PageTokenError: another list gave it, or nobody.
    """
    match after:
        case [str(key)] if "\0" not in key:
            return key
        case _:
            raise PageTokenError(
                "pageToken 不是本服务给出的", "this service did not give that pageToken"
            )
