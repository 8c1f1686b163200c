"""Why a value has moved: what the scopes beneath contribute to it."""

from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import Query

from datahub.indicators.api.asking import (
    READ,
    TAGS,
    AskedIndicator,
    AskedPeriod,
    AskedScope,
    Asks,
    ScopeKind,
    asked_for,
    example,
    kind_of_scope,
    plain,
)
from datahub.indicators.domain.asking import absent, is_measured, refused
from datahub.indicators.domain.comparing import NOT_MEASURED
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.influence import Move, adds_up, influence, parts_of, whole_of
from datahub.indicators.domain.masking import MASKED
from datahub.indicators.domain.periods import before, kind_of
from datahub.indicators.queries.reading import Reading, Row, Which
from datahub.indicators.queries.scopes import list_children
from shared.contracts.vocabulary import PeriodKey
from shared.kit.app import new_router

FARTHEST: Final = 1_000_000
"""With no larger number a ratio is compared. Source: our default."""

router = new_router(tags=TAGS, dependencies=READ)


@router.get(
    "/influence",
    summary="变化从哪里来",
    description="直属对象对本对象变化的贡献，默认与上一个测得的周期比；"
    "写 `against` 则是对与一个数之差的贡献。"
    "比率按保留的分子分母分解，"
    "各项与 `rest` 之和恰为 `gap`；`rest` 是不属于所列对象的部分，`masked` 的对象也在其中。"
    " What each scope beneath contributes to a change, or to the gap to a number (`against`);"
    " with the rest they are the gap.",
    responses=example(
        {
            "indicator": "course_pass_rate",
            "scope": "course/C0001",
            "period": "term:2026-2027-1",
            "reference": "term:2025-2026-2",
            "value": "0.810000",
            "reference_value": "0.850000",
            "gap": "-0.040000",
            "kind": "class",
            "contributions": [
                {
                    "scope": "class/2026-2027-1-C0001-01",
                    "contribution": "-0.040000",
                    "value": "0.810000",
                    "reference_value": "0.850000",
                }
            ],
            "rest": "0.000000",
            "apart": [],
        }
    ),
)
async def get_influence(  # noqa: PLR0913, PLR0917 — the query parameters of the contract
    desk: Asks,
    indicator: AskedIndicator,
    scope: AskedScope,
    period: AskedPeriod,
    reference: Annotated[
        PeriodKey | None,
        Query(description="与哪个周期比，同一种类 · compared with this period, of the same kind"),
    ] = None,
    against: Annotated[
        Decimal | None,
        Query(
            ge=-FARTHEST,
            le=FARTHEST,
            description="不与周期比，而与一个数比（目标、标准、中位数），限比率"
            " · compared with a number instead, a target or a median; of ratios",
        ),
    ] = None,
    child_kind: Annotated[
        ScopeKind | None,
        Query(alias="childKind", description="只看这一种下级 · scopes beneath of this kind alone"),
    ] = None,
) -> dict[str, Any]:
    async with desk.open() as reading:
        defined = asked_for(reading, indicator, kind_of_scope(scope), kind_of(period))
        _check_adds_up(defined)
        if against is None:
            then = await _reference(reading, indicator, period, reference)
        else:
            then = _no_period(defined, reference)
        kind, children = await _children(reading, defined, scope, period, child_kind)
        cells = await _cells(reading, indicator, [scope, *children], [period, then])
    now = _with_value(cells, scope, period)
    earlier = _with_value(cells, scope, then) if against is None else _as_stated(now, against)
    moves = {child: (cells.get((child, period)), cells.get((child, then))) for child in children}
    masked = [child for child, both in moves.items() if any(map(_is_masked, both))]
    found = influence(
        whole_of(now),
        whole_of(earlier),
        {child: Move(*map(parts_of, both)) for child, both in moves.items() if child not in masked},
    )
    ordered = sorted(found.contributions.items(), key=lambda each: (-abs(each[1]), each[0]))
    return {
        "indicator": indicator,
        "scope": scope,
        "period": period,
        "reference": then or None,
        "value": now["value"],
        "reference_value": earlier["value"],
        "gap": plain(found.gap),
        "kind": kind,
        "contributions": [
            {
                "scope": child,
                "contribution": plain(share),
                "value": _value(moves[child][0]),
                "reference_value": _value(moves[child][1]),
            }
            for child, share in ordered
        ],
        "rest": plain(found.rest),
        "apart": [{"scope": child, "reason": MASKED} for child in masked],
    }


