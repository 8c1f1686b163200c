"""The cells of a round: what changed is added to what was counted, and reckoned with anew.

A measure that adds up is kept, and only what changed rows add and take away is counted. One that
does not (different values, least, greatest, percentiles) counts its touched groups again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from datahub.indicators.domain.cell import evaluate, is_cell
from datahub.indicators.domain.counted import NOTHING, UNDELIVERED, Counted
from datahub.indicators.domain.definition import Grain, Indicator
from datahub.indicators.domain.measure import Measure, Shape
from datahub.indicators.domain.present import Now
from datahub.indicators.repository import cells, counting, sums
from datahub.indicators.repository.cells import Cell
from datahub.indicators.repository.counting import Spots
from datahub.indicators.repository.following import Span
from datahub.indicators.repository.sums import Sums
from shared.kit.database import Transaction


@dataclass(frozen=True, slots=True)
class _Plan:
    """One grain of an indicator, settled, and the measures of its legs."""

    indicator: Indicator
    grain: Grain
    measures: tuple[Measure, ...]


@dataclass(slots=True)
class _Work:
    """What a round has to do, and what it found."""

    span: Span
    plans: Sequence[_Plan]
    measures: list[Measure] = field(init=False)
    """Those of all plans, each once."""

    touched: defaultdict[str, Spots] = field(default_factory=lambda: defaultdict(set))
    """Groups that count otherwise, by the ids of measures."""

    def __post_init__(self) -> None:
        self.measures = list(dict.fromkeys(each for plan in self.plans for each in plan.measures))

    def note(self, measures: Iterable[Measure], spots: Spots) -> None:
        for each in measures:
            self.touched[each.id] |= spots

    def shapes(self, measures: Iterable[Measure]) -> dict[Shape, list[Measure]]:
        found: dict[Shape, dict[str, Measure]] = {}
        for measure in measures:
            found.setdefault(measure.shape, {})[measure.id] = measure
        return {shape: list(by_id.values()) for shape, by_id in found.items()}

    def concerned(self) -> Iterable[list[Measure]]:
        """Yield the measures of each entity whose records changes of the round may move."""
        by_entity: dict[str, list[Measure]] = {}
        for each in self.measures:
            if not self.span.changed.isdisjoint(each.reads):
                by_entity.setdefault(each.shape.name, []).append(each)
        yield from by_entity.values()


async def measure(
    tx: Transaction,
    indicators: Sequence[Indicator],
    fresh: Sequence[Indicator],
    span: Span,
    now: Now,
) -> list[Cell]:
    """Measure every cell of fresh indicators, and those of the others that changes may have moved.

    Args:
        fresh: those of the indicators that are measured whole.
    """
    work = _Work(span, _planned.plans(indicators, now))
    whole = {each.id for each in fresh}
    await _follow(tx, work)
    await _build(tx, work, whole)
    delivered = await counting.list_delivered(
        tx, {name for each in indicators for name in each.entities}
    )
    found: list[Cell] = []
    for is_whole in (True, False):
        plans = [each for each in work.plans if (each.indicator.id in whole) is is_whole]
        found += await _cells(tx, work, plans, delivered, is_whole=is_whole)
    return found


class _Planned:
    """The plans of the last round: those of the next one are mostly the same.

    A catalogue has a thousand measures, and what identifies each of them is a digest.
    """

    def __init__(self) -> None:
        self._of: tuple[list[Indicator], Now] | None = None
        self._plans: list[_Plan] = []

    def plans(self, indicators: Sequence[Indicator], now: Now) -> Sequence[_Plan]:
        of = ([*indicators], now)
        if of != self._of:
            self._of, self._plans = of, [*_plans(indicators, now)]
        return self._plans


_planned = _Planned()


def _plans(indicators: Iterable[Indicator], now: Now) -> Iterable[_Plan]:
    for indicator in indicators:
        for grain in now.settled(indicator.grains):
            pairs = zip(indicator.legs, grain.spots, strict=True)
            yield _Plan(
                indicator, grain, tuple(Measure.of(leg, grain, spot) for leg, spot in pairs)
            )


async def _follow(tx: Transaction, work: _Work) -> None:
    """Add what changed rows add, take away what they took with them; note what that touched."""
    span = work.span
    if not span.sets:
        return
    kept = await sums.list_kept(tx)
    for own in work.concerned():
        entity = own[0].shape.entity
        rows = await counting.touched_rows(tx, entity, own, span.by_entity, span.later)
        for shape, measures in work.shapes(own).items() if rows else ():
            adding = [each for each in measures if each.adds_up and each.id in kept]
            again = [each for each in measures if not each.adds_up]
            states = (span.later_than_before, span.later)
            if adding:
                work.note(adding, await sums.apply(tx, shape, adding, rows, states))
            if again:
                work.note(again, await counting.spots_of(tx, shape, rows, states))


async def _build(tx: Transaction, work: _Work, whole: set[str]) -> None:
    """Count measures that are not kept yet, and anew those of fresh indicators; drop the others."""
    kept = await sums.list_kept(tx)
    needed = {each.id: each for each in work.measures if each.adds_up}
    if gone := kept - needed.keys():
        await sums.drop(tx, gone)
    fresh = {each.id for plan in work.plans if plan.indicator.id in whole for each in plan.measures}
    missing = [each for name, each in needed.items() if name in fresh or name not in kept]
    for shape, measures in work.shapes(missing).items():
        await sums.build(tx, shape, measures, work.span.later)


async def _cells(
    tx: Transaction, work: _Work, plans: Sequence[_Plan], delivered: set[str], *, is_whole: bool
) -> list[Cell]:
    spots = None if is_whole else _spots(work, plans)
    if spots is not None and not any(spots.values()):
        return []
    wanted = None if spots is None else set().union(*spots.values())
    measures = list(dict.fromkeys(each for plan in plans for each in plan.measures))
    counted = dict(await sums.read(tx, [each for each in measures if each.adds_up], wanted))
    counted |= await _recount(tx, work, plans, spots)
    known = {}
    if is_whole:
        known = await cells.known_cells(tx, sorted({plan.indicator.id for plan in plans}))
    return [
        cell
        for number, plan in enumerate(plans)
        for cell in _evaluated(
            plan,
            [counted[each.id] for each in plan.measures],
            _known(plan, known.get(plan.indicator.id, ())) if spots is None else spots[number],
            delivered,
            is_whole=is_whole,
        )
    ]


def _spots(work: _Work, plans: Sequence[_Plan]) -> dict[int, Spots]:
    """Return the touched groups of each plan, by its place."""
    return {
        number: set().union(*(work.touched.get(each.id, set()) for each in plan.measures))
        for number, plan in enumerate(plans)
    }


async def _recount(
    tx: Transaction, work: _Work, plans: Sequence[_Plan], spots: Mapping[int, Spots] | None
) -> Mapping[str, Sums]:
    """Count the touched groups of measures that do not add up; all groups where none are given."""
    keys: dict[str, set[str]] = {}
    again: dict[str, Measure] = {}
    for number, plan in enumerate(plans):
        for each in plan.measures:
            if not each.adds_up:
                again[each.id] = each
                some = () if spots is None else spots[number]
                keys.setdefault(each.id, set()).update(key for key, _ in some)
    counted: dict[str, Sums] = {each: {} for each in again}
    for shape, measures in work.shapes(again.values()).items():
        wanted = sorted(set().union(*(keys[each.id] for each in measures)))
        if spots is not None and not wanted:
            continue
        only = None if spots is None else wanted
        legs = [each.leg for each in measures]
        found = await counting.count_legs(tx, shape, legs, only, work.span.later)
        for number, each in enumerate(measures):
            counted[each.id] = {spot: counts[number] for spot, counts in found.items()}
    return counted


def _known(plan: _Plan, known: Iterable[tuple[str, str]]) -> Spots:
    """Return the groups of a plan's cells that are there already; past periods of a stock stay."""
    found: Spots = set()
    for scope, period in known:
        kind, key = scope.split("/", 1)
        period_kind, span = period.split(":", 1)
        is_ours = (kind, period_kind) == (plan.grain.kind, plan.grain.period_kind)
        if is_ours and plan.grain.fixed_period in {None, span}:
            found.add((key, span))
    return found


def _evaluated(
    plan: _Plan, counted: Sequence[Sums], spots: Spots, delivered: set[str], *, is_whole: bool
) -> list[Cell]:
    indicator, grain = plan.indicator, plan.grain
    wanted = spots.union(*counted) if is_whole else spots
    nothing = [_nothing(leg.entity.name in delivered) for leg in indicator.legs]
    found = []
    for key, period in sorted(wanted):
        scope, span = f"{grain.kind}/{key}", f"{grain.period_kind}:{period}"
        if is_cell(scope, span):
            pairs = zip(counted, nothing, strict=True)
            value = evaluate(indicator, [some.get((key, period), none) for some, none in pairs])
            found.append(
                Cell(
                    indicator=indicator.id,
                    formula_version=indicator.version,
                    scope=scope,
                    period=span,
                    value=value,
                )
            )
    return found


def _nothing(is_delivered: bool) -> Counted:  # noqa: FBT001 — what a leg counts without rows
    return NOTHING if is_delivered else UNDELIVERED
