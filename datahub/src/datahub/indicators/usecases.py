"""What the indicators can do: publish a definition, follow the changes, measure what they touch."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.cell import evaluate, is_cell
from datahub.indicators.domain.counted import NOTHING, UNDELIVERED, Counted
from datahub.indicators.domain.definition import Grain, Indicator, Leg
from datahub.indicators.domain.document import parse_indicator
from datahub.indicators.domain.present import Now
from datahub.indicators.repository import cells, counting, following, present
from datahub.indicators.repository.cells import Cell
from datahub.indicators.repository.counting import Shape, shape_of
from shared.contracts.datahub import (
    IndicatorMeasured,
    IndicatorPublished,
    MeasuredFor,
    MeasuredValue,
)
from shared.kit.database import Transaction

ITEMS_PER_EVENT = 200


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of the measurer did."""

    followed: int
    """Change sets followed; 0 when there was nothing new, or another measurer leads."""

    cells: int
    """Cells whose value changed."""


async def save_indicator(
    tx: Transaction,
    indicator_id: str,
    document: Mapping[str, Any],
    dictionary: Dictionary,
    expect: Callable[[int | None], None],
) -> tuple[Indicator, bool]:
    """Publish a definition; return it and whether it changed. A change is a new version.

    Args:
        expect: refuses the write by the present version; gets None where there is none.

    Raises:
        IndicatorInvalidError: with every fault of the document.
    """
    present = await following.get_indicator_row(tx, indicator_id, lock=True)
    expect(present.version if present else None)
    if present is not None and present.document == document:
        return parse_indicator(document, dictionary, present.version), False
    indicator = parse_indicator(document, dictionary, present.version + 1 if present else 1)
    await following.add_indicator(tx, indicator, document)
    tx.publish(
        IndicatorPublished(
            indicator=indicator.id,
            version=indicator.version,
            name_zh=indicator.zh,
            name_en=indicator.en,
            unit=indicator.unit,
            direction=indicator.direction,
            measured_for=tuple(
                MeasuredFor(scope=grain.kind, period=grain.period_kind)
                for grain in indicator.grains
            ),
        ),
        key=indicator.id,
    )
    return indicator, True


async def measure_round(tx: Transaction, dictionary: Dictionary) -> Round:
    """Follow the numbered changes once: measure the touched cells, publish what is new.

    New versions of definitions are measured whole in the same round, and so are indicators of
    which the last missing entity has come. The transaction sees one
    snapshot, so numerator and denominator belong together.
    """
    await following.use_one_snapshot(tx)
    cursor = await following.lock_cursor(tx)
    if cursor is None:
        return Round(0, 0)
    sets = await following.list_new_change_sets(tx, cursor.last_seq)
    indicators, fresh = await following.list_indicators(tx, dictionary)
    now = await present.read_present(tx)
    if not sets and not fresh and now.day == cursor.day:
        return Round(0, 0)
    by_entity: dict[str, list[int]] = {}
    for each in sets:
        by_entity.setdefault(each.entity, []).append(each.id)
    rest = [each for each in indicators if each not in fresh]
    fresh += await _now_complete(tx, rest)
    is_new_day = now.day != cursor.day
    fresh += [each for each in rest if each not in fresh and _is_due(each, by_entity, is_new_day)]
    watermark = sets[-1].last_seq if sets else cursor.last_seq
    tx.correlation = sets[-1].correlation if sets else None
    measured = await _measure(tx, fresh, None, now)
    rest = [each for each in indicators if each not in fresh]
    measured += await _measure(tx, rest, by_entity, now)
    seq = await following.advance_cursor(tx, watermark, now.day)
    await following.mark_measured(tx, [each.id for each in fresh])
    changed = await _store(tx, indicators, measured, seq, watermark) if measured else 0
    return Round(len(sets) + len(fresh), changed)


