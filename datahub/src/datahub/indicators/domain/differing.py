"""What another definition would change: its values held against those that there are.

Source: design "Indicators" 1 (publishing shows a what-if against the old formula).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from datahub.indicators.domain.measured import Value
from datahub.indicators.domain.spots import Spot, kind_of

State = Literal["same", "changed", "appears", "vanishes", "left"]
"""``appears``: there was no value; ``vanishes``: there would be none; ``left``: the cell would be
measured no more, and keeps what it says with the version that said it."""

STATES: Final[tuple[State, ...]] = ("same", "changed", "appears", "vanishes", "left")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One cell before and after."""

    scope: str
    period: str
    before: Value | None
    """None where the cell was not measured."""

    after: Value | None
    """None where it would be measured no more."""

    @property
    def state(self) -> State:
        """What becomes of it."""
        if self.after is None:
            return "left"
        had, has = _number(self.before), _number(self.after)
        if had == has:
            return "same"
        if had is None:
            return "appears"
        return "vanishes" if has is None else "changed"

    @property
    def difference(self) -> Decimal | None:
        """After minus before, where both are numbers."""
        had, has = _number(self.before), _number(self.after)
        return None if had is None or has is None else has - had

    @property
    def size(self) -> Decimal:
        """By which the largest come first: a value that comes or goes is one from or to zero."""
        return abs((_number(self.after) or Decimal(0)) - (_number(self.before) or Decimal(0)))


def differences(before: Mapping[Spot, Value], after: Mapping[Spot, Value]) -> list[Difference]:
    """Return every cell of both, the largest changes first."""
    found = [
        Difference(scope=scope, period=period, before=before.get(spot), after=after.get(spot))
        for spot in before.keys() | after.keys()
        for scope, period in [spot]
    ]
    return sorted(found, key=lambda each: (-each.size, each.scope, each.period))


def counted(found: Sequence[Difference]) -> dict[State, int]:
    """Return how many cells there are of each state."""
    by_state = Counter(each.state for each in found)
    return {state: by_state[state] for state in STATES}


def grouped(found: Iterable[Difference]) -> dict[tuple[str, str], list[Difference]]:
    """Return cells by kind of scope and period, in their order."""
    groups: dict[tuple[str, str], list[Difference]] = {}
    for each in found:
        groups.setdefault((kind_of(each.scope), each.period), []).append(each)
    return dict(sorted(groups.items()))


def _number(value: Value | None) -> Decimal | None:
    return None if value is None else value.value
