"""Many measured values at once: a grid of indicators, scopes and periods; a trend of one scope."""

from collections.abc import Sequence
from itertools import product
from typing import Annotated, Any, Final

import msgspec
from fastapi import Query, Response

from datahub.dictionary.domain.document import Faults
from datahub.indicators.api.asking import (
    READ,
    TAGS,
    AskedIndicator,
    AskedParent,
    AskedScope,
    Asks,
    PeriodKind,
    ScopeKind,
    asked_for,
    example,
    kind_of_scope,
    members_of,
    plain,
)
from datahub.indicators.domain.asking import (
    check_size,
    find_indicators,
    is_measured,
    refuse,
    refused,
)
from datahub.indicators.domain.comparing import NOT_DEFINED, NOT_MEASURED, change_between, number_of
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.periods import kind_of, order
from datahub.indicators.queries.reading import Reading, Row
from shared.contracts.vocabulary import PeriodKey, ScopeKey
from shared.kit.app import new_router

router = new_router(tags=TAGS, dependencies=READ)

MAX_NAMES: Final = 1_000

AskedIndicators = Annotated[
    list[str] | None,
    Query(
        alias="indicator",
        max_length=MAX_NAMES,
        description="指标编号，可重复 · ids of indicators, repeated; or core",
        examples=["course_pass_rate"],
    ),
]
AskedCore = Annotated[
    bool | None, Query(description="只要核心（或非核心）指标；可代替 indicator · core ones")
]
AskedScopes = Annotated[
    list[ScopeKey] | None,
    Query(
        alias="scope",
        max_length=MAX_NAMES,
        description="诊改对象，可重复；或用 scopeKind · scopes, repeated; or scopeKind",
        examples=["course/C0001"],
    ),
]
AskedKindOfScopes = Annotated[
    ScopeKind | None,
    Query(
        alias="scopeKind",
        description="这一种类的全部对象，可加 parent · all of a kind, with parent if you like",
    ),
]
AskedPeriods = Annotated[
    list[PeriodKey],
    Query(
        alias="period",
        min_length=1,
        max_length=MAX_NAMES,
        description="周期，可重复 · periods, repeated",
        examples=["term:2026-2027-1"],
    ),
]

CELL: Final = {
    "indicator": "course_pass_rate",
    "scope": "course/C0001",
    "period": "term:2026-2027-1",
    "value": "0.810000",
    "numerator": "81",
    "denominator": "100",
    "n": 100,
    "coverage": "1.000000",
    "reason": None,
    "formula_version": 1,
    "manual": False,
    "freshest_at": "2026-11-23T08:00:00Z",
}
_NOTHING: Final = {
    **{name: None for name in CELL if name not in {"indicator", "scope", "period"}},
    "manual": False,
}
_GRID_CELL: Final = {**CELL, "retired_on": None}


@router.get(
    "/grid",
    summary="指标 × 对象 × 周期",
    description="逐格给出测量值，顺序与所问相同；没有的写明原因：`not-measured` 尚未测得，"
    "`not-defined` 该指标不按这种对象与周期测量，`masked` 少于 5 人的群体。至多 50000 格。"
    "`retired_on` 指标停用之日。 Every cell in the order asked; one without a value says why,"
    " one of a retired indicator since when. At most 50,000 cells.",
    response_model=list[dict[str, Any]],
    responses=example([_GRID_CELL]),
)
async def get_grid(  # noqa: PLR0913, PLR0917 — the query parameters of the contract
    desk: Asks,
    periods: AskedPeriods,
    indicators: AskedIndicators = None,
    core: AskedCore = None,
    scopes: AskedScopes = None,
    scope_kind: AskedKindOfScopes = None,
    parent: AskedParent = None,
) -> Response:
    async with desk.open() as reading:
        faults = Faults()
        found = _asked_indicators(reading, indicators, core=core)
        wanted = await wanted_scopes(reading, scopes, scope_kind, parent)
        if wanted is None:
            raise refused("query.scope", "scope 与 scopeKind 须给其一 (give scope or scopeKind)")
        check_size(len(found), len(wanted), len(periods), faults)
        refuse(faults)
        body = await _grid(reading, found, wanted, list(dict.fromkeys(periods)))
    return Response(body, media_type="application/json")


def _asked_indicators(
    reading: Reading, names: Sequence[str] | None, *, core: bool | None
) -> list[Indicator]:
    """Return the indicators that are named, all where none is; of them those that are core, or not.

    Raises:
        QuestionInvalidError: one is not there, or neither names nor core are given.
    """
    if not names and core is None:
        raise refused("query.indicator", "indicator 与 core 须给其一 (give indicator or core)")
    faults = Faults()
    wanted = dict.fromkeys(names or reading.indicators)
    found = find_indicators(reading.indicators, wanted, faults, "query.indicator")
    refuse(faults)
    return [each for each in found if core is None or each.core is core]


