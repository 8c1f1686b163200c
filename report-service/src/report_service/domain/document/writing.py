"""Make the pieces of a document, and number the notes that explain its numbers.

Source: design "Reports" 2: every number is bound to a fact; the wording is our default.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from report_service.domain.document.blocks import (
    Cell,
    Column,
    Entry,
    Note,
    Paragraph,
    Row,
    Span,
    Table,
    Terms,
)
from report_service.domain.lines import Blank, Owner
from report_service.domain.wording import Figure
from shared.contracts.wording import NO_VALUE

PLACE_LIMIT: Final = 200
"""Characters of causes, measures and effects. Source: screens "Reports"."""

COUNTED: Final = "count/lines"
"""Key of the note of what the report counts itself."""


def plain(text: str) -> Cell:
    """Return a cell of text."""
    return (Span(text=text),)


def soft(text: str) -> Span:
    """Return what stands beside the matter."""
    return Span(text=text, kind="soft")


def tag(text: str, tone: str | None) -> Span:
    """Return a state in its colour."""
    return Span(text=text, kind="tag", tone=tone or "none")


def paragraph(*spans: Span | str) -> Paragraph:
    """Return a paragraph."""
    return Paragraph(spans=tuple(Span(text=s) if isinstance(s, str) else s for s in spans))


def terms(*entries: tuple[str, Cell]) -> Terms:
    """Return labels with what belongs to them."""
    return Terms(entries=tuple(Entry(label=label, spans=spans) for label, spans in entries))


def columns(*given: tuple[str, str, int]) -> tuple[Column, ...]:
    """Return columns from key, title and width; one whose key ends with ``#`` holds numbers."""
    return tuple(
        Column(key=key.rstrip("#"), title=title, width=width, right=key.endswith("#"))
        for key, title, width in given
    )


def table(
    key: str,
    caption: str,
    of: Sequence[Column],
    rows: Sequence[tuple[str, Sequence[Cell]]],
    empty: str,
) -> Table:
    """Return a table from its rows by key."""
    made = tuple(Row(key=name, cells=tuple(cells)) for name, cells in rows)
    return Table(
        key=key, caption=caption, columns=tuple(of), rows=made, empty="" if made else empty
    )


@dataclass(slots=True)
class Writer:
    """What a document collects while it is written.

    Args:
        texts: what people wrote, by place.
    """

    texts: Mapping[str, str]
    notes: dict[str, Note] = field(default_factory=dict)
    sources: Mapping[str, tuple[str, int, str, str, str]] = field(default_factory=dict)
    """By key of a fact: kind, version, text, when it was stated, link."""

    def note(self, key: str | None) -> int | None:
        """Return the number of the note on a fact; the first mention numbers it."""
        if key is None or key not in self.sources:
            return None
        if key not in self.notes:
            kind, version, text, stated_at, link = self.sources[key]
            self.notes[key] = Note(
                number=len(self.notes) + 1,
                kind=kind,
                key=key.partition("/")[2],
                version=version,
                text=text,
                stated_at=stated_at,
                link=link,
            )
        return self.notes[key].number

    def bound(self, figure: Figure, key: str | None) -> Span:
        """Return a number bound to a fact; the sign for none where there is no value."""
        if figure.value is None:
            return Span(text=figure.shown or NO_VALUE)
        return Span(
            text=figure.shown,
            kind="bound",
            exact=figure.value,
            unit=figure.unit,
            note=self.note(key),
        )

    def counted(self, count: int, unit: str = "") -> Span:
        """Return a number of lines of this report."""
        return Span(
            text=f"{count:,}{unit}",
            kind="bound",
            exact=str(count),
            unit="count",
            note=self.note(COUNTED),
        )

    def limit(self, words: str, key: str) -> Cell:
        """Return a limit bound to the fact that sets it."""
        if words == NO_VALUE:
            return plain(words)
        return (Span(text=words, kind="bound", exact=words, note=self.note(key)),)

    def place(self, place: str, *, told: Blank | None = None, limit: int = PLACE_LIMIT) -> Cell:
        """Return what a person wrote at a place, else what is known, else the invitation to."""
        known = told.text if told else None
        if place in self.texts:
            return (Span(text=self.texts[place], kind="typed", place=place, limit=limit),)
        if known:
            return (Span(text=known, place=place, limit=limit),)
        if told is None or told.to_fill:
            return (Span(text="待填写", kind="blank", place=place, limit=limit),)
        return (Span(text=NO_VALUE, place=place, limit=limit),)

    def who(self, owner: Owner) -> Cell:
        """Return who answers for something."""
        return plain(owner.name)
