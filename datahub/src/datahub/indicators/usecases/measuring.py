"""The cells of a round: what changed is added to what was counted, and reckoned with anew.

A measure that adds up is kept, and only what changed rows add and take away is counted. One that
does not (least, greatest, percentiles) counts its touched groups again. What
takes other indicators is reckoned after them, from what was kept of them in the same round.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain

from datahub.indicators.domain.cell import evaluate, is_cell
from datahub.indicators.domain.counted import NOTHING, UNDELIVERED, Counted
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.editions import edition_at, kinds_beneath
from datahub.indicators.domain.measure import Measure, Shape
from datahub.indicators.domain.measured import NOT_MEASURED, Value
from datahub.indicators.domain.periods import Terms
from datahub.indicators.domain.present import Now
from datahub.indicators.domain.spots import Spot
from datahub.indicators.repository import above, bounding, cells, counting, handed, held, sums
from datahub.indicators.repository.bounding import MeasuringFailedError
from datahub.indicators.repository.cells import Cell
from datahub.indicators.repository.counting import Spots
from datahub.indicators.repository.following import Span
from datahub.indicators.repository.sums import Sums
from datahub.indicators.usecases import deriving, filling
from datahub.indicators.usecases.deriving import Looked
from datahub.indicators.usecases.planning import Plan, Work, plans_of
from shared.kit.database import Transaction


async def prepare(tx: Transaction, work: Work) -> None:
    """Bring what is counted up to the last change of a round.

    Raises:
        MeasuringFailedError: a measure failed, and nobody is careful.
    """
    work.kept = await sums.list_kept(tx)
    await _follow(tx, work)
    await _build(tx, work)
    names = {name for plan in work.plans for name in plan.indicator.entities}
    work.delivered = await counting.list_delivered(tx, names)


async def cells_of(tx: Transaction, work: Work, indicators: Sequence[Indicator]) -> Iterable[Cell]:
    """Measure every cell of some indicators that is measured whole, or that may have moved.

    Args:
        indicators: whose inputs have been measured and kept.

    Returns:
        The cells. Most are reckoned as they are taken, for which nothing is asked of the database.
    """
    found: list[Cell] = []
    reckoned: list[Iterable[Cell]] = []
    for is_whole in (True, False):
        plans = work.plans_for(indicators, is_whole=is_whole)
        kept = [each for each in plans if is_whole and work.keeps_all(each)]
        for plan in kept:
            found += await _moved(tx, work, plan)
        others = [each for each in plans if each not in kept]
        by_hand = [each for each in others if each.indicator.manual]
        found += await _cells(tx, work, by_hand, is_whole=is_whole)
        found += await filling.past_cells(tx, work, plans, is_whole=is_whole)
        others = [each for each in others if not each.indicator.manual]
        reckoned.append(await _cells(tx, work, others, is_whole=is_whole))
    found = await filling.fill(tx, indicators, found)
    parked = [each for each in indicators if each.id in work.parked]
    return chain(found, await _parked(tx, parked, work.terms), *reckoned)


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
    found = list(await _cells(tx, work, work.plans, is_whole=True))
    found += await filling.past_cells(tx, work, work.plans, is_whole=True)
    return await filling.fill(tx, [indicator], found)


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
    states = (span.later_than_before, span.later)
    for own in work.concerned():
        entity = own[0].shape.entity
        rows = await counting.touched_rows(tx, entity, own, span.by_entity, span.later)
        kept = [each for each in own if each.adds_up and each.id in work.kept]
        is_large = bool(kept) and await counting.is_large_part(tx, entity, len(rows))
        for measures in work.scans(kept) if is_large else ():
            await _each(tx, work, measures, partial(_count_anew, tx, work))
        if rows and kept and not is_large:
            await _each(tx, work, kept, partial(_apply, tx, work, rows))
        for shape, measures in work.shapes(own).items() if rows else ():
            again = [each for each in measures if each.id not in work.kept]
            if not work.is_whole(again):
                work.note(again, await counting.spots_of(tx, shape, rows, states))


async def _apply(
    tx: Transaction, work: Work, rows: Sequence[str], measures: Sequence[Measure]
) -> None:
    states = (work.span.later_than_before, work.span.later)
    for name, spots in (await sums.apply(tx, measures, rows, states)).items():
        work.touched[name] |= spots


async def _count_anew(tx: Transaction, work: Work, measures: Sequence[Measure]) -> None:
    before = await sums.read(tx, measures, None)
    await sums.build(tx, measures, work.span.later)
    after = await sums.read(tx, measures, None)
    for each in measures:
        old, new = before[each.id], after[each.id]
        spots = {spot for spot in old.keys() | new.keys() if old.get(spot) != new.get(spot)}
        work.note([each], spots)


async def drop_unneeded(tx: Transaction, work: Work) -> None:
    """Forget what is kept for no indicator of the work."""
    if gone := work.kept - {each.id for each in work.adding}:
        await sums.drop(tx, gone)


async def _build(tx: Transaction, work: Work) -> None:
    """Count measures that are not kept yet, or that are to be counted anew."""
    plans = (plan for plan in work.plans if plan.indicator.id in work.anew)
    again = {each for plan in plans for each in plan.measures}
    missing = [each for each in work.adding if each in again or each.id not in work.kept]
    for measures in work.scans(missing):
        build = partial(sums.build, tx, later=work.span.later)
        await _each(tx, work, measures, build)


async def _moved(tx: Transaction, work: Work, plan: Plan) -> list[Cell]:
    """Measure every cell of a plan of which all that it needs is kept; return the new values."""
    indicator = plan.indicator
    nothing = _nothing(work, indicator)
    found: list[Cell] = []
    for alike in await held.list_alike(tx, indicator.id, plan.grain, plan.measures):
        pairs = zip(alike.counted, nothing, strict=True)
        value = evaluate(indicator, [each or none for each, none in pairs])
        kept = (alike.value, alike.formula_version, alike.manual)
        if kept != (value, indicator.version, False):
            found += (
                _cell(plan, named, value)
                for named in (plan.name(*spot) for spot in alike.spots)
                if is_cell(*named) and plan.is_for(named[1])
            )
    return found


async def _cells(
    tx: Transaction, work: Work, plans: Sequence[Plan], *, is_whole: bool
) -> Iterable[Cell]:
    """Look up what the cells of some plans are reckoned from; return them, not yet reckoned."""
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
    return (
        cell
        for number, plan in enumerate(plans)
        if plan.indicator.id not in lost
        for cell in _evaluated(work, plan, counted, spots[number], looked)
    )


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
    adding = {each for plan in plans for each in plan.measures if work.keeps(each)}
    wanted = None if spots is None else _wanted(plans, spots)
    found: dict[str, Sums] = dict(await sums.read(tx, adding, wanted))
    found.update(await _recount(tx, work, plans, spots))
    return found


def _wanted(plans: Sequence[Plan], spots: Mapping[int, Spots]) -> dict[str, Spots]:
    """Return the groups of each measure, by its id."""
    found: defaultdict[str, Spots] = defaultdict(set)
    for number, plan in enumerate(plans):
        for each in plan.measures if spots[number] else ():
            found[each.id] |= spots[number]
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
    nothing = _nothing(work, indicator)
    for spot in sorted(spots):
        named = plan.name(*spot)
        if is_cell(*named) and plan.is_for(named[1]):
            found = [some.get(spot, none) for some, none in zip(of, nothing, strict=True)]
            yield _cell(plan, named, evaluate(indicator, found, looked.view(indicator, named)))


def _cell(plan: Plan, named: Spot, value: Value) -> Cell:
    scope, period = named
    return Cell(
        indicator=plan.indicator.id,
        formula_version=plan.indicator.version,
        scope=scope,
        period=period,
        value=value,
    )


def _keys(spot: Spot) -> tuple[str, str]:
    """Return the keys of a scope and a period without their kinds."""
    scope, period = spot
    return scope.split("/", 1)[1], period.split(":", 1)[1]


def _nothing(work: Work, indicator: Indicator) -> list[Counted]:
    """Return what each leg counts where there are no rows."""
    return [NOTHING if leg.entity.name in work.delivered else UNDELIVERED for leg in indicator.legs]
