"""One indicator over the scopes of a kind: who stands where, beside others and one's own past."""

from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from fastapi import Query
from pydantic import Field

from datahub.indicators.api.asking import (
    APART,
    READ,
    TAGS,
    AskedIndicator,
    AskedKind,
    AskedParent,
    AskedPeriod,
    AskedScope,
    Asks,
    asked_for,
    beneath,
    example,
    group_in,
    kind_of_scope,
    plain,
    quartiles_of,
)
from datahub.indicators.domain.asking import absent, refused
from datahub.indicators.domain.comparing import (
    Benchmark,
    Group,
    benchmark_of,
    change_between,
    number_of,
    progress,
)
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.periods import before, kind_of, year_before
from datahub.indicators.domain.statistics import (
    places,
)
from datahub.indicators.queries.reading import Reading, Row, Which
from datahub.indicators.queries.scopes import list_scopes, list_tagged, parents_of
from shared.contracts.vocabulary import ScopeKey
from shared.kit.app import new_router

router = new_router(tags=TAGS, dependencies=READ)

BENCHMARK: Final = "standing:benchmark"
"""Tag of the scopes that the records call 标杆."""

AskedBenchmark = Annotated[
    ScopeKey | Annotated[Decimal, Field(max_digits=30, allow_inf_nan=False)] | None,
    Query(
        description="同类的一个对象，或一个数 · a scope of the kind, or a number",
        examples=["course/C0002", "0.95"],
    ),
]


@router.get(
    "/ranking",
    summary="排名",
    description="按数值或按较上一周期的进步排名；指标越低越好的，低者在前；并列者名次相同。"
    + APART,
    responses=example(
        {
            "indicator": "course_pass_rate",
            "period": "term:2026-2027-1",
            "by": "value",
            "direction": "higher",
            "previous": None,
            "count": 1,
            "ranked": [{"rank": 1, "scope": "course/C0001", "value": "0.810000"}],
            "apart_count": 1,
            "apart": [{"scope": "course/C0002", "reason": "small-sample"}],
        }
    ),
)
async def get_ranking(  # noqa: PLR0913, PLR0917 — the query parameters of the contract
    desk: Asks,
    indicator: AskedIndicator,
    kind: AskedKind,
    period: AskedPeriod,
    by: Annotated[
        Literal["value", "progress"], Query(description="按数值或按进步 · by value or progress")
    ] = "value",
    parent: AskedParent = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="各列至多几行 · rows each")] = 100,
) -> dict[str, Any]:
    async with desk.open() as reading:
        defined = asked_for(reading, indicator, kind, kind_of(period))
        _refuse_band(defined)
        members = await beneath(reading, kind, parent)
        group = await group_in(reading, indicator, kind, period, members)
        previous = None
        if by == "progress":
            previous = await _previous(reading, indicator, period)
            if previous is None:
                raise absent(
                    "query.by",
                    f"{period} 之前没有测得的周期，无从比较进步"
                    " (nothing was measured for a period before)",
                    "by=value",
                )
            group = progress(group, await group_in(reading, indicator, kind, previous, members))
    return {
        "indicator": indicator,
        "period": period,
        "by": by,
        "direction": defined.direction,
        "previous": previous,
        "count": len(group.values),
        "ranked": _ranked(group, defined, by)[:limit],
        "apart_count": len(group.apart),
        "apart": [{"scope": each, "reason": why} for each, why in group.apart.items()][:limit],
    }


def _refuse_band(indicator: Indicator) -> None:
    """Refuse to rank by an indicator of which neither more nor less is better.

    Raises:
        QuestionInvalidError: it is one.
    """
    if indicator.direction == "band":
        raise refused(
            "query.indicator",
            f"{indicator.id} 以区间为佳，高低不分优劣，不能排名"
            " (a band: neither more nor less is better)",
            "GET /distribution",
        )


async def _previous(reading: Reading, indicator: str, period: str) -> str | None:
    """Return the period before one; None where the indicator was not measured for it."""
    found = await reading.measured_periods(indicator, before(period))
    return found[0] if found else None


def _ranked(group: Group, indicator: Indicator, by: str) -> list[Row]:
    descending = indicator.direction == "higher"
    ranks = places(group.numbers, descending=descending)
    rows = sorted(zip(ranks, group.values.items(), strict=True))
    name = "value" if by == "value" else "change"
    return [{"rank": rank, "scope": scope, name: plain(value)} for rank, (scope, value) in rows]


