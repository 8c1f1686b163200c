"""The rules in force, compiled, by the signals they read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from alert_service.domain.rules.judging import (
    Breach,
    Check,
    breach_of_line,
    compile_condition,
    doubt_of,
)
from alert_service.domain.rules.memory import Mark
from alert_service.domain.rules.model import (
    All,
    AnyOf,
    Condition,
    Least,
    Not,
    Rule,
    Signal,
    Value,
)
from alert_service.domain.rules.reading import (
    Read,
    anchor_of,
    is_plain,
    leaves_of,
    leaves_of_rule,
    looks_around,
    looks_back,
    read_by,
)
from shared.contracts.vocabulary import CrossedLine, LineKind, Operator, Severity

_NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A rule of one value alone, as functions of it."""

    beyond: Breach
    near: Breach
    """It is not back by the margin."""

    rungs: tuple[tuple[Severity, Breach], ...]
    is_sure: bool
    """It asks nothing of a value but where it lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A rule, ready to be judged."""

    rule: Rule
    check: Check
    rungs: tuple[tuple[Severity, Check], ...]
    reads: frozenset[Read]
    anchor: Read | None
    plain: Plain | None
    """None of a rule that reads more than one value."""

    looks_back: bool
    looks_around: bool
    kind: str
    """Of its scopes, with the stroke: ``course/``."""

    def mark(self, signal: Signal, at: datetime) -> Mark:
        """Return what a value shows to a plain rule."""
        assert self.plain is not None
        doubt = doubt_of(signal, self.rule.least, at)
        if doubt or signal.value is None:
            return Mark(signal.seq, "unknown", signal.value, doubt)
        if self.plain.beyond(signal.value):
            return Mark(signal.seq, "beyond", signal.value)
        near = self.plain.near(signal.value)
        return Mark(signal.seq, "near" if near else "clear", signal.value)

    def crossed(self, value: Decimal | None) -> CrossedLine | None:
        """Return the line that a value of its first indicator lies beyond, where it names one."""
        lines = [
            leaf
            for leaf in leaves_of(self.rule.condition)
            if isinstance(leaf, Value) and ("measured", leaf.indicator) == self.anchor
        ]
        for leaf in lines if value is not None else ():
            assert value is not None
            if breach_of_line(leaf.op, leaf.value, _NOTHING)(value):
                return _line(leaf)
        return None


def _line(leaf: Value) -> CrossedLine:
    numbers = [format(each, "f") for each in leaf.value]
    if leaf.op == "between":
        return CrossedLine(LineKind.WARNING, leaf.op, numbers[0], numbers[-1])
    return CrossedLine(LineKind.WARNING, leaf.op, ",".join(numbers))


def compile_rule(rule: Rule) -> Compiled:
    """Return a rule, ready to be judged."""
    leaves = leaves_of_rule(rule)
    return Compiled(
        rule=rule,
        check=compile_condition(rule.condition, rule.least, _NOTHING),
        rungs=tuple(
            (rung.severity, compile_condition(rung.when, rule.least, _NOTHING))
            for rung in rule.ladder
        ),
        reads=frozenset(read_by(leaf) for leaf in leaves),
        anchor=anchor_of(rule),
        plain=_plain(rule) if is_plain(rule) else None,
        looks_back=any(looks_back(leaf) for leaf in leaves),
        looks_around=any(looks_around(leaf) for leaf in leaves),
        kind=f"{rule.selector.kind}/",
    )


def _plain(rule: Rule) -> Plain:
    return Plain(
        beyond=_of_value(rule.condition, _NOTHING),
        near=_of_value(rule.condition, rule.margin),
        rungs=tuple((rung.severity, _of_value(rung.when, _NOTHING)) for rung in rule.ladder),
        is_sure=rule.least == Least(),
    )


def _of_value(condition: Condition, margin: Decimal) -> Breach:
    match condition:
        case Value():
            return breach_of_line(condition.op, condition.value, margin)
        case Not():
            part = _of_value(condition.of, -margin)
            return lambda value: not part(value)
        case All():
            return _together([_of_value(each, margin) for each in condition.of], all)
        case AnyOf():
            return _together([_of_value(each, margin) for each in condition.of], any)
        case _:
            raise TypeError(type(condition).__name__)


def _together(parts: Sequence[Breach], how: Callable[[Iterable[bool]], bool]) -> Breach:
    return lambda value: how(part(value) for part in parts)


class Readers(NamedTuple):
    """The rules that read a signal of scopes of one kind."""

    rules: tuple[Compiled, ...] = ()
    calm: tuple[Decimal, Decimal] | None = None
    """A value between these, and not at them, is in order by every one of the rules; None where
    there may be no such stretch."""

    def is_calm(self, value: Decimal | None) -> bool:
        """Return whether a value is in order, as nearly every one is, without asking the rules."""
        return self.calm is not None and value is not None and self.calm[0] < value < self.calm[1]


_NOBODY: Final = Readers()


def _calm(rules: Iterable[Compiled]) -> tuple[Decimal, Decimal] | None:
    """Return between which values every rule is content, and all that it asks is the value."""
    low, high = Decimal("-Infinity"), Decimal("Infinity")
    for each in rules:
        leaf, margin = each.rule.condition, each.rule.margin
        if each.plain is None or not each.plain.is_sure or not isinstance(leaf, Value):
            return None
        match leaf.op:
            case Operator.LT | Operator.LE:
                low = max(low, leaf.value[-1] + margin)
            case Operator.GT | Operator.GE:
                high = min(high, leaf.value[0] - margin)
            case _:
                return None
    return low, high


class Book:
    """The rules in force.

    Args:
        epoch: grows with every change of any rule.
    """

    def __init__(self, rules: Iterable[Rule], epoch: int = 0) -> None:
        self.epoch = epoch
        self.rules = {rule.key: compile_rule(rule) for rule in rules}
        readers: dict[Read, list[Compiled]] = {}
        for each in self.rules.values():
            for read in each.reads:
                readers.setdefault(read, []).append(each)
        self._readers = {read: tuple(found) for read, found in readers.items()}
        self._of_kind: dict[tuple[str, str, str], Readers] = {}

    def reads(self, signal: Signal) -> bool:
        """Return whether any rule reads a signal."""
        return (signal.kind, signal.name) in self._readers

    def readers(self, signal: Signal) -> Readers:
        """Return the rules that read a signal and are about scopes of its kind."""
        kind = signal.scope.partition("/")[0]
        where = signal.kind, signal.name, kind
        found = self._of_kind.get(where)
        if found is None:
            every = self._readers.get(where[:2], ())
            rules = tuple(each for each in every if each.rule.selector.kind == kind)
            found = self._of_kind[where] = Readers(rules, _calm(rules)) if rules else _NOBODY
        return found
