"""Pages of lists: the token of the next one names where the last one ended."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

from shared.contracts.vocabulary import Severity
from shared.kit.paging import PageTokenError

Item = TypeVar("Item")

_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""No list of ours reaches back further; a page token that does is forged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[Item]):
    """A page of a list."""

    items: list[Item]
    total: int | None
    """Items on all pages; None when nobody asked."""

    next_after: list[Any] | None
    """Sort values of the last item; None on the last page."""


def token_of(row: Any, order: tuple[Any, ...]) -> list[Any]:
    """Return the sort values of an alert."""
    values = [getattr(row.AlertRow, column.key) for column in order]
    return [each.isoformat() if isinstance(each, datetime) else each for each in values]


def read_token(after: list[Any], order: tuple[Any, ...]) -> list[Any]:
    """Return the sort values inside a token.

    Raises:
        PageTokenError: a list in another order gave it, or nobody.
    """
    read = {int: _read_rank, datetime: _read_instant, str: _read_text}
    values = [
        read[column.type.python_type](value) for column, value in zip(order, after, strict=False)
    ]
    if len(after) != len(order) or None in values:
        raise PageTokenError(
            "pageToken 不是这个列表给出的", "this list did not give that pageToken"
        )
    return values


def _read_rank(value: Any) -> int | None:
    is_rank = type(value) is int and 0 <= value <= len(Severity)
    return value if is_rank else None


def _read_instant(value: Any) -> datetime | None:
    with suppress(ValueError, TypeError):
        at = datetime.fromisoformat(value)
        return at if at.tzinfo and at >= _FIRST else None
    return None


def _read_text(value: Any) -> str | None:
    return value if isinstance(value, str) and "\0" not in value else None
