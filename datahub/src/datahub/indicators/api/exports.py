"""Measured values as files, streamed: CSV, and .xlsx."""

from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse

from datahub.dictionary.domain.document import Faults
from datahub.indicators.api.asking import READ, TAGS, AskedParent, Asks, Desk
from datahub.indicators.api.grids import (
    MAX_NAMES,
    AskedKindOfScopes,
    AskedScopes,
    wanted_scopes,
)
from datahub.indicators.domain.asking import find_indicators, refuse, refused
from datahub.indicators.queries.reading import Reading, Row, Which
from datahub.indicators.queries.scopes import names_of
from shared.contracts.vocabulary import PeriodKey
from shared.kit.app import new_router
from shared.kit.audit_api import exported
from shared.kit.clock import spell
from shared.workbooks.writing import MOST_ROWS, XLSX, Cell, csv_file, xlsx_file

router = new_router(tags=TAGS, dependencies=READ)

PAGE: Final = 2_000
COLUMNS: Final = (
    *("indicator", "indicator_zh", "unit", "scope", "scope_name", "period", "value", "numerator"),
    *(
        "denominator",
        "n",
        "coverage",
        "reason",
        "manual",
        "formula_version",
        "freshest_at",
        "measured_at",
    ),
)
_NUMBERS: Final = frozenset({"value", "numerator", "denominator", "coverage"})


@router.get(
    "/measurements/export",
    summary="导出测量值",
    description="筛选同列表与 `/grid`，不给即全部；CSV 中会被表格软件当作公式的文本前加撇号。"
    " Filters are those of the list and the grid; what a spreadsheet would take for a formula is"
    " told as text.",
    response_class=StreamingResponse,
    dependencies=[Depends(exported)],
)
async def export_measurements(  # noqa: PLR0913, PLR0917 — the query parameters of the contract
    desk: Asks,
    form: Annotated[Literal["csv", "xlsx"], Query(alias="format")] = "csv",
    indicator: Annotated[
        list[str] | None, Query(max_length=MAX_NAMES, examples=["course_pass_rate"])
    ] = None,
    scopes: AskedScopes = None,
    scope_kind: AskedKindOfScopes = None,
    parent: AskedParent = None,
    period: Annotated[
        list[PeriodKey] | None, Query(max_length=MAX_NAMES, examples=["term:2026-2027-1"])
    ] = None,
) -> StreamingResponse:
    async with desk.open() as reading:
        faults = Faults()
        find_indicators(reading.indicators, indicator or (), faults, "query.indicator")
        refuse(faults)
        beneath = scope_kind is None or parent is not None
        named = await wanted_scopes(reading, scopes, scope_kind, parent) if beneath else None
        which = Which(indicators=indicator, scopes=named, periods=period, kind=scope_kind)
        if form == "xlsx":
            await _check_fits(reading, which)
    pages = _pages(desk, which)
    headers = {"Content-Disposition": f'attachment; filename="measurements.{form}"'}
    if form == "csv":
        kind = "text/csv; charset=utf-8"
        return StreamingResponse(csv_file(pages), media_type=kind, headers=headers)
    return StreamingResponse(xlsx_file(pages), media_type=XLSX, headers=headers)


async def _check_fits(reading: Reading, which: Which) -> None:
    """Refuse a sheet of more rows than one holds.

    Raises:
        QuestionInvalidError: it would have more.
    """
    rows = await reading.count(which)
    if rows >= MOST_ROWS:
        raise refused(
            "query.format",
            f"{rows} 行，一张工作表至多 {MOST_ROWS - 1} 行；请用 csv 或缩小范围"
            " (too many rows for a sheet)",
            "format=csv",
        )


async def _pages(desk: Desk, which: Which) -> AsyncIterator[list[Sequence[Cell]]]:
    """Yield the header and the rows, a page a transaction: a slow reader holds nothing open."""
    yield [COLUMNS]
    after = None
    while True:
        async with desk.open() as reading:
            rows = await reading.page(which, limit=PAGE, after=after)
            names = await names_of(reading.tx, [row["scope"] for row in rows])
            known = reading.indicators
        if rows:
            yield [
                _line(row | _named(known.get(row["indicator"]), names.get(row["scope"])))
                for row in rows
            ]
        if len(rows) < PAGE:
            return
        after = rows[-1]["id"]


def _named(indicator: Any, scope_name: str | None) -> Row:
    about = {"indicator_zh": indicator.zh, "unit": indicator.unit} if indicator else {}
    return {"indicator_zh": None, "unit": None, **about, "scope_name": scope_name}


def _line(row: Row) -> list[Cell]:
    return [_cell(name, row[name]) for name in COLUMNS]


def _cell(name: str, value: Any) -> Cell:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, int | str):
        return Decimal(value) if value is not None and name in _NUMBERS else value
    return spell(value)