async def wanted_scopes(
    reading: Reading, scopes: Sequence[str] | None, kind: str | None, parent: str | None
) -> list[str] | None:
    """Return the scopes that are named, or those of a kind; None where neither is asked for.

    Raises:
        QuestionInvalidError: both are, or a parent without a kind.
    """
    if scopes is not None and (kind is not None or parent is not None):
        raise refused(
            "query.scope", "scope 不与 scopeKind、parent 同用 (not with scopeKind or parent)"
        )
    if kind is None:
        if parent is not None:
            raise refused("query.scopeKind", "有 parent 时必填 (required with parent)")
        return None if scopes is None else list(dict.fromkeys(scopes))
    return await members_of(reading, kind, parent)


async def _grid(
    reading: Reading, indicators: Sequence[Indicator], scopes: list[str], periods: list[str]
) -> str:
    """Return the cells as JSON, in the order asked."""
    told = await reading.grid([each.id for each in indicators], scopes, periods)
    quoted = [
        [(each, _json(each)) for each in names]
        for names in ([each.id for each in indicators], scopes, periods)
    ]
    by_id = {each.id: each for each in indicators}
    retired = {each.id: f'"retired_on":{_json(each.retired_on)}' for each in indicators}
    return "[{}]".format(
        ",".join(
            f'{{"indicator":{indicator},"scope":{scope},"period":{period},{retired[name]},'
            f"{(said or _missing(by_id[name], of, on))[1:]}"
            for said, ((name, indicator), (of, scope), (on, period)) in zip(
                told, product(*quoted), strict=True
            )
        )
    )


def _missing(indicator: Indicator, scope: str, period: str) -> str:
    is_there = is_measured(indicator, kind_of_scope(scope), kind_of(period))
    return _json({**_NOTHING, "reason": NOT_MEASURED if is_there else NOT_DEFINED})


def _json(said: object) -> str:
    return msgspec.json.encode(said).decode()


@router.get(
    "/trend",
    summary="指标走势",
    description="按周期先后给出最近的测量值、较前一个周期的变化（`change`、`change_ratio`），"
    "以及同一格从前说过的数（`restatements`，由新到旧）。"
    " The latest periods in their order, with changes, and what each said before.",
    responses=example(
        {
            "indicator": "course_pass_rate",
            "scope": "course/C0001",
            "unit": "ratio",
            "direction": "higher",
            "periods": [
                {
                    **{name: CELL[name] for name in CELL if name not in {"indicator", "scope"}},
                    "measured_at": "2026-11-23T08:00:05Z",
                    "previous": "term:2025-2026-2",
                    "change": "-0.040000",
                    "change_ratio": "-0.047059",
                    "restatements": [],
                }
            ],
        }
    ),
)
async def get_trend(
    desk: Asks,
    indicator: AskedIndicator,
    scope: AskedScope,
    period_kind: Annotated[
        PeriodKind,
        Query(alias="periodKind", description="周期的种类 · kind of period", examples=["term"]),
    ],
    last: Annotated[int, Query(ge=1, le=400, description="最近几个周期 · how many")] = 12,
) -> dict[str, Any]:
    async with desk.open() as reading:
        kind = kind_of_scope(scope)
        fields = ("query.indicator", "query.periodKind")
        defined = asked_for(reading, indicator, kind, period_kind, fields)
        rows = await reading.of_scope(indicator, scope, period_kind)
        rows.sort(key=lambda row: order(row["period"]))
        shown = rows[-last:]
        words = await reading.history({row["id"]: row for row in shown})
    before = [None, *rows][-len(shown) - 1 : -1] if shown else []
    return {
        "indicator": indicator,
        "scope": scope,
        "unit": defined.unit,
        "direction": defined.direction,
        "periods": [
            _step(row, last_row, words.get(row["id"], []))
            for row, last_row in zip(shown, before, strict=True)
        ],
    }


def _step(row: Row, before: Row | None, words: Sequence[Row]) -> Row:
    change = change_between(number_of(before), number_of(row))
    kept = {name: row[name] for name in row if name not in {"id", "indicator", "scope"}}
    return {
        **kept,
        "previous": before and before["period"],
        "change": plain(change.change),
        "change_ratio": plain(change.change_ratio),
        "restatements": list(words[1:]),
    }
