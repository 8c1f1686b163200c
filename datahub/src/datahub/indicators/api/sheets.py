"""Values that people hand in by sheet: the template, and what comes back filled in."""

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import asdict
from string import ascii_uppercase
from typing import IO, Annotated, Any, ClassVar, Final, Literal, cast

from fastapi import Query, Request
from fastapi.responses import StreamingResponse

from datahub.dictionary.api import Known
from datahub.indicators.api.asking import READ, TAGS, Asks, asked_for
from datahub.indicators.api.parties import Writer, party_of
from datahub.indicators.domain.handed import HandedInvalidError
from datahub.indicators.queries.scopes import list_scopes
from datahub.indicators.repository import following
from datahub.indicators.repository.standing import answered_among
from datahub.indicators.usecases.sheets import (
    COLUMNS,
    MOST_ROWS,
    PLACE,
    Row,
    Told,
    columns_of,
    hand_in_rows,
)
from datahub.ingest.api.spreadsheets import SPREADSHEETS
from datahub.ingest.domain.guess_delimiter import cut_of
from datahub.ingest.domain.guess_file import encoding_of
from shared.contracts.vocabulary import PeriodKey
from shared.errors import DomainError, ErrorKind
from shared.kit import files
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.strict_json import takes_up_to
from shared.kit.strict_request import media_type
from shared.workbooks.reading import read_blocks
from shared.workbooks.sheet import Block, Layout
from shared.workbooks.writing import XLSX, Cell, csv_file, xlsx_file

router = new_router(tags=TAGS)

CSV: Final = "text/csv"
BODIES: Final = {
    "requestBody": {
        "required": True,
        "content": {
            CSV: {
                "schema": {"type": "string", "description": "首行是列名 · names come first"},
                "example": "indicator,scope,period,value,n,link\n"
                "employers_content,major/440501,year:2024,0.875,64,https://survey.example.edu\n",
            },
            XLSX: {"schema": {"type": "string", "format": "binary"}, "example": "@values.xlsx"},
        },
    }
}


class SheetKindError(DomainError):
    """What comes is no sheet."""

    kind: ClassVar = ErrorKind.UNSUPPORTED
    code: ClassVar = "sheet-kind"
    title_zh: ClassVar = "不是表格"
    title_en: ClassVar = "No sheet"


@router.get(
    "/handed-in-template",
    summary="填报模板",
    dependencies=READ,
    response_class=StreamingResponse,
)
async def get_template(
    desk: Asks,
    indicator: Annotated[str, Query(max_length=80, examples=["employers_content"])],
    period: Annotated[PeriodKey, Query(examples=["year:2025"])],
    form: Annotated[Literal["csv", "xlsx"], Query(alias="format")] = "xlsx",
) -> StreamingResponse:
    """A sheet with a row for each scope that the indicator is measured for in such a period.

    Who hands in gets those that he answers for.
    """
    kind_of_period = period.partition(":")[0]
    async with desk.open() as reading:
        known = reading.indicators.get(indicator)
        kinds = (
            [each.kind for each in known.grains if each.period_kind == kind_of_period]
            if known
            else []
        )
        asked_for(reading, indicator, kinds[0] if kinds else "", kind_of_period)
        scopes = [each for kind in kinds for each in await list_scopes(reading.tx, kind, None)]
        scopes = reading.seen_among(scopes)
        if (party := party_of(desk.caller)).hands_in and not party.is_everywhere:
            scopes = await answered_among(reading.tx, scopes, party.owner)
    rows: list[Sequence[Cell]] = [list(COLUMNS.values())]
    rows += [[indicator, scope, period, *[None] * (len(COLUMNS) - 3)] for scope in scopes]

    async def pages() -> AsyncIterator[list[Sequence[Cell]]]:
        yield rows

    headers = {"Content-Disposition": f'attachment; filename="{indicator}.{form}"'}
    if form == "csv":
        kind = f"{CSV}; charset=utf-8"
        return StreamingResponse(csv_file(pages()), media_type=kind, headers=headers)
    return StreamingResponse(xlsx_file(pages()), media_type=XLSX, headers=headers)


