"""What a list page shows, as its address says it: filters, order, page.

Source: design "Screens" (server-side paging, sort, filter in the URL); 25 rows are our default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from shared.contracts.vocabulary import Level, Severity

ROWS: Final = 25
LAST_PAGE: Final = 1_000_000
"""Beyond it no list of ours reaches; a larger number means this one."""

ANY: Final = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKind:
    """A list that has a page of its own."""

    path: str
    states: tuple[str, str]
    """What is under way and what is over, in the words of its service."""

    sorts: tuple[str, ...]
    """Orders that its service knows; the first is its default."""


ALERTS: Final = ListKind(
    path="/alerts", states=("open", "settled"), sorts=("gravest", "newest", "due")
)
CORRECTIONS: Final = ListKind(
    path="/corrections", states=("open", "closed"), sorts=("newest", "due")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which rows of a list are wanted; ``all`` does not restrict."""

    kind: ListKind
    state: str
    level: str
    severity: str
    sort: str
    page: int
    """From 1."""

    @property
    def first(self) -> int:
        """Number of the first row of this page, from 1."""
        return (self.page - 1) * ROWS + 1

    def url(self, **changes: str | int) -> str:
        """Return the address of this list with some of it changed; another filter begins anew."""
        other = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        plain = read_wish(self.kind, {})
        said = {
            name: getattr(other, name)
            for name in ("state", "level", "severity", "sort", "page")
            if getattr(other, name) != getattr(plain, name)
        }
        return f"{self.kind.path}?{urlencode(said)}" if said else self.kind.path

    def question(self, rows: int = ROWS) -> dict[str, str | int]:
        """Return the query that asks the service for these rows."""
        asked: dict[str, str | int] = {
            name: value
            for name in ("state", "level", "severity")
            if (value := getattr(self, name)) != ANY
        }
        offset = (self.page - 1) * rows
        return asked | {"sort": self.sort, "limit": rows, "offset": offset, "totalCount": "true"}


def read_wish(kind: ListKind, asked: Mapping[str, str]) -> Wish:
    """Read the query of a list's address; what it does not know means the default."""

    def one_of(name: str, allowed: tuple[str, ...]) -> str:
        return asked[name] if asked.get(name) in allowed else allowed[0]

    return Wish(
        kind=kind,
        state=one_of("state", (*kind.states, ANY)),
        level=one_of("level", (ANY, *Level)),
        severity=one_of("severity", (ANY, *Severity)),
        sort=one_of("sort", kind.sorts),
        page=_page(asked.get("page", "")),
    )


def pages_of(total: int) -> int:
    """Return how many pages hold so many rows; an empty list has one."""
    return max(1, -(-total // ROWS))


def _page(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return min(max(int(text), 1), LAST_PAGE) if is_number else 1
