"""Which indicator takes which others, and in which order they are measured.

Source: design "Indicators" 4 (a cycle is refused at save, with its path).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.formula.reading import read_formula
from datahub.indicators.domain.formula.syntax import FormulaError, others_in

Taken = Mapping[str, Collection[str]]
"""What each takes, by ids."""


def named_in(formula: object) -> frozenset[str]:
    """Return the indicators that a formula names; none where it cannot be read."""
    try:
        tree = read_formula(str(formula))
    except FormulaError:
        return frozenset()
    return frozenset(each.indicator for each in others_in(tree))


def ordered(taken: Taken, first: Iterable[str] = ()) -> list[str]:
    """Return ids so that each follows what it takes; of a cycle in any order.

    Args:
        first: those that go before the others, with what they take.
    """
    found: dict[str, None] = {}
    begun: set[str] = set()

    def visit(each: str) -> None:
        if each in begun or each not in taken:
            return
        begun.add(each)
        for other in sorted(taken[each]):
            visit(other)
        found[each] = None

    for each in (*first, *sorted(taken)):
        visit(each)
    return list(found)


def parted(indicators: Sequence[Indicator]) -> tuple[list[Indicator], list[Indicator]]:
    """Return those that are core with all that they take, and the others.

    Args:
        indicators: each behind what it takes.
    """
    core: set[str] = set()
    for each in reversed(indicators):
        if each.core or each.id in core:
            core |= {each.id, *each.others}
    return (
        [each for each in indicators if each.id in core],
        [each for each in indicators if each.id not in core],
    )


def cycle_of(indicator: str, takes: Collection[str], taken: Taken) -> list[str]:
    """Return the way from an indicator back to itself; empty where there is none.

    Args:
        takes: what it is to take.
        taken: what the others take.
    """
    ways = [[indicator, each] for each in sorted(takes)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        if way[-1] == indicator:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            ways += [[*way, each] for each in sorted(taken.get(way[-1], ()))]
    return []


def depending_on(indicator: str, taken: Taken) -> list[str]:
    """Return whatever takes an indicator, or something that does, each behind what it takes."""
    found = {indicator}
    for each in ordered(taken):
        if not found.isdisjoint(taken[each]):
            found.add(each)
    return [each for each in ordered(taken) if each in found and each != indicator]


def in_levels(indicators: Sequence[Indicator]) -> Iterator[list[Indicator]]:
    """Yield indicators by how far they are from what counts records: those that do come first.

    Args:
        indicators: each behind what it takes.
    """
    level: dict[str, int] = {}
    for each in indicators:
        level[each.id] = 1 + max((level.get(other, -1) for other in each.others), default=-1)
    for number in range(max(level.values(), default=-1) + 1):
        yield [each for each in indicators if level[each.id] == number]


def entities_behind(indicators: Sequence[Indicator]) -> dict[str, frozenset[str]]:
    """Return, by indicator, the entities that it counts or that stand behind what it takes.

    Args:
        indicators: each behind what it takes.
    """
    found: dict[str, frozenset[str]] = {}
    for each in indicators:
        own = [found.get(other, frozenset()) for other in each.others]
        found[each.id] = each.entities.union(*own)
    return found
