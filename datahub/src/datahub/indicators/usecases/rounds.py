"""The changes are followed: what they touch is measured again, kept and published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.depending import entities_behind, in_levels, parted
from datahub.indicators.domain.editions import kinds_beneath
from datahub.indicators.domain.limits import LIMITS, Limits
from datahub.indicators.domain.masking import stays
from datahub.indicators.domain.present import Now
from datahub.indicators.domain.privacy import class_of
from datahub.indicators.repository import above, cells, counting, following, handed, present
from datahub.indicators.repository.above import Pairs
from datahub.indicators.repository.cells import Cell, Stamp
from datahub.indicators.repository.following import Span
from datahub.indicators.usecases import measuring, parking
from datahub.indicators.usecases.planning import Work, plans_of
from shared.contracts.base import partition_of
from shared.contracts.datahub import IndicatorMeasured
from shared.kit import clock
from shared.kit.database import Transaction

ITEMS_PER_EVENT: Final = 200

WHOLE_AT_ONCE: Final = 12
"""Indicators that one transaction measures whole: their cells are all in memory."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of the measurer did."""

    followed: int
    """Change sets followed; 0 when there was nothing new, or another measurer leads."""

    cells: int
    """Cells whose value changed."""

    is_more: bool = False
    """Whether numbered changes are left, or indicators that are to be measured whole."""


async def measure_round(
    tx: Transaction, dictionary: Dictionary, limits: Limits = LIMITS, *, is_careful: bool = False
) -> Round:
    """Follow the numbered changes once: measure the touched cells, publish what is new.

    New versions of definitions are measured whole, and so are indicators of which the last missing
    entity has come: some in this round, the others in those after it. The transaction sees one
    snapshot, and counts the records as they were after the round's last change, so that numerator
    and denominator belong together and nothing counts twice.

    Args:
        is_careful: a definition that cannot be measured is parked, and the others are.

    Raises:
        MeasuringFailedError: one cannot be measured, and nobody is careful.
    """
    await following.use_one_snapshot(tx, limits.seconds)
    await following.plan_once(tx)
    cursor = await following.lock_cursor(tx)
    if cursor is None:
        return Round(0, 0)
    span = await following.read_span(tx, cursor.last_seq)
    indicators, fresh = await following.list_measured(tx, dictionary)
    now = await present.read_present(tx)
    if span is None:
        return Round(0, 0)
    due = await handed.take_due(tx)
    if not span.sets and not fresh and not due and now.day == cursor.day:
        return Round(0, 0)
    tx.correlation = span.sets[-1].correlation if span.sets else None
    is_new_day = now.day != cursor.day
    anew = [each for each in indicators if _is_due(each, span, is_new_day)]
    whole = await _to_measure_whole(tx, indicators, [*fresh, *anew])
    whole, left = whole[:WHOLE_AT_ONCE], {each.id for each in whole[WHOLE_AT_ONCE:]}
    await following.mark_due(tx, left)
    work = Work(
        span=span,
        plans=plans_of(indicators, now),
        terms=now.terms,
        whole={each.id for each in whole},
        anew={each.id for each in anew},
        due=due,
        is_careful=is_careful,
    )
    await measuring.prepare(tx, work)
    # What is left was counted together with the others, and is only reckoned later.
    indicators = [each for each in indicators if each.id not in left or each.id in work.parked]
    await measuring.drop_unneeded(tx, work)
    if whole or is_new_day or _moves_scopes(span, dictionary):
        work.moved = await _follow_scopes(tx, indicators, now)
    seq = await following.advance_cursor(tx, span.watermark, now.day)
    changed = await measure_levels(tx, work, indicators, seq, span.watermark)
    await parking.park(tx, work)
    await following.mark_measured(tx, [each.id for each in whole if each.id not in work.parked])
    return Round(len(span.sets) + len(whole), changed, span.is_more or bool(left))


async def _to_measure_whole(
    tx: Transaction, indicators: Sequence[Indicator], due: Sequence[Indicator]
) -> list[Indicator]:
    """Return the indicators of which every cell is to be measured, each behind what it takes."""
    wanted = {each.id for each in due}
    rest = [each for each in indicators if each.id not in wanted]
    wanted |= {each.id for each in await _now_complete(tx, rest)}
    return [each for each in indicators if each.id in wanted]


async def measure_whole(
    tx: Transaction,
    indicators: Sequence[Indicator],
    span: Span,
    now: Now,
    *,
    is_careful: bool = False,
) -> int:
    """Measure every cell anew; return how many have another value than before.

    Args:
        indicators: each behind what it takes.

    Raises:
        MeasuringFailedError: one cannot be measured, and nobody is careful.
    """
    moved = await _follow_scopes(tx, indicators, now)
    seq = await following.advance_cursor(tx, span.watermark, now.day)
    ids = {each.id for each in indicators}
    work = Work(
        span=span,
        plans=plans_of(indicators, now),
        terms=now.terms,
        whole=ids,
        anew=ids,
        moved=moved,
        is_careful=is_careful,
    )
    await measuring.prepare(tx, work)
    total = 0
    for start in range(0, len(indicators), WHOLE_AT_ONCE):
        part = indicators[start : start + WHOLE_AT_ONCE]
        total += await measure_levels(tx, work, part, seq, span.watermark)
    await parking.park(tx, work)
    return total


