"""The ledger of a delivery: every row received has exactly one fate.

Source: contract "Batches"; promise 10.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Final

MAX_WARNINGS: Final = 1_000
"""Warnings of a delivery that are kept one by one; all of them are counted."""

MAX_TOLD: Final = 100
"""Rows put aside that the answer to a message names; the quarantine holds them all."""


class Verdict(StrEnum):
    """The fate of one row."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    UNCHANGED = "unchanged"
    QUARANTINED = "quarantined"
    """Put aside, raw, until the mapping or the row is mended."""

    PARKED = "parked"
    """Waits for the record it refers to."""

    REJECTED = "rejected"
    """Cannot be read, or is refused by the feed contract; kept raw all the same."""

    DUPLICATE = "duplicate"
    """A later row of the same delivery has the same key, or the whole message came before."""

    WARNING = "warning"
    """No fate: the row has another, and something about it is odd."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Counts of a delivery, or of a part of it."""

    received: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    quarantined: int = 0
    parked: int = 0
    rejected: int = 0
    duplicate: int = 0

    @property
    def difference(self) -> int:
        """Rows received without a fate, or with two; 0 when the ledger balances."""
        everything: int = sum(getattr(self, each.name) for each in fields(self))
        return 2 * self.received - everything

    def __add__(self, other: "Ledger") -> "Ledger":
        return Ledger(
            **{
                each.name: getattr(self, each.name) + getattr(other, each.name)
                for each in fields(self)
            }
        )

    def moved(self, fate: Verdict, rows: int) -> "Ledger":
        """Return a ledger with ``rows`` more of one fate."""
        return replace(self, **{fate.value: getattr(self, fate.value) + rows})


def total(parts: Iterable[Ledger]) -> Ledger:
    """Return the sum of the parts of a delivery."""
    return sum(parts, start=Ledger())


@dataclass(frozen=True, slots=True, kw_only=True)
class RowVerdict:
    """Why a row is not simply in the records."""

    row: int
    """Number of the row in its delivery, from 1; a header does not count."""

    verdict: Verdict
    code: str
    path: str
    """JSON path in the source's record: ``$.score``."""

    message: str
    waits_for: tuple[str, ...] = ()
    """``entity:key`` of the records that a parked row waits for, where they are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What is odd about rows that were taken in."""

    rows: int = 0
    """Rows with at least one warning."""

    codes: Mapping[str, int] = field(default_factory=dict)
    """Warnings by code."""

    listed: tuple[RowVerdict, ...] = ()
    """The first warnings, `MAX_WARNINGS` at most: a column of them costs no memory."""

    def __add__(self, other: "Warned") -> "Warned":
        return Warned(
            rows=self.rows + other.rows,
            codes=Counter(self.codes) + Counter(other.codes),
            listed=(*self.listed, *other.listed)[:MAX_WARNINGS],
        )


def fate_of(reasons: Sequence[RowVerdict]) -> Verdict:
    """Return the one fate of a row with several reasons: refused, then wrong, then waiting."""
    fates = {each.verdict for each in reasons}
    for fate in (Verdict.REJECTED, Verdict.QUARANTINED, Verdict.PARKED):
        if fate in fates:
            return fate
    return Verdict.DUPLICATE


def counted(stored: Ledger, received: int, verdicts: Iterable[RowVerdict]) -> Ledger:
    """Return the ledger of a part: what was stored, and the rows that have a verdict."""
    by_row: dict[int, list[RowVerdict]] = {}
    for verdict in verdicts:
        by_row.setdefault(verdict.row, []).append(verdict)
    ledger = replace(stored, received=received)
    for reasons in by_row.values():
        ledger = ledger.moved(fate_of(reasons), 1)
    assert ledger.difference == 0, f"the ledger does not balance: {ledger}"
    return ledger
