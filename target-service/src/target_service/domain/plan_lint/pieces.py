"""The rows of a plan as pieces of work: what each does, and for which level."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.contracts.vocabulary import LEVEL_ZH, Level
from target_service.domain.plan_document.document import Column, Row
from target_service.domain.plan_document.words import (
    Work,
    level_in,
    names_every_level,
    platforms_used,
    work_of,
)

_LEVELLED = frozenset({Work.CHAIN, Work.RUN, Work.RULE, Work.PLATFORM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A row, and what it is about."""

    place: int
    """Which row of the plan, from 0."""

    row: Row
    work: Work
    level: Level | None
    """None where it is about no level, or about all of them."""

    every_level: bool
    """It is about all levels together (各层面)."""

    uses: tuple[str, ...]
    """Platforms that it names as its means."""

    @property
    def name(self) -> str:
        """How findings call it."""
        row = self.row
        content = row.text(Column.CONTENT)
        if self.work is Work.RUN or not content:
            system = LEVEL_ZH[self.level] if self.level else row.text(Column.SYSTEM)
            return f"“{row.text(Column.TASK)}”（{system}）"
        return f"“{content if len(content) <= 24 else content[:24] + '…'}”"


def pieces_of(rows: Sequence[Row]) -> list[Piece]:
    """Return the pieces of work of a plan, in its order.

    A running of diagnosis that names no level is of the level of the chain above it in its
    category: tables say 专业两链打造 and, beneath it, 诊改运行.
    """
    pieces: list[Piece] = []
    for place, row in enumerate(rows):
        pieces.append(_piece(place, row, pieces))
    return pieces


def _piece(place: int, row: Row, before: Sequence[Piece]) -> Piece:
    system, task, content, output = (
        row.text(each) for each in (Column.SYSTEM, Column.TASK, Column.CONTENT, Column.DELIVERABLE)
    )
    work = work_of(system, task, content, output)
    every = names_every_level(content) or names_every_level(task)
    level = None if every or work not in _LEVELLED else level_in([task, content, system])
    if work is Work.RUN and level is None and not every:
        level = _level_of_chain_above(row, before)
    return Piece(
        place=place,
        row=row,
        work=work,
        level=level,
        every_level=every,
        uses=tuple(platforms_used(content)),
    )


def _level_of_chain_above(row: Row, before: Iterable[Piece]) -> Level | None:
    same = [
        each.level
        for each in before
        if each.work is Work.CHAIN and each.row.text(Column.SYSTEM) == row.text(Column.SYSTEM)
    ]
    return same[-1] if same else None