async def _store(
    tx: Transaction, indicators: Sequence[Indicator], measured: Sequence[Cell], seq: int, mark: int
) -> int:
    """Keep and publish what is new; return how many cells that is."""
    freshness = await _freshness(tx, indicators, {cell.indicator for cell in measured})
    changed = await cells.store_cells(tx, measured, seq=seq, watermark=mark, fresh=freshness)
    _publish(tx, [cell for cell in measured if cell.id in changed], seq, freshness)
    return len(changed)


def _is_due(indicator: Indicator, changed: Collection[str], is_new_day: bool) -> bool:  # noqa: FBT001
    """Whether every cell must be measured for another reason than a record that is counted."""
    grains = indicator.grains
    return (
        (is_new_day and (indicator.reads_today or any(each.is_present for each in grains)))
        or ("school" in changed and any(each.is_of_school for each in grains))
        or ("term" in changed and any(each.needs_terms or each.is_present for each in grains))
    )


async def _now_complete(tx: Transaction, indicators: Sequence[Indicator]) -> list[Indicator]:
    """Return the indicators that lacked an entity until now: every cell may have a value."""
    of_several = [each for each in indicators if len(each.entities) > 1]
    waiting = await following.list_waiting(tx, [each.id for each in of_several])
    lacking = [each for each in of_several if each.id in waiting]
    delivered = await counting.list_delivered(tx, _entities(lacking))
    return [each for each in lacking if each.entities <= delivered]


@dataclass(frozen=True, slots=True)
class _Task:
    """One leg of one scope of one indicator."""

    indicator: Indicator
    grain: Grain
    number: int
    """Of the leg."""

    @property
    def leg(self) -> Leg:
        return self.indicator.legs[self.number]


async def _measure(
    tx: Transaction,
    indicators: Sequence[Indicator],
    change_sets: dict[str, list[int]] | None,
    now: Now,
) -> list[Cell]:
    """Measure every cell, or (with change sets) those that the changes may have moved."""
    tasks: dict[Shape, list[_Task]] = {}
    grains = {each.id: now.settled(each.grains) for each in indicators}
    for indicator in indicators:
        for grain in grains[indicator.id]:
            for number, (leg, spot) in enumerate(zip(indicator.legs, grain.spots, strict=True)):
                task = _Task(indicator, grain, number)
                tasks.setdefault(shape_of(leg, grain, spot), []).append(task)
    keys = await _touched(tx, tasks, change_sets)
    if all(some is not None and not some for some in keys.values()):
        return []
    counted: _Counts = {}
    for shape, group in tasks.items():
        wanted = _wanted(group, keys)
        if wanted is None or wanted:
            legs = [task.leg for task in group]
            found = await counting.count_legs(tx, shape, legs, _list(wanted))
            for number, task in enumerate(group):
                place = counted.setdefault((task.indicator.id, task.grain, task.number), {})
                place.update({cell: counts[number] for cell, counts in found.items()})
    known = await cells.known_cells(tx, [each.id for each in indicators], _scopes(keys))
    delivered = await counting.list_delivered(tx, _entities(indicators))
    return [
        cell
        for indicator in indicators
        for grain in grains[indicator.id]
        for cell in _cells(indicator, grain, _Found(counted, keys, known, delivered))
    ]


def _scopes(keys: "_Keys") -> list[str] | None:
    """Return the scopes that are measured; None when some indicator is measured for all."""
    if any(some is None for some in keys.values()):
        return None
    return sorted({f"{kind}/{key}" for (_, kind), some in keys.items() for key in some or ()})


_Counts = dict[tuple[str, Grain, int], dict[tuple[str, str], Counted]]
_Keys = dict[tuple[str, str], set[str] | None]
"""Scope keys to measure by (indicator, scope kind); None stands for all."""


async def _touched(
    tx: Transaction, tasks: Mapping[Shape, list[_Task]], change_sets: dict[str, list[int]] | None
) -> _Keys:
    keys: _Keys = {}
    for shape, group in tasks.items():
        if change_sets is None:
            found = None
        else:
            legs = [task.leg for task in group]
            found = await counting.touched_keys(tx, shape, legs, change_sets)
        for task in group:
            place = (task.indicator.id, task.grain.kind)
            before = keys.get(place, set())
            keys[place] = None if found is None or before is None else before | found
    return keys


