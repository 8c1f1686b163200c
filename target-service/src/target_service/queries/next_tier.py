"""What an object lacks for its next tier, against the lines that hold for it and its peers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from shared.access.rules import Kind
from shared.access.sight import is_seen
from shared.kit.database import Transaction
from target_service.domain.assessing.seeing import SMALLEST_GROUP
from target_service.domain.attainment import rounded
from target_service.domain.criteria import Criterion
from target_service.domain.judge import exact_value
from target_service.domain.limits import Direction
from target_service.domain.lines import Lines, Tier
from target_service.domain.next_tier import missing_counts, step_to_next
from target_service.repository import names, next_tier
from target_service.repository import standards as documents
from target_service.repository.chain import not_found
from target_service.schemas.next_tier import CriterionStandingView, NextTierView
from target_service.tables import IndicatorRow, StandardRow


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A criterion that an object is held against, and its value."""

    indicator: str
    lines: Lines
    standard: str | None
    version: int | None
    object_class: str | None
    binding: str | None
    period: str | None
    row: Any
    """``value``, ``numerator`` and ``denominator``; None where nothing was measured."""


async def get_next_tier(
    tx: Transaction, scope: str, *, standard: str | None, period: str | None, today: date
) -> NextTierView:
    """Return what an object lacks, by its bindings and the standards that are for it.

    Args:
        standard: only this one, also where it is for others: that of the next title.

    Raises:
        NotFoundError: there is no such scope, or no such standard in force.
    """
    if not (await names.has_scope(tx, scope) and await is_seen(tx, Kind.FIGURE, scope)):
        raise not_found("诊改对象", "scope", scope)
    tags = (await names.tags_of(tx, [scope]))[scope]
    kind = scope.partition("/")[0]
    asked = [standard] if standard else await documents.list_applying(tx, kind, tags, today)
    in_force = await documents.list_in_force(tx, asked, today)
    if standard and not in_force:
        raise not_found("生效的标准", "standard in force with the key", standard)
    rows = [] if standard else await next_tier.list_bound(tx, scope, period)
    bound = [_bound(row) for row in rows]
    known = {(each.standard, each.indicator) for each in bound}
    owed = [each for each in _owed(in_force, tags) if (each.standard, each.indicator) not in known]
    values = await next_tier.newest_values(tx, scope, {e.indicator for e in owed}, period)
    unbound = [_measured(each, values.get(each.indicator)) for each in owed]
    return await _view(tx, scope, [*bound, *unbound])


def _owed(in_force: Sequence[StandardRow], tags: frozenset[str]) -> list[_Held]:
    """Return the criteria of standards, with the lines that hold for an object with these tags.

    Of two standards of one kind that speak of an indicator, the one for more tags holds: that of a
    title before that of all teachers, that of title and track before both. Source: our default.
    """
    said = [
        (row, each) for row in in_force for each in documents.criteria_of(row) if each.indicator
    ]
    closest: dict[tuple[str | None, str | None], int] = {}
    for row, each in said:
        place = (row.kind, each.indicator)
        closest[place] = max(closest.get(place, 0), _tags_of(row))
    return [
        _owes(row, each, tags)
        for row, each in said
        if _tags_of(row) == closest[row.kind, each.indicator]
    ]


def _tags_of(row: StandardRow) -> int:
    """Return how many tags a standard asks for."""
    return len((row.applies_to or {}).get("tags", ()))


def _owes(row: StandardRow, criterion: Criterion, tags: frozenset[str]) -> _Held:
    lines, object_class = criterion.lines_and_class_for(tags)
    return _Held(
        indicator=criterion.indicator or "",
        lines=lines,
        standard=row.key,
        version=row.version,
        object_class=object_class,
        binding=None,
        period=None,
        row=None,
    )


def _measured(held: _Held, row: Any) -> _Held:
    return held if row is None else replace(held, period=row.period, row=row)


def _bound(row: Any) -> _Held:
    return _Held(
        indicator=row.indicator,
        lines=documents.read_document_lines({"tiers": row.tiers}),
        standard=row.standard,
        version=row.standard_version,
        object_class=row.object_class,
        binding=row.key,
        period=row.period,
        row=row,
    )


async def _view(tx: Transaction, scope: str, held: Sequence[_Held]) -> NextTierView:
    cells = {(each.indicator, each.period) for each in held if each.period}
    peers = await next_tier.peer_medians(tx, scope, sorted(cells))
    query = select(IndicatorRow).where(IndicatorRow.indicator.in_({e.indicator for e in held}))
    about = {row.indicator: row for row in await tx.session.scalars(query)}
    standing = [
        _standing(each, about.get(each.indicator), peers.get((each.indicator, each.period or "")))
        for each in held
    ]
    standing.sort(key=lambda each: (_rank(each), each.indicator, each.binding or ""))
    known = [each for each in standing if each.value is not None]
    return NextTierView(
        scope=scope,
        reached=min((each.reached for each in known), key=_height, default=None),
        without_value=len(standing) - len(known),
        criteria=standing,
    )


def _height(tier: Tier | None) -> int:
    return -1 if tier is None else list(Tier).index(tier)


def _rank(each: CriterionStandingView) -> tuple[int, bool]:
    """Sort what holds back first; what nothing is known of, and what lacks nothing, last."""
    is_settled = each.next is None or each.value is None
    return (len(Tier) if is_settled else _height(each.reached), each.next is None)


def _standing(held: _Held, about: IndicatorRow | None, peers: Any) -> CriterionStandingView:
    row = held.row
    value = exact_value(row.value, row.numerator, row.denominator) if row else None
    step = step_to_next(held.lines, value)
    counts = (
        missing_counts(step, row.numerator, row.denominator, value)
        if row and value is not None
        else None
    )
    median = _median(peers)
    return CriterionStandingView(
        indicator=held.indicator,
        name=about.name_zh if about else held.indicator,
        unit=about.unit if about else "",
        standard=held.standard,
        standard_version=held.version,
        object_class=held.object_class,
        binding=held.binding,
        period=held.period,
        value=row.value if row else None,
        numerator=row.numerator if row else None,
        denominator=row.denominator if row else None,
        reached=step.reached,
        next=step.next,
        next_limit=step.limit.words if step.limit else None,
        missing=rounded(step.missing) if step.missing is not None else None,
        must_rise=step.must_rise,
        numerator_by=counts.numerator if counts else None,
        denominator_by=counts.denominator if counts else None,
        peers=peers.n if peers else 0,
        peer_median=median,
        better_than_median=_is_better(held.lines, row.value if row else None, median),
    )


def _median(peers: Any) -> Decimal | None:
    if peers is None or peers.n < SMALLEST_GROUP:
        return None
    return Decimal(peers.low + peers.high) / 2


def _is_better(lines: Lines, value: Decimal | None, median: Decimal | None) -> bool | None:
    """Return whether a value is better than the median; of a band nobody can say."""
    first = next(iter(lines.tiers.values()), None)
    if value is None or median is None or first is None or first.direction is Direction.BAND:
        return None
    return value > median if first.direction is Direction.HIGHER else value < median
