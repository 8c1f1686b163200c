"""What other indicators say, seen from one cell.

They say it of the cell's own scope or of those beneath it, in its period or in those that it looks
back to. Source: design "Indicators" 3–4.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Final

from datahub.indicators.domain.definition import Beneath, Input, inputs_of
from datahub.indicators.domain.looking import found_back, year_so_far
from datahub.indicators.domain.measured import Value
from datahub.indicators.domain.periods import year_before

MISSING_INPUT: Final = "missing-input"
"""An indicator that a formula takes has no value."""

Place = tuple[str, str, str]
"""Indicator, scope and period."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one input comes to."""

    number: Decimal | str
    """Or why there is none."""

    values: Sequence[Value] = ()
    """The measured values that it is made of."""


_COUNTED: Final = frozenset({None, "small-sample", "zero-denominator"})
"""Why there may be no value although everything was counted: added up with others it tells."""

NOTHING_SEEN: Final = Seen(MISSING_INPUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What other indicators say, for whoever stands in one cell."""

    scope: str
    period: str
    said: Mapping[Place, Value]
    """Measured values, of every indicator, scope and period that may have to be looked at."""

    kinds: Mapping[str, Sequence[str]]
    """Scopes right beneath, by their kind."""

    inputs: Sequence[Input] = ()
    """All that the cell takes."""

    @property
    def has_values(self) -> bool:
        """Whether there is any value of what is taken for the scope itself."""
        return any(isinstance(self.seen(each).number, Decimal) for each in self.inputs)

    def children(self, item: Beneath) -> Iterator["View"]:
        """Yield the views of the scopes right beneath for which what is taken was measured."""
        taken = {each.indicator for each in inputs_of(item)}
        for scope in self.kinds.get(item.kind, ()):
            if any((each, scope, self.period) in self.said for each in taken):
                yield replace(self, scope=scope, kinds={})

    def seen(self, each: Input) -> Seen:
        """Return what an input comes to."""
        if each.when.name == "year_to_date":
            return self._pooled(each) if each.when.by == "parts" else self._picked(each)
        return self._in(each, next(iter(self._periods(each)), None))

    def places(self, each: Input) -> list[Place]:
        """Return the measured values that an input looks at, those without a number too."""
        found = [(each.indicator, self.scope, period) for period in self._periods(each)]
        return [place for place in found if place in self.said]

    def _periods(self, each: Input) -> Sequence[str]:
        """Return the periods that an input looks at; none where there is no such period."""
        match each.when.name:
            case "same":
                return [self.period]
            case "year_to_date":
                return year_so_far(self.period)
            case "year_before":
                found = year_before(self.period)
            case _:
                found = found_back(self.period, each.when.steps, partial(self._has, each))
        return [] if found is None else [found]

    def _has(self, each: Input, period: str) -> bool:
        return self._in(each, period) is not NOTHING_SEEN

    def _in(self, each: Input, period: str | None) -> Seen:
        value = self.said.get((each.indicator, self.scope, period or ""))
        if value is None or value.value is None:
            return NOTHING_SEEN
        return Seen(value.value, [value])

    def _picked(self, each: Input) -> Seen:
        """Take the last, least or greatest value of the year so far, of those that there are."""
        seen = [self._in(each, period) for period in year_so_far(self.period)]
        found = [one.values[0] for one in seen if one.values]
        if not found:
            return NOTHING_SEEN
        match each.when.by:
            case "minimum":
                value = min(found, key=_number)
            case "maximum":
                value = max(found, key=_number)
            case _:
                value = found[-1]
        return Seen(_number(value), [value])

    def _pooled(self, each: Input) -> Seen:
        """Add up a kept part over the year so far: of a rate numerator and denominator apart."""
        places = ((each.indicator, self.scope, period) for period in year_so_far(self.period))
        found = [self.said[place] for place in places if place in self.said]
        known = [value for value in found if value.reason in _COUNTED]
        if not known:
            return NOTHING_SEEN
        parts = [getattr(value, each.part) for value in known]
        return Seen(sum(parts, Decimal(0)), known)


def _number(value: Value) -> Decimal:
    assert value.value is not None, "what has none is not seen"
    return value.value
