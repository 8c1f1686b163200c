"""How the values of a kind are spread, who is far off, and what goes with what."""

from decimal import Decimal
from typing import Annotated, Any

from fastapi import Query

from datahub.dictionary.domain.document import Faults
from datahub.indicators.api.asking import (
    APART,
    READ,
    TAGS,
    AskedIndicator,
    AskedKind,
    AskedParent,
    AskedPeriod,
    Asks,
    asked_for,
    beneath,
    example,
    group_in,
    plain,
    quartiles_of,
)
from datahub.indicators.domain.asking import (
    QuestionInvalidError,
    check_measured,
    find_indicators,
    refuse,
    refused,
)
from datahub.indicators.domain.comparing import Group, pairs_of
from datahub.indicators.domain.periods import kind_of
from datahub.indicators.domain.statistics import (
    FEW_PAIRS,
    FEWEST,
    THRESHOLDS,
    Method,
    histogram,
    mean,
    pearson,
    root,
    rounded,
    scores,
    spearman,
    variance,
)
from datahub.indicators.queries.reading import Reading
from shared.kit.app import new_router

router = new_router(tags=TAGS, dependencies=READ)


@router.get(
    "/distribution",
    summary="分布",
    description="等宽分组计数（末组含上端）、四分位数（线性内插）、平均数、总体标准差。" + APART,
    responses=example(
        {
            "indicator": "course_pass_rate",
            "period": "term:2026-2027-1",
            "count": 2,
            "missing": {"small-sample": 1},
            "minimum": "0.700000",
            "q1": "0.725000",
            "median": "0.750000",
            "q3": "0.775000",
            "maximum": "0.800000",
            "mean": "0.750000",
            "standard_deviation": "0.050000",
            "bins": [{"start": "0.700000", "end": "0.800000", "count": 2}],
        }
    ),
)
async def get_distribution(
    desk: Asks,
    indicator: AskedIndicator,
    kind: AskedKind,
    period: AskedPeriod,
    bins: Annotated[int, Query(ge=1, le=100, description="分组数 · how many bins")] = 10,
    parent: AskedParent = None,
) -> dict[str, Any]:
    async with desk.open() as reading:
        asked_for(reading, indicator, kind, kind_of(period))
        members = await beneath(reading, kind, parent)
        group = await group_in(reading, indicator, kind, period, members, of_all=True)
    numbers = group.numbers
    return {
        "indicator": indicator,
        "period": period,
        "count": len(numbers),
        "missing": group.missing,
        "minimum": plain(min(numbers, default=None)),
        **quartiles_of(numbers),
        "maximum": plain(max(numbers, default=None)),
        "mean": plain(rounded(mean(numbers))) if numbers else None,
        "standard_deviation": plain(root(variance(numbers))) if numbers else None,
        "bins": [
            {"start": plain(each.start), "end": plain(each.end), "count": each.count}
            for each in histogram(numbers, bins)
        ],
    }


