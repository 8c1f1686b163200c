"""What a round has to do: each indicator for each kind of scope and period, with its measures."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from datahub.indicators.domain.definition import Grain, Indicator
from datahub.indicators.domain.measure import Measure, Shape
from datahub.indicators.domain.periods import Terms
from datahub.indicators.domain.present import Now
from datahub.indicators.domain.spots import Spot, kind_of
from datahub.indicators.repository.above import Pairs
from datahub.indicators.repository.bounding import MeasuringFailedError
from datahub.indicators.repository.counting import Spots
from datahub.indicators.repository.following import Span


@dataclass(frozen=True, slots=True)
class Plan:
    """One grain of a version of an indicator, settled, and the measures of its legs."""

    indicator: Indicator
    grain: Grain
    measures: tuple[Measure, ...]
    terms: Terms

    def holds(self, spot: Spot) -> bool:
        """Return whether a scope and a period are of the kinds of its groups, and its own."""
        kinds = (kind_of(spot[0]), spot[1].partition(":")[0])
        return kinds == (self.grain.kind, self.grain.period_kind) and self.is_for(spot[1])

    def is_for(self, period: str) -> bool:
        """Return whether its version of the indicator measures a period."""
        return self.indicator.is_for(period, self.terms)

    def name(self, key: str, period: str) -> Spot:
        """Return scope and period of one of its groups."""
        return f"{self.grain.kind}/{key}", f"{self.grain.period_kind}:{period}"


class _Present(NamedTuple):
    """What settles grains."""

    school: str | None
    periods: Mapping[str, str]
    terms: Terms


_planned: dict[str, tuple[Indicator, _Present, tuple[Plan, ...]]] = {}
"""Plans that this process has made, by indicator: they are others when its definition in force is,
or the present."""


def plans_of(indicators: Iterable[Indicator], now: Now) -> list[Plan]:
    """Return what there is to measure."""
    present = _Present(now.school, now.periods, now.terms)
    found: list[Plan] = []
    for indicator in indicators:
        known = _planned.get(indicator.id)
        if known is None or known[0] is not indicator or known[1] != present:
            known = (indicator, present, tuple(_plan(indicator, now)))
            _planned[indicator.id] = known
        found += known[2]
    return found


def _plan(indicator: Indicator, now: Now) -> Iterable[Plan]:
    for each in indicator.editions:
        for grain in now.settled(each.grains):
            pairs = zip(each.legs, grain.spots, strict=True)
            measures = tuple(Measure.of(leg, grain, spot) for leg, spot in pairs)
            yield Plan(each, grain, measures, now.terms)


@dataclass(slots=True, kw_only=True)
class Work:
    """What a round has to do, and what it found."""

    span: Span
    plans: list[Plan]
    terms: Terms
    whole: set[str]
    """Indicators that are measured whole."""

    anew: set[str] = field(default_factory=set)
    """Indicators of which everything is counted anew, although it is kept."""

    measures: list[Measure] = field(init=False)
    """Those of all plans, each once."""

    kept: set[str] = field(default_factory=set)
    """Ids of the measures of which it was kept, before the round, what they counted."""

    is_careful: bool = False
    """Each statement may fail alone: one of them did before."""

    over: Pairs | None = None
    """Scopes and what they lie beneath, where nothing is kept: it is only tried what would be."""

    touched: defaultdict[str, Spots] = field(default_factory=lambda: defaultdict(set))
    """Groups that count otherwise, by the ids of measures."""

    failed: dict[str, MeasuringFailedError] = field(default_factory=dict)
    """Measures that could not be counted, by their ids."""

    due: Mapping[str, set[Spot]] = field(default_factory=dict)
    """Cells of which another value is approved than before, by their indicator."""

    delivered: set[str] = field(default_factory=set)
    changed: defaultdict[str, set[Spot]] = field(default_factory=lambda: defaultdict(set))
    """Cells that have another value than before the round, by their indicator."""

    moved: Pairs = field(default_factory=set)
    """Scopes and what they came to lie beneath, or do so no more."""

    def __post_init__(self) -> None:
        self.measures = list(dict.fromkeys(each for plan in self.plans for each in plan.measures))

    def keeps(self, measure: Measure) -> bool:
        """Return whether what a measure counted is kept, and added to."""
        return measure.adds_up and self.over is None

    def is_whole(self, measures: Collection[Measure]) -> bool:
        """Return whether all that is made of some measures is measured whole."""
        parts = (plan for plan in self.plans if plan.indicator.id not in self.whole)
        return not any(each in measures for plan in parts for each in plan.measures)

    def keeps_all(self, plan: Plan) -> bool:
        """Return whether all is kept that the cells of a plan are reckoned with."""
        alone = not plan.indicator.inputs and not plan.indicator.manual
        return alone and bool(plan.measures) and all(map(self.keeps, plan.measures))

    @property
    def adding(self) -> list[Measure]:
        """Measures of which is kept what they count, without those that failed."""
        return [each for each in self.measures if self.keeps(each) and each.id not in self.failed]

    def note(self, measures: Iterable[Measure], spots: Spots) -> None:
        """Note groups that count otherwise."""
        for each in measures:
            self.touched[each.id] |= spots

    def shapes(self, measures: Iterable[Measure]) -> dict[Shape, list[Measure]]:
        """Return measures by what is counted together, without those that failed."""
        found: dict[Shape, dict[str, Measure]] = {}
        for measure in measures:
            if measure.id not in self.failed:
                found.setdefault(measure.shape, {})[measure.id] = measure
        return {shape: list(by_id.values()) for shape, by_id in found.items()}

    def scans(self, measures: Iterable[Measure]) -> list[list[Measure]]:
        """Return measures by what is counted in one scan, without those that failed."""
        found: dict[tuple[str, str | None, object], list[Measure]] = {}
        for shape, some in self.shapes(measures).items():
            found.setdefault(shape.start, []).extend(some)
        # What all records of a period count for is made of any groups of them.
        for alone in [each for each in found if each[1] is None]:
            others = (each for each in found if each[1] and each[::2] == alone[::2])
            if (other := next(others, None)) is not None:
                found[other] += found.pop(alone)
        return list(found.values())

    def concerned(self) -> Iterable[list[Measure]]:
        """Yield the measures of each entity whose records changes of the round may move."""
        by_entity: dict[str, list[Measure]] = {}
        for each in self.measures:
            if not self.span.changed.isdisjoint(each.reads):
                by_entity.setdefault(each.shape.name, []).append(each)
        yield from by_entity.values()

    @property
    def parked(self) -> Mapping[str, tuple[Plan, Measure]]:
        """Indicators that cannot be measured, with the measure that failed."""
        return {
            plan.indicator.id: (plan, each)
            for plan in (self.plans if self.failed else ())
            for each in plan.measures
            if each.id in self.failed
        }

    def plans_for(self, indicators: Sequence[Indicator], *, is_whole: bool) -> list[Plan]:
        """Return the plans of some indicators that are measured whole, or are not."""
        ids = {each.id for each in indicators} - self.parked.keys()
        return [
            each
            for each in self.plans
            if each.indicator.id in ids and (each.indicator.id in self.whole) is is_whole
        ]
