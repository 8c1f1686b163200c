"""Measured values beside one another: which of them can be compared, and how far they are apart.

A missing value is no zero, and a thin one is no value to rank by: both are told apart, with the
reason. Source: design "Indicators" 3; a value is thin below the share of rows at which
target-service calls it so by default.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from datahub.indicators.domain.statistics import quartiles, rounded

THIN: Final = Decimal("0.6")
NOT_MEASURED: Final = "not-measured"
NOT_DEFINED: Final = "not-defined"
"""The indicator is measured for other kinds of scope or period alone."""

Row = Mapping[str, Any]
"""A measured value as it is read: numbers are texts."""


@dataclass(frozen=True, slots=True)
class Group:
    """The values of some scopes, and the scopes of which there is none to compare."""

    values: Mapping[str, Decimal]
    apart: Mapping[str, str]
    """The reason, by scope."""

    @property
    def numbers(self) -> list[Decimal]:
        """The values alone."""
        return list(self.values.values())

    @property
    def missing(self) -> dict[str, int]:
        """How many scopes are apart for which reason."""
        return dict(sorted(Counter(self.apart.values()).items()))


def group_of(rows: Iterable[Row], members: Iterable[str]) -> Group:
    """Return the values of scopes.

    Args:
        members: scopes that belong to the group whether they were measured or not.
    """
    values: dict[str, Decimal] = {}
    apart: dict[str, str] = dict.fromkeys(members, NOT_MEASURED)
    for row in rows:
        reason = why_not(row)
        if reason is None:
            values[row["scope"]] = Decimal(row["value"])
            apart.pop(row["scope"], None)
        else:
            apart[row["scope"]] = reason
    return Group(values, dict(sorted(apart.items())))


def why_not(row: Row) -> str | None:
    """Return why a value cannot be compared with others; None where it can."""
    if row["value"] is None:
        return str(row["reason"])
    return "thin" if Decimal(row["coverage"]) < THIN else None


def number_of(row: Row | None) -> Decimal | None:
    """Return the value of a row; None where there is none."""
    return None if row is None or row["value"] is None else Decimal(row["value"])


@dataclass(frozen=True, slots=True)
class Change:
    """From one value to another; None where one of them is missing, or nothing can be divided."""

    change: Decimal | None
    change_ratio: Decimal | None
    """As a share of the size of the earlier value."""


def change_between(then: Decimal | None, now: Decimal | None) -> Change:
    """Return how far a value has moved."""
    if then is None or now is None:
        return Change(None, None)
    distance = Fraction(now) - Fraction(then)
    return Change(rounded(distance), rounded(distance / abs(Fraction(then))) if then else None)


def progress(now: Group, then: Group) -> Group:
    """Return how far each scope has moved; who lacks one of the two values is apart."""
    both = {scope: value for scope, value in now.values.items() if scope in then.values}
    moved = {
        scope: rounded(Fraction(value) - Fraction(then.values[scope]))
        for scope, value in both.items()
    }
    lacking = {
        scope: f"previous-{then.apart.get(scope, NOT_MEASURED)}"
        for scope in now.values
        if scope not in both
    }
    return Group(moved, {**now.apart, **lacking})


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """What a value is held against, and how far it is from it."""

    by: str
    """``standing``: scopes that the records call 标杆; ``scope``: the one that was named;
    ``value``: the number that was."""

    scopes: tuple[str, ...]
    """Those whose values it is made of."""

    value: Decimal | None
    reason: str | None
    """Why there is no benchmark."""


NONE_NAMED: Final = "none-named"
"""No scope of the kind is called a benchmark, and the question names none."""


def benchmark_of(by: str, group: Group) -> Benchmark:
    """Return the median of the scopes that are held up as benchmarks: of one its own value."""
    if not group.values:
        none = NONE_NAMED if by == "standing" else NOT_MEASURED
        reason = next(iter(group.apart.values()), none)
        return Benchmark(by=by, scopes=(), value=None, reason=reason)
    value = quartiles(group.numbers).median
    return Benchmark(by=by, scopes=tuple(sorted(group.values)), value=value, reason=None)


def pairs_of(xs: Group, ys: Group) -> Sequence[tuple[Decimal, Decimal]]:
    """Return the values of those scopes that have both."""
    return [(value, ys.values[scope]) for scope, value in xs.values.items() if scope in ys.values]
