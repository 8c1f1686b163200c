"""What is watched: a binding with its lines, or the deadline of a task; and what was crossed.

Source: design "Alerts" 1 and 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from shared.contracts.vocabulary import AlertFrom, CrossedLine, LineKind, Operator


@dataclass(frozen=True, slots=True)
class Line:
    """A limit as its binding gives it."""

    op: Operator
    value: str
    """A decimal string; several joined with commas for ``in``."""

    upper: str | None = None
    """Upper end, for ``between`` only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A binding, or a task, as this service knows it."""

    key: str
    """Of a task ``/tasks/<key>``, which no binding has."""

    version: int
    cell: str
    indicator: str | None
    """None of a task."""

    scope: str
    period: str
    title: str
    owner: str
    """Empty: the owner of the scope answers."""

    alert_from: AlertFrom
    target: Line | None = None
    tiers: Mapping[str, Line] = field(default_factory=dict)
    warning: Line | None = None
    withdrawn: bool = False


def lies_beyond(value: Decimal, line: CrossedLine) -> bool:
    """Return whether a value crosses a line; a warning says when to warn, the others what holds."""
    numbers = [Decimal(each) for each in line.value.split(",")]
    first, last = numbers[0], Decimal(line.upper) if line.upper else numbers[-1]
    holds = {
        Operator.GT: value > first,
        Operator.GE: value >= first,
        Operator.LT: value < first,
        Operator.LE: value <= first,
        Operator.EQ: value == first,
        Operator.IN: value in numbers,
        Operator.BETWEEN: first <= value <= last,
    }[line.op]
    return holds is (line.line is LineKind.WARNING)


def is_worse(value: Decimal | None, than: str | None, line: CrossedLine | None) -> bool:
    """Return whether a value lies further beyond the crossed line than another.

    Args:
        than: the other, a decimal string.
        line: tells where worse lies; one that a list or a band warns of tells nothing.
    """
    if value is None or than is None or line is None:
        return False
    other = Decimal(than)
    rises = line.op in {Operator.GT, Operator.GE}
    if rises or line.op in {Operator.LT, Operator.LE}:
        higher_is_worse = rises is (line.line is LineKind.WARNING)
        return value > other if higher_is_worse else value < other
    if line.line is LineKind.WARNING:
        return False
    return _distance(value, line) > _distance(other, line)


def _distance(value: Decimal, line: CrossedLine) -> Decimal:
    texts = [*line.value.split(","), *([line.upper] if line.upper else [])]
    return min(abs(value - Decimal(each)) for each in texts)


def crossed_line(watch: Watch, kind: LineKind) -> CrossedLine | None:
    """Return a line of a binding by its name; None where the binding does not give it."""
    line = {
        LineKind.FLOOR: watch.tiers.get("floor"),
        LineKind.STANDARD: watch.tiers.get("qualified"),
        LineKind.WARNING: watch.warning,
        LineKind.TARGET: watch.target,
    }[kind]
    return CrossedLine(kind, line.op, line.value, line.upper) if line else None
