"""What is remembered of a cell: how often its value lay beyond the line, and what came late.

What a cell comes to depends on its marks in the order of their seq, never on the order in which
they came: a mark that is clear forgets all before it, so that only those since the last clear one
are kept. Where more than `KEPT` came since, the oldest are summed up, and what is later still than
those changes nothing.
"""

from bisect import bisect_left
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from alert_service.domain.severity import HoldReason

KEPT: Final = 24

What = Literal["beyond", "near", "clear", "unknown"]
"""``near``: back over the line, but not by the margin."""


class Mark(NamedTuple):
    """What one value of a cell showed."""

    seq: int
    what: What
    value: Decimal | None = None
    hold: HoldReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Marks of a cell since its last clear one, by seq, after what is summed up."""

    since: int | None = None
    """Seq of the last mark that is summed up, or clear: what is not newer changes nothing."""

    firing: bool = False
    run: int = 0
    """What is summed up: whether it fired then, and how often in a row it lay beyond."""

    marks: tuple[Mark, ...] = ()


NOTHING: Final = Memory()


class Stand(NamedTuple):
    """What a memory comes to."""

    firing: bool
    run: int
    newest: Mark | None
    beyond: Mark | None
    """The newest that lay beyond the line."""

    known: Mark | None
    """The newest that could be told."""


def note(memory: Memory, mark: Mark, times: int) -> Memory:
    """Return a memory with one mark more, wherever its seq puts it."""
    if memory.since is not None and mark.seq <= memory.since:
        return memory
    place = bisect_left([each.seq for each in memory.marks], mark.seq)
    after = memory.marks[place:]
    if after and after[0].seq == mark.seq:
        after = after[1:]
    if mark.what == "clear":
        return _trim(Memory(since=mark.seq, marks=after), times)
    return _trim(replace(memory, marks=(*memory.marks[:place], mark, *after)), times)


def stand_of(memory: Memory, times: int) -> Stand:
    """Return what a memory comes to; after ``times`` marks beyond the line in a row it fires."""
    firing, run = memory.firing, memory.run
    beyond: Mark | None = None
    known: Mark | None = None
    for mark in memory.marks:
        known = known if mark.what == "unknown" else mark
        if mark.what == "beyond":
            run, beyond = run + 1, mark
            firing = firing or run >= times
        elif mark.what == "near":
            run = 0
    newest = memory.marks[-1] if memory.marks else None
    return Stand(firing, run, newest, beyond, known)


def _trim(memory: Memory, times: int) -> Memory:
    if len(memory.marks) <= KEPT:
        return memory
    old, kept = memory.marks[:-KEPT], memory.marks[-KEPT:]
    stand = stand_of(replace(memory, marks=old), times)
    return Memory(since=old[-1].seq, firing=stand.firing, run=stand.run, marks=kept)