async def measure_levels(
    tx: Transaction, work: Work, indicators: Sequence[Indicator], seq: int, mark: int
) -> int:
    """Measure, keep and publish what counts records, then what takes it, and so on: core first.

    What its class closes stays in the hub, where it is known who may see it.

    Returns:
        How many cells have another value than before.
    """
    fresh = await _freshness(tx, indicators)
    classes = {each.id: class_of(each) for each in indicators}
    total = 0
    for level in (each for part in parted(indicators) for each in in_levels(part)):
        # As its event is stamped: the history says to the instant what was told when.
        at = clock.now()

        def tell(changed: Sequence[Cell], at: datetime = at) -> None:
            nonlocal total
            told = [each for each in changed if not stays(classes[each.indicator], each.scope)]
            _publish(tx, told, seq, at, fresh)
            for cell in changed:
                work.changed[cell.indicator].add((cell.scope, cell.period))
            total += len(changed)

        measured = await measuring.cells_of(tx, work, level)
        await cells.store_cells(tx, measured, Stamp(seq, mark, at, fresh), tell)
    return total


async def _follow_scopes(tx: Transaction, indicators: Sequence[Indicator], now: Now) -> Pairs:
    """Follow what lies beneath what, for the kinds of scope that formulas go through."""
    kinds = set().union(*(kinds_beneath(each) for each in indicators))
    return await above.follow(tx, kinds, now.school) if kinds else set()


def _moves_scopes(span: Span, dictionary: Dictionary) -> bool:
    """Whether records changed that say what lies beneath what."""
    entities = (dictionary.entities.get(name) for name in span.changed)
    return any(each is not None and each.scope is not None for each in entities)


def _is_due(indicator: Indicator, span: Span, is_new_day: bool) -> bool:  # noqa: FBT001
    """Whether every cell must be measured for another reason than a record that is counted."""
    return any(_is_edition_due(each, span, is_new_day) for each in indicator.editions)


def _is_edition_due(indicator: Indicator, span: Span, is_new_day: bool) -> bool:  # noqa: FBT001
    grains = indicator.grains
    is_dated = indicator.effective_from is not None or indicator.until is not None
    return (
        (is_new_day and (indicator.reads_today or any(each.is_present for each in grains)))
        or ("school" in span.changed and any(each.is_of_school for each in grains))
        or ("term" in span.changed and any(each.needs_terms or each.is_present for each in grains))
        # The day on which a period ends says by which version it is measured.
        or ("term" in span.changed and is_dated)
        # What a record was under another key is not in the log by the key that it has now.
        or (bool(span.rekeyed) and not span.rekeyed.isdisjoint(indicator.reads))
    )


async def _now_complete(tx: Transaction, indicators: Sequence[Indicator]) -> list[Indicator]:
    """Return the indicators that lacked an entity until now: every cell may have a value."""
    of_several = [each for each in indicators if len(each.entities) > 1]
    waiting = await following.list_waiting(tx, [each.id for each in of_several])
    lacking = [each for each in of_several if each.id in waiting]
    delivered = await counting.list_delivered(tx, _entities(lacking))
    return [each for each in lacking if each.entities <= delivered]


async def _freshness(
    tx: Transaction, indicators: Sequence[Indicator]
) -> dict[str, datetime | None]:
    """Return, by indicator, when the newest batch of what stands behind it came in."""
    behind = entities_behind(indicators)
    newest = await cells.newest_batches(tx, set().union(*behind.values()))
    return {
        indicator: max((newest[name] for name in entities if newest.get(name)), default=None)
        for indicator, entities in behind.items()
    }


def _entities(indicators: Sequence[Indicator]) -> set[str]:
    return set().union(*(each.entities for each in indicators))


def _publish(
    tx: Transaction, cells: Sequence[Cell], seq: int, at: datetime, fresh: Mapping[str, Any]
) -> None:
    """Publish changed cells; those of one scope stay in one partition, in order."""
    by_indicator: dict[str, list[dict[str, Any]]] = {}
    for cell in cells:
        item = _item(cell, seq, fresh.get(cell.indicator))
        by_indicator.setdefault(cell.indicator, []).append(item)
    for indicator, items in sorted(by_indicator.items()):
        partition = partition_of(indicator)
        for start in range(0, len(items), ITEMS_PER_EVENT):
            part = items[start : start + ITEMS_PER_EVENT]
            body = msgspec.json.encode({"items": part, "measured_at": at})
            tx.publish_json(IndicatorMeasured.type, partition, body, key=indicator)


def _item(cell: Cell, seq: int, fresh: datetime | None) -> dict[str, Any]:
    """Return a `MeasuredValue` as a plain document.

    There are many: to check again what the hub made takes ten times as long as to write it.
    """
    value = cell.value
    return {
        "id": cell.id,
        "indicator": cell.indicator,
        "scope": cell.scope,
        "period": cell.period,
        "value": _plain(value.value),
        "numerator": _plain(value.numerator),
        "denominator": _plain(value.denominator),
        "n": value.n,
        "coverage": str(value.coverage),
        "freshest_at": cell.handed_at or fresh,
        "manual": cell.handed_at is not None,
        "formula_version": cell.formula_version,
        "reason": value.reason,
        "seq": seq,
    }


def _plain(number: Any) -> str | None:
    """Return a decimal as text without an exponent; None stays None."""
    return None if number is None else f"{number:f}"
