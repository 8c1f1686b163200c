"""The cells of a round: what changed is added to what was counted, and reckoned with anew.

A measure that adds up is kept, and only what changed rows add and take away is counted. One that
does not (different values, least, greatest, percentiles) counts its touched groups again. What
takes other indicators is reckoned after them, from what was kept of them in the same round.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial

from datahub.indicators.domain.cell import evaluate, is_cell
from datahub.indicators.domain.counted import NOTHING, UNDELIVERED, Counted
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.editions import edition_at, kinds_beneath
from datahub.indicators.domain.measure import Measure, Shape
from datahub.indicators.domain.measured import NOT_MEASURED
from datahub.indicators.domain.periods import Terms
from datahub.indicators.domain.present import Now
from datahub.indicators.domain.spots import Spot
from datahub.indicators.repository import above, bounding, cells, counting, handed, sums
from datahub.indicators.repository.bounding import MeasuringFailedError
from datahub.indicators.repository.cells import Cell
from datahub.indicators.repository.counting import Spots
from datahub.indicators.repository.following import Span
from datahub.indicators.repository.sums import Sums
from datahub.indicators.usecases import deriving, filling
from datahub.indicators.usecases.deriving import Looked
from datahub.indicators.usecases.planning import Plan, Work, plans_of
from shared.kit.database import Transaction


async def prepare(
    tx: Transaction,
    indicators: Sequence[Indicator],
    fresh: Sequence[Indicator],
    span: Span,
    now: Now,
    *,
    is_careful: bool = False,
) -> Work:
    """Bring what is counted up to the span's last change; return what there is to reckon.

    Args:
        fresh: those of the indicators that are measured whole.
        is_careful: measures that fail are told apart.

    Raises:
        MeasuringFailedError: one failed, and nobody is careful.
    """
    whole = {each.id for each in fresh}
    plans = plans_of(indicators, now)
    work = Work(span=span, plans=plans, terms=now.terms, whole=whole, is_careful=is_careful)
    await _follow(tx, work)
    await _build(tx, work)
    names = {name for each in indicators for name in each.entities}
    work.delivered = await counting.list_delivered(tx, names)
    return work


async def cells_of(tx: Transaction, work: Work, indicators: Sequence[Indicator]) -> list[Cell]:
    """Measure every cell of some indicators that is measured whole, or that may have moved.

    Args:
        indicators: whose inputs have been measured and kept.
    """
    found: list[Cell] = []
    for is_whole in (True, False):
        plans = work.plans_for(indicators, is_whole=is_whole)
        found += await _cells(tx, work, plans, is_whole=is_whole)
        found += await filling.past_cells(tx, work, plans, is_whole=is_whole)
    found = await filling.fill(tx, indicators, found)
    parked = [each for each in indicators if each.id in work.parked]
    return [*found, *await _parked(tx, parked, work.terms)]


async def try_out(tx: Transaction, indicator: Indicator, span: Span, now: Now) -> list[Cell]:
    """Measure every cell of a definition that is not in force, and keep nothing.

    Raises:
        MeasuringFailedError: it cannot be measured.
    """
    work = Work(
        span=span,
        plans=plans_of([indicator], now),
        terms=now.terms,
        whole={indicator.id},
        over=await above.list_now(tx, kinds_beneath(indicator), now.school),
        delivered=await counting.list_delivered(tx, indicator.entities),
    )
    return await _cells(tx, work, work.plans, is_whole=True)


async def _parked(tx: Transaction, indicators: Sequence[Indicator], terms: Terms) -> list[Cell]:
    """Return the cells of indicators that cannot be measured: a reason instead of a value."""
    known = await cells.known_cells(tx, [each.id for each in indicators]) if indicators else {}
    return [
        Cell(
            indicator=each.id,
            formula_version=edition.version,
            scope=scope,
            period=period,
            value=NOT_MEASURED,
        )
        for each in indicators
        for scope, period in sorted(known.get(each.id, ()))
        if (edition := edition_at(each, period, terms)) is not None
    ]


async def _each(
    tx: Transaction,
    work: Work,
    measures: Sequence[Measure],
    run: Callable[[Sequence[Measure]], Awaitable[None]],
) -> None:
    """Count measures together; whoever is careful counts each apart, and notes those that fail."""
    if not work.is_careful:
        with bounding.telling():
            await run(measures)
        return
    for each in measures:
        try:
            async with bounding.apart(tx):
                await run([each])
        except MeasuringFailedError as error:
            work.failed[each.id] = error


async def _follow(tx: Transaction, work: Work) -> None:
    """Add what changed rows add, take away what they took with them; note what that touched."""
    span = work.span
    if not span.sets:
        return
    kept = await sums.list_kept(tx)
    states = (span.later_than_before, span.later)
    for own in work.concerned():
        entity = own[0].shape.entity
        rows = await counting.touched_rows(tx, entity, own, span.by_entity, span.later)
        for shape, measures in work.shapes(own).items() if rows else ():
            adding = [each for each in measures if each.adds_up and each.id in kept]
            again = [each for each in measures if not each.adds_up]
            if adding and await counting.is_large_part(tx, entity, len(rows)):
                await _each(tx, work, adding, partial(_count_anew, tx, work, shape))
            elif adding:
                await _each(tx, work, adding, partial(_apply, tx, work, shape, rows))
            if again:
                work.note(again, await counting.spots_of(tx, shape, rows, states))


async def _apply(
    tx: Transaction, work: Work, shape: Shape, rows: Sequence[str], measures: Sequence[Measure]
) -> None:
    states = (work.span.later_than_before, work.span.later)
    work.note(measures, await sums.apply(tx, shape, measures, rows, states))


async def _count_anew(
    tx: Transaction, work: Work, shape: Shape, measures: Sequence[Measure]
) -> None:
    before = await sums.read(tx, measures, None)
    await sums.build(tx, shape, measures, work.span.later)
    after = await sums.read(tx, measures, None)
    for each in measures:
        old, new = before[each.id], after[each.id]
        spots = {spot for spot in old.keys() | new.keys() if old.get(spot) != new.get(spot)}
        work.note([each], spots)


async def drop_unneeded(tx: Transaction, work: Work) -> None:
    """Forget what is kept for no indicator of the work."""
    needed = {each.id for each in work.measures if each.adds_up and each.id not in work.failed}
    if gone := await sums.list_kept(tx) - needed:
        await sums.drop(tx, gone)


async def _build(tx: Transaction, work: Work) -> None:
    """Count measures that are not kept yet, and anew those of fresh indicators."""
    kept = await sums.list_kept(tx)
    needed = {
        each.id: each for each in work.measures if each.adds_up and each.id not in work.failed
    }
    whole = [plan for plan in work.plans if plan.indicator.id in work.whole]
    fresh = {each.id for plan in whole for each in plan.measures}
    missing = [each for name, each in needed.items() if name in fresh or name not in kept]
    for shape, measures in work.shapes(missing).items():
        build = partial(sums.build, tx, shape, later=work.span.later)
        await _each(tx, work, measures, build)


async def _cells(
    tx: Transaction, work: Work, plans: Sequence[Plan], *, is_whole: bool
) -> list[Cell]:
    touched = {} if is_whole else _touched(work, plans)
    groups = {number: {plans[number].name(*spot) for spot in touched[number]} for number in touched}
    looked = await deriving.look(tx, work, plans, groups, is_whole=is_whole)
    spots = {
        number: touched.get(number, set()) | {_keys(spot) for spot in looked.spots.get(number, ())}
        for number in range(len(plans))
    }
    if not is_whole and not any(spots.values()):
        return []
    counted = await _counted(tx, work, plans, None if is_whole else spots)
    if is_whole:
        spots = await _all_spots(tx, plans, counted, spots)
    lost = work.parked
    return [
        cell
        for number, plan in enumerate(plans)
        if plan.indicator.id not in lost
        for cell in _evaluated(work, plan, counted, spots[number], looked)
    ]


def _touched(work: Work, plans: Sequence[Plan]) -> dict[int, Spots]:
    """Return the groups of each plan that may have another value, by its place."""
    return {
        number: filling.due_of(work, plan).union(
            *(work.touched.get(each.id, set()) for each in plan.measures)
        )
        for number, plan in enumerate(plans)
    }


async def _counted(
    tx: Transaction, work: Work, plans: Sequence[Plan], spots: Mapping[int, Spots] | None
) -> dict[str, Sums]:
    """Return what the measures of some plans counted, in some groups or in all."""
    wanted = None if spots is None else set().union(*spots.values())
    measures = list(dict.fromkeys(each for plan in plans for each in plan.measures))
    adding = [each for each in measures if work.keeps(each)]
    found: dict[str, Sums] = dict(await sums.read(tx, adding, wanted))
    found.update(await _recount(tx, work, plans, spots))
    return found


async def _recount(
    tx: Transaction, work: Work, plans: Sequence[Plan], spots: Mapping[int, Spots] | None
) -> Mapping[str, Sums]:
    """Count the touched groups of measures that are not kept; all groups where none are given."""
    keys: dict[str, set[str]] = {}
    again: dict[str, Measure] = {}
    for number, plan in enumerate(plans):
        for each in plan.measures:
            if not work.keeps(each):
                again[each.id] = each
                some = () if spots is None else spots[number]
                keys.setdefault(each.id, set()).update(key for key, _ in some)
    counted: dict[str, Sums] = {each: {} for each in again}
    for shape, measures in work.shapes(again.values()).items():
        wanted = sorted(set().union(*(keys[each.id] for each in measures)))
        if spots is None or wanted:
            only = None if spots is None else wanted
            count = partial(_count, tx, work, shape, only, counted)
            await _each(tx, work, measures, count)
    return counted


async def _count(
    tx: Transaction,
    work: Work,
    shape: Shape,
    only: Sequence[str] | None,
    counted: dict[str, Sums],
    measures: Sequence[Measure],
) -> None:
    legs = [each.leg for each in measures]
    found = await counting.count_legs(tx, shape, legs, only, work.span.later)
    for number, each in enumerate(measures):
        counted[each.id] = {spot: counts[number] for spot, counts in found.items()}


async def _all_spots(
    tx: Transaction,
    plans: Sequence[Plan],
    counted: Mapping[str, Sums],
    taking: Mapping[int, Spots],
) -> dict[int, Spots]:
    """Return every group of each plan: what was counted, what is there, what is taken."""
    ids = sorted({plan.indicator.id for plan in plans})
    known = await cells.known_cells(tx, ids)
    for name, places in (await handed.approved_places(tx, ids)).items():
        known.setdefault(name, set()).update(places)
    return {
        number: taking[number].union(
            _known(plan, known.get(plan.indicator.id, ())),
            *(counted[each.id] for each in plan.measures),
        )
        for number, plan in enumerate(plans)
    }


def _known(plan: Plan, known: Iterable[Spot]) -> Spots:
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
    work: Work, plan: Plan, counted: Mapping[str, Sums], spots: Spots, looked: Looked
) -> Iterable[Cell]:
    indicator = plan.indicator
    of = [counted[each.id] for each in plan.measures]
    nothing = [_nothing(leg.entity.name in work.delivered) for leg in indicator.legs]
    for key, period in sorted(spots):
        scope, span = plan.name(key, period)
        if is_cell(scope, span) and plan.is_for(span):
            pairs = zip(of, nothing, strict=True)
            found = [some.get((key, period), none) for some, none in pairs]
            value = evaluate(indicator, found, looked.view(indicator, (scope, span)))
            yield Cell(
                indicator=indicator.id,
                formula_version=indicator.version,
                scope=scope,
                period=span,
                value=value,
            )


def _keys(spot: Spot) -> tuple[str, str]:
    """Return the keys of a scope and a period without their kinds."""
    scope, period = spot
    return scope.split("/", 1)[1], period.split(":", 1)[1]


def _nothing(is_delivered: bool) -> Counted:  # noqa: FBT001 — what a leg counts without rows
    return NOTHING if is_delivered else UNDELIVERED
