"""What other indicators say is looked up for the cells that take it.

The inputs were measured and kept in the same round, before: they are read as they are kept.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from datahub.indicators.domain.definition import Beneath, Indicator, inputs_of
from datahub.indicators.domain.spots import Spot, anchored, kind_of, moved_spots, places_for
from datahub.indicators.domain.view import View
from datahub.indicators.repository import above, kept
from datahub.indicators.repository.above import Pairs
from datahub.indicators.repository.kept import Said
from datahub.indicators.usecases.planning import Plan, Work
from shared.kit.database import Transaction


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found for the plans of one level."""

    spots: Mapping[int, set[Spot]] = field(default_factory=dict)
    """Cells to measure for the sake of what they take, by the place of their plan."""

    said: Said = field(default_factory=dict)
    within: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    def view(self, indicator: Indicator, spot: Spot) -> View | None:
        """Return what a cell sees of other indicators; None where it takes none."""
        if not indicator.inputs:
            return None
        scope, period = spot
        return View(
            scope=scope,
            period=period,
            said=self.said,
            kinds=self.within.get(scope, {}),
            inputs=indicator.inputs,
        )


async def look(
    tx: Transaction,
    work: Work,
    plans: Sequence[Plan],
    counted: Mapping[int, set[Spot]],
    *,
    is_whole: bool,
) -> Looked:
    """Look up what the cells of some plans take.

    Args:
        counted: cells that are measured anyway, by the place of their plan.
    """
    taking = {number: plan for number, plan in enumerate(plans) if plan.indicator.inputs}
    if not taking:
        return Looked()
    return await (_look_whole(tx, work, taking) if is_whole else _look(tx, work, taking, counted))


async def _look_whole(tx: Transaction, work: Work, taking: Mapping[int, Plan]) -> Looked:
    names = {name for plan in taking.values() for name in plan.indicator.others}
    said = await kept.read_all(tx, names)
    pairs = work.over or set()
    if work.over is None and _go_beneath(taking.values()):
        pairs = await above.list_above(tx)
    over, cells = _above(pairs), _by_indicator(said)
    spots = {
        number: _fixed(plan, anchored(plan.indicator, plan.grain, cells, over))
        for number, plan in taking.items()
    }
    return Looked(spots, said, _within(pairs))


async def _look(
    tx: Transaction, work: Work, taking: Mapping[int, Plan], counted: Mapping[int, set[Spot]]
) -> Looked:
    may_move = await _may_move(tx, work, taking.values())
    candidates = {
        number: _fixed(plan, may_move(plan)) | counted.get(number, set())
        for number, plan in taking.items()
    }
    if not any(candidates.values()):
        return Looked()
    pairs: Pairs = set()
    if _go_beneath(taking.values()):
        scopes = {scope for spots in candidates.values() for scope, _ in spots}
        pairs = await above.list_above(tx, beneath=scopes)
    within, over = _within(pairs), _above(pairs)
    places = {
        place
        for number, spots in candidates.items()
        for place in places_for(taking[number].indicator, spots, within)
    }
    said = await kept.read(tx, places)
    cells = _by_indicator(said)
    spots = {
        number: candidates[number] & anchored(plan.indicator, plan.grain, cells, over)
        for number, plan in taking.items()
    }
    return Looked(spots, said, within)


class _MayMove:
    """Tells which cells of a plan may have another value."""

    def __init__(self, work: Work, over: Pairs, left: Mapping[str, set[Spot]]) -> None:
        self._changed = work.changed
        self._over = _above(over)
        self._moved = _above(work.moved)
        self._left = left

    def __call__(self, plan: Plan) -> set[Spot]:
        by_value = moved_spots(plan.indicator, plan.grain, self._changed, self._over)
        return by_value | moved_spots(plan.indicator, plan.grain, self._left, self._moved)


async def _may_move(tx: Transaction, work: Work, plans: Iterable[Plan]) -> _MayMove:
    """Look up where changed cells, and scopes that moved, count beneath others."""
    kinds: dict[str, set[str]] = {}
    items = [item for plan in plans for item in plan.indicator.items]
    for item in (each for each in items if isinstance(each, Beneath)):
        for each in inputs_of(item):
            kinds.setdefault(each.indicator, set()).add(item.kind)
    scopes = {
        scope
        for name, of in kinds.items()
        for scope, _ in work.changed.get(name, ())
        if kind_of(scope) in of
    }
    over = await above.list_above(tx, of=scopes) if scopes else set()
    left: defaultdict[str, set[Spot]] = defaultdict(set)
    if kinds and work.moved:
        for name, scope, period in await kept.places_of(tx, kinds, {one for one, _ in work.moved}):
            left[name].add((scope, period))
    return _MayMove(work, over, left)


def _go_beneath(plans: Iterable[Plan]) -> bool:
    return any(isinstance(item, Beneath) for plan in plans for item in plan.indicator.items)


def _fixed(plan: Plan, spots: set[Spot]) -> set[Spot]:
    """Return the cells of the one period that a stock counts for; all where there is none."""
    period = plan.grain.fixed_period
    if period is None:
        return spots
    return {spot for spot in spots if spot[1] == f"{plan.grain.period_kind}:{period}"}


def _by_indicator(said: Said) -> dict[str, list[Spot]]:
    found: dict[str, list[Spot]] = {}
    for name, scope, period in said:
        found.setdefault(name, []).append((scope, period))
    return found


def _above(pairs: Pairs) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for scope, parent in pairs:
        found.setdefault(scope, []).append(parent)
    return found


def _within(pairs: Pairs) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for scope, parent in sorted(pairs):
        found.setdefault(parent, {}).setdefault(kind_of(scope), []).append(scope)
    return found
