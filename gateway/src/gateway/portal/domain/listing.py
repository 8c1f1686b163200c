"""What a list page shows, as its address says it: filters, order, page.

Source: design "Screens" (server-side paging, sort, filter in the URL); 25 rows are our default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Final
from urllib.parse import urlencode

from shared.contracts.vocabulary import Level, Severity
from shared.errors import DomainError, ErrorKind

ROWS: Final = 25
LAST_PAGE: Final = 1_000_000
"""Beyond it no list of ours reaches."""

ANY: Final = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKind:
    """A list that has a page of its own."""

    path: str
    states: tuple[str, str]
    """What is under way and what is over, in the words of its service."""

    sorts: tuple[str, ...]
    """Orders that its service knows; the first is its default."""

    filters: tuple[str, ...]
    """What its service can restrict it by."""


ALERTS: Final = ListKind(
    path="/alerts",
    states=("open", "settled"),
    sorts=("gravest", "newest", "due"),
    filters=("state", "level", "severity", "worst", "mine", "overdue"),
)
CORRECTIONS: Final = ListKind(
    path="/corrections",
    states=("open", "closed"),
    sorts=("gravest", "newest", "due"),
    filters=("state", "level", "severity"),
)


class UnknownWishError(DomainError):
    """The address of a list asks for what there is not."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "wish-unknown"
    title_zh: ClassVar = "网址中的条件无法识别"
    title_en: ClassVar = "The address asks for something unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which rows of a list are wanted; ``all`` does not restrict."""

    kind: ListKind
    state: str
    level: str
    severity: str
    worst: str
    """The gravest colour it ever had."""

    mine: str
    """``true``: those that the visitor or a role of his answers for or oversees."""

    overdue: str
    """``true``: those that were not acknowledged in time."""

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
            for name in (*self.kind.filters, "sort", "page")
            if getattr(other, name) != getattr(plain, name)
        }
        return f"{self.kind.path}?{urlencode(said)}" if said else self.kind.path

    def question(self, rows: int = ROWS) -> dict[str, str | int]:
        """Return the query that asks the service for these rows."""
        asked: dict[str, str | int] = {
            name: value for name in self.kind.filters if (value := getattr(self, name)) != ANY
        }
        offset = (self.page - 1) * rows
        return asked | {"sort": self.sort, "limit": rows, "offset": offset, "totalCount": "true"}


def read_wish(kind: ListKind, asked: Mapping[str, str]) -> Wish:
    """Read the query of a list's address; what it does not say means the default.

    Raises:
        UnknownWishError: it says what there is not; all of it is told at once.
    """
    choices = {
        "state": (*kind.states, ANY),
        "level": (ANY, *Level),
        "severity": (ANY, *Severity),
        "worst": (ANY, *Severity),
        "mine": (ANY, "true"),
        "overdue": (ANY, "true"),
        "sort": kind.sorts,
    }
    said = {name: asked.get(name) or allowed[0] for name, allowed in choices.items()}
    page = asked.get("page") or "1"
    wrong = {
        name: f"{name}={said[name]}（{' '.join(allowed)}）"
        for name, allowed in choices.items()
        if said[name] not in allowed
    }
    if not _is_page(page):
        wrong["page"] = f"page={page}（1–{LAST_PAGE}）"
    if wrong:
        told = "；".join(wrong.values())
        fields = {f"$.{name}": [reason] for name, reason in wrong.items()}
        raise UnknownWishError(f"无法识别：{told}", f"unknown: {told}", fields=fields)
    return Wish(kind=kind, page=int(page), **said)


def pages_of(total: int) -> int:
    """Return how many pages hold so many rows; an empty list has one."""
    return max(1, -(-total // ROWS))


def _is_page(text: str) -> bool:
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return is_number and 1 <= int(text) <= LAST_PAGE
