"""What is of the present: the college, its periods, the day. Source: design "Indicators" 1."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from datahub.indicators.domain.definition import Grain, Spot
from datahub.indicators.domain.periods import Terms
from datahub.indicators.domain.row import Constant, Present, School


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The present, as the records have it."""

    day: date
    """On the campus."""

    hour: int

    school: str | None
    """Key of the college; None while its record has not come."""

    periods: Mapping[str, str]
    """Key of the present period, by its kind; no term where none is known that holds the day."""

    terms: Terms = field(default_factory=dict)

    def settled(self, grains: Iterable[Grain]) -> list[Grain]:
        """Return grains whose college and present period are what they are now.

        One that cannot be settled is left out: nothing can be said for it yet.
        """
        found = [self._grain(grain) for grain in grains]
        return [each for each in found if each is not None]

    def _grain(self, grain: Grain) -> Grain | None:
        spots = [self._spot(spot, grain.period_kind) for spot in grain.spots]
        whole = tuple(each for each in spots if each is not None)
        return replace(grain, spots=whole) if len(whole) == len(spots) else None

    def _spot(self, spot: Spot, period_kind: str) -> Spot | None:
        key, period = spot.key, spot.period
        if isinstance(key, School):
            if self.school is None:
                return None
            key = Constant(self.school)
        if isinstance(period, Present):
            if period_kind not in self.periods:
                return None
            period = Constant(self.periods[period_kind])
        return Spot(key=key, period=period)
