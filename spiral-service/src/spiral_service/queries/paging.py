"""Pages of lists, by offset or after a cursor."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    Row,
    Select,
    func,
    tuple_,
)

from shared.contracts.vocabulary import Severity
from shared.kit.database import Transaction
from shared.kit.paging import Page, PageTokenError

_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""No list of ours reaches back further; a page token that does is forged."""


RANKS: Final = {each.value: rank for rank, each in enumerate(reversed(Severity), start=1)}
"""1 for red to 4 for blue."""


Found = tuple[list[Row[*tuple[Any, ...]]], int | None, list[Any] | None]
"""Rows of one page, their number in all (where asked for), and what the next page follows."""


async def find_page(
    tx: Transaction,
    query: Select[*tuple[Any, ...]],
    order: tuple[Any, ...],
    key: Callable[[str], Any],
    page: Page,
    *,
    rises: bool = False,
) -> Found:
    """Fetch one page, by offset or after a cursor of what it is sorted by.

    Args:
        rises: the earliest comes first, instead of the newest.
    """
    total = None
    if page.total_count:
        counted = query.with_only_columns(func.count(), maintain_column_froms=True)
        total = await tx.session.scalar(counted.order_by(None))
    names = [f"sorted_by_{number}" for number in range(len(order))]
    query = query.add_columns(
        *(each.label(name) for each, name in zip(order, names, strict=True))
    ).limit(page.limit + 1)
    query = query.order_by(*(each if rises else each.desc() for each in order))
    if page.after is not None:
        place, cursor = tuple_(*order), tuple_(*_cursor(page.after, order, key))
        query = query.where(place > cursor if rises else place < cursor)
    else:
        query = query.offset(page.offset)
    rows = list((await tx.session.execute(query)).all())
    shown = rows[: page.limit]
    after = None
    if len(rows) > page.limit:
        after = [_told(getattr(shown[-1], name)) for name in names]
    return shown, total, after


def _told(value: Any) -> int | str:
    """Return a sort value as a page token carries it."""
    match value:
        case int():
            return value
        case datetime():
            return value.isoformat()
        case _:
            return str(value)


def _cursor(after: list[Any], order: tuple[Any, ...], key: Callable[[str], Any]) -> list[Any]:
    with suppress(ValueError, TypeError, AttributeError, OverflowError):
        *ranks, instant, last = after
        at = datetime.fromisoformat(instant)
        is_ours = len(after) == len(order) and all(each in RANKS.values() for each in ranks)
        if is_ours and at.tzinfo and at >= _FIRST and "\0" not in last:
            return [*ranks, at, key(last)]
    raise PageTokenError("pageToken 不是这个列表给出的", "this list did not give that pageToken")
