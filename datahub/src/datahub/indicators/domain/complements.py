"""Which values are masked because others would give away by subtraction what is masked.

Who reads a whole and all its parts but one can reckon that one. So where exactly one scope beneath
a parent is masked, the smallest of the others is masked beside it, where a whole is told; and
beneath a parent that is masked so, one at least. Each group is decided by itself and its parents
alone: whatever is asked, the same is masked. Source: the usual complementary suppression of
statistics; which one is masked is our default.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Row = Mapping[str, Any]


class Cell(NamedTuple):
    """A measured value."""

    indicator: str
    scope: str
    period: str


class Family(NamedTuple):
    """The scopes of one kind right beneath one parent."""

    kind: str
    parent: str


@dataclass(frozen=True, slots=True)
class Relatives:
    """What must be known of scopes to say what is masked beside them."""

    families: Mapping[Family, Sequence[str]]
    """The members of each family to which they, or what they lie in, belong."""

    above: Mapping[str, Collection[str]]
    """The parents of each of these scopes."""

    @property
    def scopes(self) -> frozenset[str]:
        """Every scope among them."""
        members = (each for found in self.families.values() for each in found)
        return frozenset([*members, *(family.parent for family in self.families)])

    def line(self, scope: str) -> list[str]:
        """Return a scope and all that it lies in."""
        above = [each for each in self.above.get(scope, ()) if each != scope]
        return list(dict.fromkeys([scope, *(far for each in above for far in self.line(each))]))

    def depth(self, scope: str) -> int:
        """Return how many steps lead up; parents come before what lies beneath them."""
        above = [each for each in self.above.get(scope, ()) if each != scope]
        return 1 + max(self.depth(each) for each in above) if above else 0


def cell_of(row: Row) -> Cell:
    """Return which value a row is."""
    return Cell(row["indicator"], row["scope"], row["period"])


def masked_beside(
    relatives: Relatives, rows: Iterable[Row], hides: Callable[[Row], bool]
) -> frozenset[Cell]:
    """Return the values that are masked beside those that are masked by themselves.

    Args:
        rows: the values of all these relatives.
        hides: whether a value is masked by itself.
    """
    found = {cell_of(row): row for row in rows}
    hidden = frozenset(cell for cell, row in found.items() if hides(row))
    beside: set[Cell] = set()
    places = {(cell.indicator, cell.period) for cell in found}
    for family in sorted(relatives.families, key=lambda each: relatives.depth(each.parent)):
        for indicator, period in places:
            wholes = [Cell(indicator, scope, period) for scope in relatives.line(family.parent)]
            if not any(whole in found for whole in wholes):
                continue  # nobody is told a whole from which parts could be taken
            cells = [
                cell
                for scope in relatives.families[family]
                if (cell := Cell(indicator, scope, period)) in found
            ]
            is_shut = wholes[0] in hidden or wholes[0] in beside
            beside |= _more(cells, found, hidden, 0 if is_shut else 1)
    return frozenset(beside)


def _more(
    cells: Sequence[Cell], found: Mapping[Cell, Row], hidden: Collection[Cell], lone: int
) -> set[Cell]:
    """Return the smallest value that is told of a family in which ``lone`` are masked."""
    if sum(cell in hidden for cell in cells) != lone:
        return set()
    told = [
        (found[cell]["n"] == 0, found[cell]["n"], cell)
        for cell in cells
        if cell not in hidden and found[cell]["numerator"] is not None
    ]
    return {min(told)[-1]} if told else set()