@router.get(
    "/comparison",
    summary="与同类及自身过去比较",
    description="同类、同一上级的对象的中位数与四分位数；标杆；自身上一周期与去年同期。"
    "标杆：记录中标为标杆的同类对象（标签 `standing:benchmark`，几个取中位数）；"
    "或以 `benchmark` 指明一个对象，或一个数（如标准的标杆档、全省的数）。看不到的对象不作标杆。"
    " The group's median and quartiles, the benchmark, and the scope's own past. Benchmarks are the"
    " scopes of the kind that the records call so (tag `standing:benchmark`; of several the"
    " median), or what `benchmark` names: a scope, or a number such as the benchmark tier of a"
    " standard. Nobody is compared with a scope that he does not see.",
    responses=example(
        {
            "indicator": "course_pass_rate",
            "scope": "course/C0001",
            "period": "term:2026-2027-1",
            "value": "0.810000",
            "reason": None,
            "group": {
                "kind": "course",
                "parent": "unit/JZGC",
                "count": 12,
                "missing": {"small-sample": 1},
                "q1": "0.790000",
                "median": "0.850000",
                "q3": "0.910000",
            },
            "benchmark": {
                "by": "scope",
                "scopes": ["course/C0002"],
                "value": "0.930000",
                "reason": None,
                "change": "-0.120000",
                "change_ratio": "-0.129032",
            },
            "past": {
                "previous": {
                    "period": "term:2025-2026-2",
                    "value": "0.850000",
                    "reason": None,
                    "change": "-0.040000",
                    "change_ratio": "-0.047059",
                },
                "year_before": None,
            },
        }
    ),
)
async def get_comparison(
    desk: Asks,
    indicator: AskedIndicator,
    scope: AskedScope,
    period: AskedPeriod,
    benchmark: AskedBenchmark = None,
) -> dict[str, Any]:
    kind = kind_of_scope(scope)
    async with desk.open() as reading:
        asked_for(reading, indicator, kind, kind_of(period))
        parents = await parents_of(reading.tx, scope)
        parent = parents[0] if parents else None
        members = None if parent is None else await list_scopes(reading.tx, kind, parent)
        group = await group_in(reading, indicator, kind, period, members, of_all=True)
        last, year = await _previous(reading, indicator, period), year_before(period)
        periods = [each for each in (period, last, year) if each]
        which = Which(indicators=[indicator], scopes=[scope], periods=periods)
        own = {row["period"]: row for row in await reading.group(which)}
        held_up = await _benchmark(reading, indicator, scope, period, benchmark)
    now = own.get(period)
    return {
        "indicator": indicator,
        "scope": scope,
        "period": period,
        **_said(now),
        "group": {
            "kind": kind,
            "parent": parent,
            "count": len(group.values),
            "missing": group.missing,
            **quartiles_of(group.numbers),
        },
        "benchmark": _beside(held_up, now),
        "past": {
            "previous": last and _past(last, own.get(last), now),
            "year_before": year and _past(year, own.get(year), now),
        },
    }


async def _benchmark(
    reading: Reading, indicator: str, scope: str, period: str, benchmark: str | Decimal | None
) -> Benchmark:
    """Return what a scope is held against.

    Raises:
        QuestionInvalidError: a scope of another kind is named.
    """
    kind = kind_of_scope(scope)
    if isinstance(benchmark, Decimal):
        return Benchmark(by="value", scopes=(), value=benchmark, reason=None)
    if benchmark is not None and kind_of_scope(benchmark) != kind:
        raise refused(
            "query.benchmark",
            f"{benchmark} 与 {scope} 不是同类对象 (of another kind than {scope})",
            f"benchmark={kind}/…",
        )
    if benchmark is not None:
        return benchmark_of("scope", await group_in(reading, indicator, kind, period, [benchmark]))
    named = [each for each in await list_tagged(reading.tx, kind, BENCHMARK) if each != scope]
    group = await group_in(reading, indicator, kind, period, named) if named else Group({}, {})
    return benchmark_of("standing", group)


def _beside(held_up: Benchmark, now: Row | None) -> Row:
    change = change_between(held_up.value, number_of(now))
    return {
        "by": held_up.by,
        "scopes": list(held_up.scopes),
        "value": plain(held_up.value),
        "reason": held_up.reason,
        "change": plain(change.change),
        "change_ratio": plain(change.change_ratio),
    }


def _said(row: Row | None) -> Row:
    if row is None:
        return {"value": None, "reason": "not-measured"}
    return {name: row[name] for name in ("value", "reason")}


def _past(period: str, then: Row | None, now: Row | None) -> Row:
    change = change_between(number_of(then), number_of(now))
    return {
        "period": period,
        **_said(then),
        "change": plain(change.change),
        "change_ratio": plain(change.change_ratio),
    }