def _check_adds_up(indicator: Indicator) -> None:
    if not adds_up(indicator):
        raise refused(
            "query.indicator",
            f"{indicator.id} 取最小、最大或百分位，下级不能相加成上级"
            " (a minimum, maximum or percentile: parts do not add up to the whole)",
            "GET /trend",
        )


def _no_period(indicator: Indicator, reference: str | None) -> str:
    """Return the period with which nothing is compared.

    Raises:
        QuestionInvalidError: of a number it cannot be told which part falls short of it.
    """
    if reference is not None or indicator.denominator is None:
        raise refused(
            "query.against",
            "只用于比率，且不与 reference 同用 (for ratios, and without reference)",
            "去掉 against，或去掉 reference (leave one of them out)",
        )
    return ""


def _as_stated(now: Row, number: Decimal) -> Row:
    """Return what the whole would be, were its ratio a number."""
    below = Decimal(now["denominator"])
    return {"value": f"{number:f}", "numerator": number * below, "denominator": below}


async def _reference(reading: Reading, indicator: str, period: str, asked: str | None) -> str:
    """Return the period to compare with.

    Raises:
        QuestionInvalidError: it is of another kind.
        MeasurementNotFoundError: nothing was measured for a period before.
    """
    if asked is not None:
        if kind_of(asked) != kind_of(period) or asked == period:
            raise refused(
                "query.reference",
                f"须与 {period} 同种而不同 (of the kind of {period}, and another one)",
            )
        return asked
    found = await reading.measured_periods(indicator, before(period))
    if not found:
        raise absent(
            "query.reference",
            f"{period} 之前没有测得的周期，请写明 reference"
            " (nothing was measured before, name one)",
        )
    return found[0]


async def _children(
    reading: Reading, indicator: Indicator, scope: str, period: str, asked: str | None
) -> tuple[str, list[str]]:
    """Return the kind of scopes beneath that make up the whole, and those scopes.

    Raises:
        QuestionInvalidError: there are several.
        MeasurementNotFoundError: there is none that the indicator is measured for.
    """
    by_kind: dict[str, list[str]] = {}
    for child in reading.seen_among(await list_children(reading.tx, scope)):
        kind = kind_of_scope(child)
        if asked in {None, kind} and is_measured(indicator, kind, kind_of(period)):
            by_kind.setdefault(kind, []).append(child)
    match list(by_kind.items()):
        case [only]:
            return only
        case []:
            raise absent(
                "query.childKind",
                f"{scope} 之下没有 {indicator.id} 所测量的对象 (nothing beneath is measured by it)",
                f"GET /scopes?scope={scope}",
            )
        case _:
            kinds = "、".join(by_kind)
            raise refused(
                "query.childKind", f"须写明是 {kinds} 中的哪一种 (several kinds beneath, name one)"
            )


async def _cells(
    reading: Reading, indicator: str, scopes: list[str], periods: list[str]
) -> dict[tuple[str, str], Row]:
    which = Which(indicators=[indicator], scopes=scopes, periods=periods)
    return {(row["scope"], row["period"]): row for row in await reading.group(which)}


def _with_value(cells: dict[tuple[str, str], Row], scope: str, period: str) -> Row:
    """Return the cell of the whole, which must have a value.

    Raises:
        MeasurementNotFoundError: it has none.
    """
    row = cells.get((scope, period))
    if row is None or row["value"] is None:
        reason = NOT_MEASURED if row is None else row["reason"]
        raise absent(
            "query.scope", f"{scope} 在 {period} 没有值：{reason} (no value there: {reason})"
        )
    return row


def _is_masked(row: Row | None) -> bool:
    return row is not None and row["reason"] == MASKED


def _value(row: Row | None) -> str | None:
    return None if row is None else row["value"]