@router.get(
    "/outliers",
    summary="离群的对象",
    description="`mad`：0.6745 ×（值 − 中位数）÷ 绝对离差中位数，阈值 3.5；"
    "`z`：（值 − 平均数）÷ 总体标准差，阈值 3。"
    "至少 10 个值；离散度为 0 时不给分并写明 `zero-spread`。" + APART,
    responses=example(
        {
            "indicator": "course_pass_rate",
            "period": "term:2026-2027-1",
            "method": "mad",
            "threshold": "3.5",
            "count": 12,
            "missing": {},
            "centre": "0.850000",
            "spread": "0.020000",
            "reason": None,
            "outliers": [{"scope": "course/C0001", "value": "0.610000", "score": "-8.094000"}],
        }
    ),
)
async def get_outliers(  # noqa: PLR0913, PLR0917 — the query parameters of the contract
    desk: Asks,
    indicator: AskedIndicator,
    kind: AskedKind,
    period: AskedPeriod,
    method: Annotated[Method, Query(description="按中位数或平均数 · by median or mean")] = "mad",
    threshold: Annotated[
        Decimal | None,
        Query(gt=0, le=1000, description="分数的大小超过它即离群 · beyond it is far"),
    ] = None,
    parent: AskedParent = None,
) -> dict[str, Any]:
    limit = THRESHOLDS[method] if threshold is None else threshold
    async with desk.open() as reading:
        asked_for(reading, indicator, kind, kind_of(period))
        members = await beneath(reading, kind, parent)
        group = await group_in(reading, indicator, kind, period, members)
    if len(group.values) < FEWEST:
        raise _too_few(group)
    found = scores(group.numbers, method, limit)
    measured = list(group.values.items())
    outliers = [(score, *measured[place]) for place, score in (found.far or {}).items()]
    return {
        "indicator": indicator,
        "period": period,
        "method": method,
        "threshold": plain(limit),
        "count": len(group.values),
        "missing": group.missing,
        "centre": plain(found.centre),
        "spread": plain(found.spread),
        "reason": "zero-spread" if found.far is None else None,
        "outliers": [
            {"scope": scope, "value": plain(value), "score": plain(score)}
            for score, scope, value in sorted(outliers, key=lambda each: (-abs(each[0]), each[1]))
        ],
    }


def _too_few(group: Group) -> QuestionInvalidError:
    missing = "、".join(f"{reason} {count}" for reason, count in group.missing.items())
    without = f"，另有无值的 {missing}" if missing else ""
    return refused(
        "query.period",
        f"只有 {len(group.values)} 个值{without}，离群至少要 {FEWEST} 个"
        f" (only {len(group.values)} values, outliers need {FEWEST})",
        "换一个周期，或去掉 parent (another period, or no parent)",
    )


@router.get(
    "/correlation",
    summary="两个指标的相关",
    description="同一周期、同类对象的两个指标：皮尔逊与斯皮尔曼相关系数；不足 10 对时附警告；"
    "一方为常数时没有系数并写明原因。"
    " Pearson and Spearman; correlation is no cause.",
    responses=example(
        {
            "x": "course_pass_rate",
            "y": "attendance_rate",
            "period": "term:2026-2027-1",
            "n": 12,
            "pearson": "0.612372",
            "spearman": "0.587413",
            "reason": None,
            "warning": None,
        }
    ),
)
async def get_correlation(
    desk: Asks,
    x: Annotated[str, Query(max_length=80, examples=["course_pass_rate"])],
    y: Annotated[str, Query(max_length=80, examples=["attendance_rate"])],
    kind: AskedKind,
    period: AskedPeriod,
    parent: AskedParent = None,
) -> dict[str, Any]:
    async with desk.open() as reading:
        _check_both(reading, {"query.x": x, "query.y": y}, kind, period)
        members = await beneath(reading, kind, parent)
        groups = [await group_in(reading, each, kind, period, members) for each in (x, y)]
    pairs = pairs_of(*groups)
    xs, ys = [first for first, _ in pairs], [second for _, second in pairs]
    linear = pearson(xs, ys)
    return {
        "x": x,
        "y": y,
        "period": period,
        "n": len(pairs),
        "pearson": plain(linear),
        "spearman": plain(spearman(xs, ys)),
        "reason": _why_no_correlation(xs, ys) if linear is None else None,
        "warning": "few-pairs" if len(pairs) < FEW_PAIRS else None,
    }


def _check_both(reading: Reading, named: dict[str, str], kind: str, period: str) -> None:
    """Refuse indicators that are not there, or not measured for these kinds.

    Raises:
        QuestionInvalidError: with both, if so.
    """
    faults = Faults()
    found = [
        each
        for field, name in named.items()
        for each in find_indicators(reading.indicators, [name], faults, field)
    ]
    check_measured(found, kind, kind_of(period), faults)
    refuse(faults)


def _why_no_correlation(xs: list[Decimal], ys: list[Decimal]) -> str:
    if len(xs) < 2:
        return "too-few-pairs"
    constant = [name for name, values in (("x", xs), ("y", ys)) if len(set(values)) == 1]
    return f"constant-{'-'.join(constant)}"
