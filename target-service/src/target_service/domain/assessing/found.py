"""What was found of one object for one item: all that a result rests on, and nothing else.

A result is reckoned from this alone, so that who keeps it can reckon it again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from target_service.domain.judge import exact_value
from target_service.domain.limits import Number


class Gather(StrEnum):
    """How the values of several objects, or years, become one (汇总方式)."""

    POOLED = "pooled"
    """合并计算: numerators and denominators are added; the mean where a value has none"""

    MEAN = "mean"
    """加权平均, by the days of each year in a term of office; else all alike"""

    SUM = "sum"
    """累加"""

    BEST = "best"
    """取最高"""

    WORST = "worst"
    """取最低"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One value with where it comes from."""

    scope: str
    period: str
    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    weight: int = 1
    """What it counts beside the others: days of the year in a term of office."""

    source: Mapping[str, Any] = field(default_factory=dict)
    """Indicator, goal or run, and the versions that were used."""

    @property
    def exact(self) -> Number | None:
        """The quotient that the value rounds; the value itself where it is none."""
        return exact_value(self.value, self.numerator, self.denominator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """The marks of one source: how many, and their sum, each from 0 to 100."""

    count: int
    total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that was found of an object for an item."""

    parts: tuple[Part, ...] = ()
    before: tuple[Part, ...] = ()
    """The same, one period earlier: what progress is measured against."""

    marks: Mapping[str, Marked] = field(default_factory=dict)
    tally: Mapping[str, Decimal] | None = None


NOTHING: Final = Found()


def gather(parts: Sequence[Part], how: Gather) -> Number | None:
    """Return one value of several; None where none has one: no data is not zero."""
    told = [each for each in parts if each.value is not None]
    return _HOW[how](told) if told else None


def _pooled(parts: Sequence[Part]) -> Number | None:
    if any(each.numerator is None or each.denominator is None for each in parts):
        return _mean(parts)
    below = sum((Fraction(each.denominator or 0) for each in parts), Fraction())
    above = sum((Fraction(each.numerator or 0) for each in parts), Fraction())
    return above / below if below else None


def _mean(parts: Sequence[Part]) -> Number | None:
    whole = sum(each.weight for each in parts)
    weighed = (Fraction(each.exact or 0) * each.weight for each in parts)
    return sum(weighed, Fraction()) / whole if whole else None


def _values(parts: Sequence[Part]) -> list[Fraction]:
    return [Fraction(each.exact or 0) for each in parts]


_HOW: Final[Mapping[Gather, Callable[[Sequence[Part]], Number | None]]] = {
    Gather.POOLED: _pooled,
    Gather.MEAN: _mean,
    Gather.SUM: lambda parts: sum(_values(parts), Fraction()),
    Gather.BEST: lambda parts: max(_values(parts)),
    Gather.WORST: lambda parts: min(_values(parts)),
}


def write_found(found: Found) -> dict[str, Any]:
    """Return what was found as a document; `read_found` reads it back unchanged."""
    return {
        "parts": [_write_part(each) for each in found.parts],
        "before": [_write_part(each) for each in found.before],
        "marks": {
            source: {"count": each.count, "total": str(each.total)}
            for source, each in sorted(found.marks.items())
        },
        "tally": None
        if found.tally is None
        else {kind: str(count) for kind, count in sorted(found.tally.items())},
    }


def read_found(document: Mapping[str, Any]) -> Found:
    """Return what a document of `write_found` says."""
    tally = document["tally"]
    return Found(
        parts=tuple(map(_read_part, document["parts"])),
        before=tuple(map(_read_part, document["before"])),
        marks={
            source: Marked(count=each["count"], total=Decimal(each["total"]))
            for source, each in document["marks"].items()
        },
        tally=None if tally is None else {kind: Decimal(each) for kind, each in tally.items()},
    )


_NUMBERS: Final = ("value", "numerator", "denominator")


def _write_part(part: Part) -> dict[str, Any]:
    numbers = {name: getattr(part, name) for name in _NUMBERS}
    return {
        "scope": part.scope,
        "period": part.period,
        **{name: None if each is None else format(each, "f") for name, each in numbers.items()},
        "weight": part.weight,
        "source": dict(part.source),
    }


def _read_part(document: Mapping[str, Any]) -> Part:
    numbers = {name: document[name] for name in _NUMBERS}
    return Part(
        scope=document["scope"],
        period=document["period"],
        weight=document["weight"],
        source=document["source"],
        **{name: None if each is None else Decimal(each) for name, each in numbers.items()},
    )
