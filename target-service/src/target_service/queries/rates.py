"""Read model of the rates: which share of a level, a scope, a plan or an indicator meets its lines.

The reports of the levels ask for them: 标准达标率, 目标达标率, objects, and the number at ≥ 90 %.
"""

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from shared.access.rules import Kind
from shared.access.sight import narrowed_sql
from shared.contracts.vocabulary import Level, State, kinds_of, ratio
from shared.kit.database import Transaction
from shared.kit.paging import Page
from shared.kit.sql import text
from target_service.domain.deadlines import end_of_day
from target_service.domain.lines import STANDARD_TIERS
from target_service.queries.pages import Listed, read_token
from target_service.schemas.attainments import Share
from target_service.schemas.rates import By, GroupRates, RatesFilter, RateView

HIGH: Final = Decimal("0.9")
"""From here on a rate, and an attainment, is among those that reports count."""

_GROUPS: Final = {
    By.LEVEL: "k.level",
    By.SCOPE: "b.scope",
    By.PLAN: "p.plan",
    By.INDICATOR: "b.indicator",
}
_STANDS: Final = "LEFT JOIN attainment a ON a.binding = b.key"
_STOOD: Final = """
    LEFT JOIN LATERAL (SELECT h.state, h.attainment FROM attainment_history h
     WHERE h.key = b.key AND h.at < :instant ORDER BY h.seq DESC LIMIT 1) a ON true"""
_RATES: Final = """
WITH RECURSIVE of_plan (goal, plan) AS (
    SELECT key, plan FROM goal WHERE plan IS NOT NULL
    UNION ALL
    SELECT c.key, p.plan FROM of_plan p JOIN goal c ON c.parent = p.goal WHERE c.plan IS NULL),
judged AS MATERIALIZED (
    SELECT {group} AS name, b.indicator, b.scope, b.target_in_force IS NOT NULL AS has_target,
           b.tiers_in_force ?| CAST(:tiers AS text[]) AS has_standard,
           coalesce(a.state, :no_data) AS state, a.attainment
      FROM binding b
      JOIN unnest(CAST(:kinds AS text[]), CAST(:levels AS text[])) AS k (kind, level)
        ON k.kind = split_part(b.scope, '/', 1)
      {plans} {judgement}
     WHERE {in_force} AND {group} IS NOT NULL AND {seen}
       AND (CAST(:level AS text) IS NULL OR k.level = :level)
       AND (CAST(:scope AS text) IS NULL OR b.scope = :scope)
       AND (CAST(:indicator AS text) IS NULL OR b.indicator = :indicator)
       AND (CAST(:period AS text) IS NULL OR b.period = :period)
       AND (CAST(:plan AS text) IS NULL OR {of_plan})),
page AS (
    SELECT name, count(DISTINCT scope) AS objects FROM judged
     WHERE CAST(:after AS text) IS NULL OR name > :after
     GROUP BY name ORDER BY name LIMIT :most OFFSET :skipped)
SELECT name, objects, indicator, count(*) AS bindings,
       count(*) FILTER (WHERE state <> :no_data) AS measured,
       count(*) FILTER (WHERE has_standard AND state <> :no_data) AS standard_of,
       count(*) FILTER (WHERE has_standard AND state = ANY(:met)) AS standard_met,
       count(*) FILTER (WHERE has_target AND state <> :no_data) AS target_of,
       count(*) FILTER (WHERE has_target AND state = :met_target) AS target_met,
       count(attainment) AS attained_of,
       count(*) FILTER (WHERE attainment >= :high) AS attained_met
  FROM judged JOIN page USING (name) GROUP BY 1, 2, 3 ORDER BY 1, 3
"""
_FIXED: Final = {
    "tiers": [each.value for each in STANDARD_TIERS],
    "no_data": State.NO_DATA.value,
    "met": [State.MET_STANDARD.value, State.MET_TARGET.value],
    "met_target": State.MET_TARGET.value,
    "high": HIGH,
    "kinds": [kind for level in Level for kind in kinds_of(level)],
    "levels": [level.value for level in Level for _ in kinds_of(level)],
}


async def list_rates(tx: Transaction, wanted: Page, only: RatesFilter) -> Listed[GroupRates]:
    """Return the rates of each group, in the order of their names."""
    asked = only.model_dump(mode="json", exclude={"by", "as_of"})
    paged = {"most": wanted.limit + 1, "skipped": wanted.offset}
    after = None if wanted.after is None else read_token(wanted.after)
    told: dict[str, Any] = {**_FIXED, **asked, **paged, "after": after}
    if only.as_of:
        told["instant"] = end_of_day(only.as_of)
    seen, among = await narrowed_sql(tx, Kind.FIGURE, "b.scope", "b.owner")
    told |= among
    rows = await tx.session.execute(text(_statement(only, seen)), told)
    groups = [_group(name, list(of)) for name, of in groupby(rows, attrgetter("name"))]
    shown = groups[: wanted.limit]
    more = len(groups) > wanted.limit
    total = await _count(tx, _statement(only, seen), told) if wanted.total_count else None
    return Listed(items=shown, total=total, next_after=[shown[-1].group] if more else None)


async def _count(tx: Transaction, rates: str, told: dict[str, Any]) -> int | None:
    head, _, _ = rates.rpartition("),\npage AS (")
    statement = f"{head}) SELECT count(DISTINCT name) FROM judged"
    count: int | None = await tx.session.scalar(text(statement), told)
    return count


def _statement(only: RatesFilter, seen: str) -> str:
    """Return the statement; plans and history are read only where they are asked for."""
    by_plan = only.by is By.PLAN or only.plan is not None
    there = "b.withdrawn_at IS NULL"
    return _RATES.format(
        group=_GROUPS[only.by],
        plans="LEFT JOIN of_plan p ON p.goal = b.goal" if by_plan else "",
        of_plan="p.plan = :plan" if by_plan else "true",
        judgement=_STOOD if only.as_of else _STANDS,
        seen=seen,
        in_force=f"({there} OR b.withdrawn_at >= :instant)" if only.as_of else there,
    )


def _group(name: str, rows: list[Any]) -> GroupRates:
    return GroupRates(
        group=name,
        objects=rows[0].objects,
        bindings=sum(row.bindings for row in rows),
        measured=sum(row.measured for row in rows),
        standard=_rate(rows, "standard"),
        target=_rate(rows, "target"),
        standard_90=_high(rows, "standard"),
        target_90=_high(rows, "target"),
        attained_90=Share(of=_sum(rows, "attained_of"), met=_sum(rows, "attained_met")),
    )


def _rate(rows: Iterable[Any], line: str) -> RateView:
    of, met = _sum(rows, f"{line}_of"), _sum(rows, f"{line}_met")
    return RateView(of=of, met=met, rate=ratio(Decimal(met), Decimal(of)) if of else None)


def _high(rows: Iterable[Any], line: str) -> Share:
    """Count the indicators, and those of a high rate: exact, not as rates are told."""
    pairs = [(getattr(row, f"{line}_of"), getattr(row, f"{line}_met")) for row in rows]
    return Share(
        of=sum(of > 0 for of, _ in pairs), met=sum(met >= HIGH * of > 0 for of, met in pairs)
    )


def _sum(rows: Iterable[Any], name: str) -> int:
    return sum(getattr(row, name) for row in rows)
