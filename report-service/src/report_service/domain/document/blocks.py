"""What a report is made of: sections of blocks, blocks of spans.

A span that is a number is *bound*: it keeps the exact decimal string beside the words that show it,
and the number of the note that explains where it comes from. What a person wrote stands in a span
of its own kind, under the *place* where it can be edited.

Source: design "Reports" 1–3 and screens "Reports"; the shape is our default.
"""

import json
import re
from dataclasses import dataclass, fields, is_dataclass, replace
from hashlib import sha256
from typing import Any, ClassVar, Final, Literal

GETA: Final = "〓"
"""Stands for a character that no file can show, as printers did it."""

BRIEFING: Final = "briefing"
"""Kind of the leader's briefing, which files keep on one page."""

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What neither XML nor paper can hold."""

SpanKind = Literal["text", "bound", "typed", "blank", "tag", "soft", "strong"]
"""``typed``: a person wrote it; ``blank``: a person has yet to; ``tag``: a state in its colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A run of text."""

    text: str
    kind: SpanKind = "text"
    exact: str | None = None
    """Of a bound number: the decimal string as its event brought it."""

    unit: str = ""
    note: int | None = None
    """Number of the note that explains it, from 1."""

    tone: str = ""
    """Of a tag: the state or colour it stands for."""

    place: str = ""
    """Where a person may write here: ``diagnosis/B1/cause``; empty where nobody may."""

    limit: int | None = None
    """How many characters the place holds at most."""


Cell = tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Running text."""

    block: ClassVar = "paragraph"

    spans: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullets:
    """A list."""

    block: ClassVar = "bullets"

    items: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading inside a section."""

    block: ClassVar = "heading"

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of a list of terms."""

    label: str
    spans: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Labels and what belongs to them."""

    block: ClassVar = "terms"

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table."""

    key: str
    title: str
    width: int = 2
    """Share of the width, beside those of the other columns."""

    right: bool = False
    """Numbers stand at the right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a table."""

    key: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; one without rows says why in ``empty``."""

    block: ClassVar = "table"

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Numbers of a chart, in the order of its categories; None where there is no value."""

    name: str
    values: tuple[str | None, ...]
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A figure. ``svg`` is drawn once; Word draws its own from the same numbers."""

    block: ClassVar = "chart"

    key: str
    kind: Literal["bar", "line", "radar"]
    caption: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    svg: str
    said: str
    """The same in words, for who cannot see it."""


Block = Paragraph | Bullets | Heading | Terms | Table | Chart


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section (章节)."""

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Where numbers come from: a fact, with the version that was used."""

    number: int
    kind: str
    key: str
    version: int
    text: str
    stated_at: str
    link: str
    """Page of the portal that explains it; empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """Which report this is."""

    title: str
    kind: str
    template_version: int
    number: str
    digest: str
    """SHA-256 of the document with this field left empty."""

    level_zh: str
    scope: str
    scope_name: str
    period: str
    period_zh: str
    as_of: str
    """When the newest fact in it was stated, UTC."""

    as_of_zh: str
    signers: tuple[str, ...]
    """Who signs, in words: a line for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report."""

    cover: Cover
    sections: tuple[Section, ...]
    notes: tuple[Note, ...]


def as_json(thing: Any) -> Any:
    """Return a document, or a part of it, in JSON types; what is empty is left out.

    A span keeps its text: whoever writes it relies on one.
    """
    if is_dataclass(thing) and not isinstance(thing, type):
        told = {each.name: as_json(getattr(thing, each.name)) for each in fields(thing)}
        full = {name: value for name, value in told.items() if value not in (None, "", False)}
        if isinstance(thing, Span):
            full.setdefault("text", "")
            if thing.kind == "text":
                del full["kind"]
        kind = getattr(thing, "block", None)
        return {"block": kind, **full} if kind else full
    if isinstance(thing, str):
        return printable(thing)
    return [as_json(each) for each in thing] if isinstance(thing, tuple) else thing


def printable(text: str) -> str:
    """Return a text whose every character files can hold."""
    return _CONTROL.sub(GETA, text)


def canonical(told: Any) -> str:
    """Return JSON types as the one text that digests are taken of."""
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sealed(document: Document) -> Document:
    """Return a document that prints its own digest."""
    bare = replace(document, cover=replace(document.cover, digest=""))
    digest = sha256(canonical(as_json(bare)).encode()).hexdigest()
    return replace(bare, cover=replace(bare.cover, digest=digest))