def _wanted(group: Sequence[_Task], keys: _Keys) -> set[str] | None:
    wanted: set[str] = set()
    for task in group:
        some = keys[task.indicator.id, task.grain.kind]
        if some is None:
            return None
        wanted |= some
    return wanted


def _list(keys: set[str] | None) -> list[str] | None:
    return None if keys is None else sorted(keys)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was counted for some indicators, and what there is besides."""

    counted: _Counts
    keys: _Keys
    known: Mapping[str, set[tuple[str, str]]]
    """(scope, period) of the cells that each indicator has already."""

    delivered: set[str]
    """Entities of which a record has ever come."""

    def without_rows(self, leg: Leg) -> Counted:
        """Return what a leg counts where it has no rows."""
        return NOTHING if leg.entity.name in self.delivered else UNDELIVERED


def _cells(indicator: Indicator, grain: Grain, found: _Found) -> list[Cell]:
    wanted = found.keys.get((indicator.id, grain.kind), set())
    if wanted is not None and not wanted:
        return []
    legs = range(len(indicator.legs))
    counts = [found.counted.get((indicator.id, grain, number), {}) for number in legs]
    places = {
        (f"{grain.kind}/{key}", f"{grain.period_kind}:{period}"): (key, period)
        for key, period in set().union(*counts)
        if (wanted is None or key in wanted)
        and is_cell(f"{grain.kind}/{key}", f"{grain.period_kind}:{period}")
    }
    for scope, period in found.known.get(indicator.id, ()):
        kind, key = scope.split("/", 1)
        period_kind, span = period.split(":", 1)
        is_ours = (kind, period_kind) == (grain.kind, grain.period_kind)
        is_ours = is_ours and grain.fixed_period in {None, span}
        if is_ours and (wanted is None or key in wanted) and is_cell(scope, period):
            places.setdefault((scope, period), (key, span))
    nothing = [found.without_rows(leg) for leg in indicator.legs]
    return [
        Cell(
            indicator=indicator.id,
            formula_version=indicator.version,
            scope=scope,
            period=period,
            value=evaluate(indicator, [counts[each].get(place, nothing[each]) for each in legs]),
        )
        for (scope, period), place in sorted(places.items())
    ]


async def _freshness(
    tx: Transaction, indicators: Sequence[Indicator], measured: set[str]
) -> dict[str, Any]:
    """Return, by indicator, when the newest batch it used came in."""
    used = {each.id: each.entities for each in indicators if each.id in measured}
    newest = await cells.newest_batches(tx, set().union(*used.values()))
    return {
        indicator: max((newest[name] for name in entities if newest.get(name)), default=None)
        for indicator, entities in used.items()
    }


def _entities(indicators: Sequence[Indicator]) -> set[str]:
    return set().union(*(each.entities for each in indicators))


def _publish(tx: Transaction, cells: Sequence[Cell], seq: int, fresh: Mapping[str, Any]) -> None:
    """Publish changed cells; those of one scope stay in one partition, in order."""
    by_kind: dict[str, list[MeasuredValue]] = {}
    for cell in cells:
        value = cell.value
        item = MeasuredValue(
            id=cell.id,
            indicator=cell.indicator,
            scope=cell.scope,
            period=cell.period,
            value=_plain(value.value),
            numerator=_plain(value.numerator),
            denominator=_plain(value.denominator),
            n=value.n,
            coverage=str(value.coverage),
            freshest_at=fresh.get(cell.indicator),
            formula_version=cell.formula_version,
            reason=value.reason,
            seq=seq,
        )
        by_kind.setdefault(cell.indicator, []).append(item)
    for indicator, items in sorted(by_kind.items()):
        for start in range(0, len(items), ITEMS_PER_EVENT):
            part = tuple(items[start : start + ITEMS_PER_EVENT])
            tx.publish(IndicatorMeasured(items=part), key=indicator)


def _plain(number: Any) -> str | None:
    """Return a decimal as text without an exponent; None stays None."""
    return None if number is None else f"{number:f}"
