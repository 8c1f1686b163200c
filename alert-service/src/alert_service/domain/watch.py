"""What is watched: a binding with its lines, or the deadline of a task; and what was crossed.

Source: design "Alerts" 1 and 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from shared.contracts.lines import lies_beyond
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


def misses_target(watch: Watch, forecast: Decimal | None) -> bool:
    """Return whether a forecast misses the target of a binding; not where either is unknown."""
    line = crossed_line(watch, LineKind.TARGET)
    return forecast is not None and line is not None and lies_beyond(forecast, line)


def crossed_line(watch: Watch, kind: LineKind) -> CrossedLine | None:
    """Return a line of a binding by its name; None where the binding does not give it."""
    line = {
        LineKind.FLOOR: watch.tiers.get("floor"),
        LineKind.STANDARD: watch.tiers.get("qualified"),
        LineKind.WARNING: watch.warning,
        LineKind.TARGET: watch.target,
    }[kind]
    return CrossedLine(kind, line.op, line.value, line.upper) if line else None
