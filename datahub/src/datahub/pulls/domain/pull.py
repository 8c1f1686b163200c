"""A pull (主动拉取): where a feed's rows are fetched from, how far at a time, and when.

Source: design "Data hub" 3 (what a feed contract declares); our default for its form.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from datahub.pulls.domain.schedule import Schedule

MAX_PAGE: Final = 30_000
"""Rows of a page: more would make an event larger than a message may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Where a secret stands; the document never holds it."""

    env: str | None = None
    file: str | None = None
    prefix: str = ""
    """What is written before it: ``Bearer ``."""

    @property
    def name(self) -> str:
        """Return what to tell people about it."""
        return f"env:{self.env}" if self.env else f"file:{self.file}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlSource:
    """A foreign database."""

    url: Secret
    statement: str
    watermark: str | None = None
    """Column that only grows; without one everything is read each time."""

    lookback: int = 0
    """How far before the last watermark rows are read again: minutes, or of a number its units."""

    page: int = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSource:
    """A folder into which somebody puts files."""

    path: str
    pattern: str = "*"
    settle_seconds: int = 5
    """How long a file must keep its size before it is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How a web service is asked for its next page."""

    kind: str = "none"
    """``none``, ``page``, ``offset``, ``cursor`` or ``link`` (the header)."""

    param: str = ""
    first: int = 1
    size_param: str | None = None
    size: int | None = None
    next: tuple[str, ...] = ()
    """Where the answer says its next cursor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSource:
    """A web service that answers JSON."""

    url: str
    items: tuple[str, ...] = ()
    """Where the answer has its records; none when it is the list itself."""

    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    paging: Paging = field(default_factory=Paging)
    watermark: str | None = None
    """Field that only grows."""

    since: str | None = None
    """Parameter by which the service is asked for what is not older."""

    @property
    def is_secret(self) -> bool:
        """Whether a secret is sent along."""
        return any(isinstance(each, Secret) for each in self.headers.values())


Source = SqlSource | FolderSource | HttpSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """What is fetched for one feed."""

    feed: str
    kind: str
    mode: str
    source: Source
    schedule: Schedule