@router.post("/handed-in-sheet", summary="按表填报", openapi_extra=BODIES)
@takes_up_to(files.MAX_FILE, "分成几张表 (split the sheet)")
async def hand_in_sheet(
    request: Request,
    db: Db,
    dictionary: Known,
    caller: Writer,
    dry_run: Annotated[bool, Query(alias="dryRun")] = False,  # noqa: FBT002
) -> dict[str, Any]:
    """A verdict for each row: `entered`, `revised`, `unchanged`, or `rejected` with every fault.

    `errors` names the fields, `cells` the cells of the sheet (`B3`; `3` for the row as a whole).
    What is right is taken, what is not is left out; rows of the template that nobody filled in are
    none. `dryRun` does the same, and keeps nothing.
    """
    body, kind = await files.receive(request.stream()), media_type(request)
    names, rows = await _rows(body, kind)
    async with db.transaction() as tx:
        known = {each.id: each for each in await following.list_indicators(tx, dictionary)}
        told = await hand_in_rows(tx, rows, party_of(caller), known, is_rehearsal=dry_run)
    counts = {
        name: sum(each.verdict == name for each in told)
        for name in ("entered", "revised", "unchanged", "rejected")
    }
    verdicts = [
        asdict(each) | {"cells": _cells(each, names)} | ({"id": None} if dry_run else {})
        for each in told
    ]
    return {"dry_run": dry_run, "received": len(told), **counts, "rows": verdicts}


def _cells(told: Told, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the faults of a row by its cells; what no column is for is a fault of the row.

    Columns are named once each, so that one letter is enough.
    """
    found: dict[str, list[str]] = {}
    for path, reasons in told.errors.items():
        name = path.removeprefix("$.")
        column = ascii_uppercase[names.index(name)] if name in names else ""
        found.setdefault(f"{column}{told.row}", []).extend(reasons)
    return dict(sorted(found.items()))


async def _rows(body: bytes, kind: str) -> tuple[list[str], list[Row]]:
    """Return the columns of a sheet and what it says, row by row.

    Raises:
        SheetKindError: it is neither CSV nor a workbook.
        HandedInvalidError: its header is wrong, or it has too many rows.
    """
    if kind in SPREADSHEETS:
        header, lines = await _of_workbook(body)
    elif kind == CSV:
        header, lines = await asyncio.to_thread(_of_csv, body)
    else:
        raise SheetKindError(
            f"Content-Type 是 {kind or '空'}，须为 {CSV} 或 {XLSX}",
            f"Content-Type is {kind or 'missing'}, and must be {CSV} or {XLSX}",
            fields={"header.content-type": [CSV, XLSX]},
            fixes=["GET /handed-in-template"],
        )
    names = columns_of(header)
    if len(lines) > MOST_ROWS:
        raise HandedInvalidError(
            f"{len(lines)} 行，每次至多 {MOST_ROWS} 行",
            f"{len(lines)} rows, more than {MOST_ROWS}",
            fields={"$": [f"至多 {MOST_ROWS} 行 (at most that many rows)"]},
            fixes=["分成几张表 (split the sheet)"],
        )
    said = ((line, _said(names, cells)) for line, cells in lines)
    return names, [(line, row) for line, row in said if not row.keys() <= PLACE]


Lines = tuple[list[str], list[tuple[int, list[str | None]]]]


def _of_csv(body: bytes) -> Lines:
    text = body.decode(encoding_of(body))
    delimiter = cut_of(text.splitlines()[:100]).delimiter
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    header = [each.strip() for each in next(reader, [])]
    rows = enumerate(reader, 2)
    return header, [
        (line, list(cells)) for line, cells in rows if any(each.strip() for each in cells)
    ]


async def _of_workbook(body: bytes) -> Lines:
    with tempfile.TemporaryFile() as file:
        file.write(body)
        file.seek(0)
        return await _of_first_sheet(file)


async def _of_first_sheet(file: IO[bytes]) -> Lines:
    header: list[str] = []
    rows: list[tuple[int, list[str | None]]] = []
    async with aclosing(cast("Any", read_blocks(file, Layout()))) as parts:
        async for part in parts:
            if isinstance(part, Block):
                cells = zip(*part.columns, strict=True)
                rows += [
                    (line + 1, list(each)) for line, each in zip(part.lines, cells, strict=True)
                ]
            else:
                header = part
    return header, rows


def _said(names: Sequence[str], cells: Sequence[str | None]) -> dict[str, str]:
    told = ((name, (cell or "").strip()) for name, cell in zip(names, cells, strict=False))
    return {name: each for name, each in told if each}
