"""How indicators vary together over the objects of a kind, by sums that are exact in any order."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import CTE, Numeric, and_, cast, func, or_, select
from sqlalchemy.orm import aliased

from report_service.domain.facts import Facts
from report_service.domain.facts_of_work import InfluenceFact
from report_service.domain.influences import AMONG, POINTS, Sums, strongest
from report_service.domain.telling import MISSED
from report_service.repository.reading import Groups, Reading
from report_service.tables import MeasurementRow, PastRow
from shared.kit.database import Transaction


async def influences_of(
    tx: Transaction, facts: Facts, as_of: datetime | None, groups: Groups | None = None
) -> tuple[InfluenceFact, ...]:
    """Return what goes together with the points that miss their standard."""
    read = Reading(tx, as_of, groups)
    own = facts.about.scope.partition("/")[0]
    kinds = AMONG.get(own, (own,))
    missed = [
        each.indicator
        for each in facts.bindings
        if each.id in facts.judgements and facts.judgements[each.id].state in MISSED
    ]
    told: list[InfluenceFact] = []
    for indicator in list(dict.fromkeys(missed))[:POINTS]:
        found = await _known(read, kinds, facts.period, indicator)
        others = [each for each in facts.measurements if each != indicator]
        told += strongest(indicator, found, others)
    return tuple(told)


async def _known(
    read: Reading, kinds: Sequence[str], period: str, indicator: str
) -> Sequence[Sums]:
    """Return the sums of an indicator with every other one; of a batch they are read once."""
    key = ("/".join(kinds), period, f"with/{indicator}")
    if read.groups is None:
        return await _sums(read, kinds, period, indicator)
    if key not in read.groups:
        read.groups[key] = await _sums(read, kinds, period, indicator)
    found: Sequence[Sums] = read.groups[key]
    return found


def _values(read: Reading, kinds: Sequence[str], period: str) -> CTE:
    """Return the values of a period of the objects of some kinds, as numbers."""
    kept = and_(PastRow.period == period, or_(*(PastRow.scope.startswith(f"{k}/") for k in kinds)))
    row = read.table(MeasurementRow, kept)
    return (
        select(
            row.scope,
            row.indicator,
            func.split_part(row.scope, "/", 1).label("kind"),
            cast(row.value, Numeric).label("value"),
        )
        .where(
            row.period == period,
            row.value.is_not(None),
            or_(*(row.scope.startswith(f"{each}/") for each in kinds)),
        )
        .cte("told")
    )


async def _sums(read: Reading, kinds: Sequence[str], period: str, indicator: str) -> list[Sums]:
    values = _values(read, kinds, period)
    of, by = aliased(values, name="of"), aliased(values, name="by")
    x, y = of.c.value, by.c.value
    rows = await read.tx.session.execute(
        select(
            by.c.indicator.label("factor"),
            of.c.kind,
            func.count().label("n"),
            func.sum(x).label("of"),
            func.sum(y).label("by"),
            func.sum(x * y).label("both"),
            func.sum(x * x).label("of_squared"),
            func.sum(y * y).label("by_squared"),
        )
        .join(by, and_(by.c.scope == of.c.scope, by.c.indicator != of.c.indicator))
        .where(of.c.indicator == indicator)
        .group_by(by.c.indicator, of.c.kind)
        .order_by(by.c.indicator, of.c.kind)
    )
    names = ("of", "by", "both", "of_squared", "by_squared")
    return [
        Sums(
            factor=each["factor"],
            kind=each["kind"],
            n=each["n"],
            **{name: Decimal(each[name]) for name in names},
        )
        for each in rows.mappings()
    ]
