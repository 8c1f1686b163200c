"""The line that was crossed, as people read it: ``≥ 0.85``.

Source: glossary; the wording is our default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from alert_service.domain.severity import Standing
from shared.contracts.vocabulary import AlertFrom, Operator, State


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
    """A binding as this service knows it."""

    key: str
    version: int
    cell: str
    indicator: str
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


_HOLDING = {
    Operator.GT: ">",
    Operator.GE: "≥",
    Operator.LT: "<",
    Operator.LE: "≤",
    Operator.EQ: "=",
    Operator.IN: "∈",
    Operator.BETWEEN: "∈",
}

# A warning says when to warn; people read what should have held.
_WARNING = {
    Operator.GT: "≤",
    Operator.GE: "<",
    Operator.LT: "≥",
    Operator.LE: ">",
    Operator.EQ: "≠",
    Operator.IN: "∉",
    Operator.BETWEEN: "∉",
}


def crossed_line(watch: Watch, standing: Standing) -> str | None:
    """Return what should have held, in words; None when no line of the binding says so."""
    if standing.state is State.BELOW_FLOOR:
        return _words(watch.tiers.get("floor"), _HOLDING)
    if standing.state is State.BELOW_STANDARD:
        return _words(watch.tiers.get("qualified"), _HOLDING)
    if standing.overdue and standing.state is not State.MET_TARGET:
        return _words(watch.target, _HOLDING)
    return _words(watch.warning, _WARNING) if standing.warning else None


def _words(line: Line | None, symbols: Mapping[Operator, str]) -> str | None:
    if line is None:
        return None
    match line.op:
        case Operator.IN:
            values = "{" + line.value.replace(",", ", ") + "}"
        case Operator.BETWEEN:
            values = f"[{line.value}, {line.upper}]"
        case _:
            values = line.value
    return f"{symbols[line.op]} {values}"
