"""Which signals a condition reads, and how far it looks."""

from collections.abc import Iterator, Mapping
from typing import Final

from alert_service.domain.rules.model import (
    Absent,
    All,
    AnyOf,
    Change,
    Condition,
    Cycle,
    CycleStep,
    Deviation,
    Feed,
    Judged,
    Leaf,
    Not,
    Quality,
    Rule,
    Task,
    Trend,
    Value,
)

Read = tuple[str, str]
"""Kind and name of a signal; things have no name."""

_KIND_OF: Final[Mapping[type[Leaf], str]] = {
    Task: "task",
    Cycle: "cycle",
    CycleStep: "cycle_step",
    Feed: "feed",
    Quality: "quality",
}


def leaves_of(condition: Condition) -> Iterator[Leaf]:
    """Yield the parts of a condition that read something."""
    match condition:
        case All() | AnyOf():
            for part in condition.of:
                yield from leaves_of(part)
        case Not():
            yield from leaves_of(condition.of)
        case _:
            yield condition


def leaves_of_rule(rule: Rule) -> list[Leaf]:
    """Return the parts of a rule that read something, its ladder among them."""
    conditions = [rule.condition, *(rung.when for rung in rule.ladder)]
    return [leaf for each in conditions for leaf in leaves_of(each)]


def read_by(leaf: Leaf) -> Read:
    """Return what a part reads."""
    match leaf:
        case Value() | Change() | Trend() | Deviation() | Absent():
            return "measured", leaf.indicator
        case Judged():
            return "judged", leaf.indicator
        case _:
            return _KIND_OF[type(leaf)], ""


def looks_back(leaf: Leaf) -> bool:
    """Return whether a part reads periods before the present one."""
    match leaf:
        case Change() | Trend():
            return True
        case Deviation():
            return leaf.among == "own"
        case Value() | Judged():
            return leaf.periods > 1
        case _:
            return False


def looks_around(leaf: Leaf) -> bool:
    """Return whether a part reads the values of other scopes."""
    return isinstance(leaf, Deviation) and leaf.among == "group"


def anchor_of(rule: Rule) -> Read | None:
    """Return the indicator whose scopes and periods its alerts have; None of things alone."""
    reads = (read_by(leaf) for leaf in leaves_of(rule.condition))
    return next((read for read in reads if read[1]), None)


def is_plain(rule: Rule) -> bool:
    """Return whether every part asks one value of one indicator, and nothing beside it."""
    leaves = leaves_of_rule(rule)
    plain = all(isinstance(leaf, Value) and leaf.periods == 1 for leaf in leaves)
    return plain and len({read_by(leaf) for leaf in leaves}) == 1
