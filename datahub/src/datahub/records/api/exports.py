"""Whole entities as files, streamed: NDJSON, CSV, Parquet."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

import polars as pl
from fastapi import Depends, Query
from fastapi.responses import StreamingResponse

from datahub.dictionary.domain.entity import FieldType
from datahub.records import queries
from datahub.records.api.asking import Moment, asking, moment
from datahub.records.api.streaming import BOM, PIECE, Output, stream
from datahub.records.domain.asking import Asking
from datahub.records.queries import Reader
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.audit_api import exported
from shared.kit.database import Database
from shared.kit.identity import require

router = new_router(tags=["records 数据服务"], dependencies=[Depends(require("datahub:read"))])

Format = Literal["ndjson", "csv", "parquet"]
KINDS: Final[dict[str, str]] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
DESCRIPTION: Final = """\
三种格式，同一内容。NDJSON 与单条记录一样。CSV 有一行表头：时刻为 ISO 8601，是非为 `true` `false`，
列表与 `ext` 为 JSON，空格即无值。Parquet 按字典定型：日期、带时区的时刻（UTC）、小数（10 位）、
整数、是非、文本的列表；`ext` 为其 JSON 的文本。

Three forms of the same. NDJSON as a record is read. CSV with a header: ISO 8601 instants, `true`
and `false`, lists and `ext` as JSON, an empty cell for nothing. Parquet typed by the dictionary:
dates, instants with a zone (UTC), decimals (10 places), integers, booleans, lists of texts; `ext`
is the text of its JSON."""

PART: Final = 4 * 1024 * 1024
"""Bytes of JSON lines that are held at once while a Parquet file is made."""

ROW_GROUP: Final = 100_000
DECIMAL_PLACES: Final = 10

_STAMP: Final = "%Y-%m-%dT%H:%M:%S%.f%:z"
_PARQUET: Final[dict[FieldType, Callable[[pl.Expr], pl.Expr]]] = {
    FieldType.INTEGER: lambda text: text.cast(pl.Int64),
    FieldType.DECIMAL: lambda text: text.cast(pl.Decimal(38, DECIMAL_PLACES)),
    FieldType.BOOLEAN: lambda text: text == "true",
    FieldType.DATE: lambda text: text.str.to_date("%Y-%m-%d"),
    FieldType.TIMESTAMP: lambda text: text.str.to_datetime(_STAMP, time_unit="us", time_zone="UTC"),
    FieldType.LIST: lambda text: text.str.json_decode(pl.List(pl.String)),
}
"""How the text of a field becomes a column; a type that is not here stays text."""


@router.get(
    "/exports/{entity}",
    summary="导出整个实体",
    response_class=StreamingResponse,
    description=DESCRIPTION,
    dependencies=[Depends(exported)],
)
async def export_records(
    db: Db,
    asked: Annotated[Asking, Depends(asking)],
    at: Annotated[Moment, Depends(moment)],
    form: Annotated[Format, Query(alias="format")] = "ndjson",
    bom: Annotated[  # noqa: FBT002
        bool, Query(description="CSV 以 BOM 开头，Excel 可直接打开 · for Excel")
    ] = False,
) -> StreamingResponse:
    async with db.reading() as reader:
        place = await at.place(reader)
    name = f"{asked.entity.name}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if place is not None:
        headers["As-Of-Seq"] = str(place)
    if asked.masking is not None:
        headers["Masked-Fields"] = ", ".join(sorted(asked.masking.fields & {*asked.fields}))
    if form == "parquet":
        pieces = _parquet(db, asked, place)
    elif form == "csv":
        pieces = _lines(db, asked, place, "csv", start=BOM if bom else b"")
    else:
        pieces = _lines(db, asked, place, "json")
    return StreamingResponse(pieces, media_type=KINDS[form], headers=headers)


def _lines(
    db: Database, asked: Asking, place: int | None, form: queries.Form, *, start: bytes = b""
) -> AsyncIterator[bytes]:
    async def copy(reader: Reader, output: Output) -> None:
        await queries.copy_records(reader, asked, output, form=form, as_of=place)

    return stream(db, copy, start=start)


async def _parquet(db: Database, asked: Asking, place: int | None) -> AsyncIterator[bytes]:
    """Yield a Parquet file: its footer is known last, so it is written to disk first."""
    with tempfile.TemporaryDirectory() as name:
        folder, number = Path(name), 0
        async for lines in _parts(_lines(db, asked, place, "texts")):
            number += 1
            part = folder / f"{number:06}.parquet"
            await asyncio.to_thread(_write_part, lines, part, asked)
        file = folder / "records"
        parts = pl.scan_parquet(folder / "*.parquet")
        await asyncio.to_thread(parts.sink_parquet, file, row_group_size=ROW_GROUP)
        with file.open("rb") as source:
            while piece := await asyncio.to_thread(source.read, PIECE):
                yield piece


async def _parts(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield whole lines, many at once; the last part may be empty."""
    held = bytearray()
    async for piece in pieces:
        held += piece
        if len(held) >= PART:
            end = held.rfind(b"\n") + 1
            yield bytes(held[:end])
            del held[:end]
    yield bytes(held)


def _write_part(lines: bytes, part: Path, asked: Asking) -> None:
    texts = dict.fromkeys([*queries.PLUMBING, *asked.fields], pl.String)
    frame = pl.read_ndjson(lines, schema=texts) if lines else pl.DataFrame(schema=texts)
    frame.with_columns(pl.col("version").cast(pl.Int32), *_typed(asked)).write_parquet(part)


def _typed(asked: Asking) -> Iterator[pl.Expr]:
    for name in asked.fields:
        field = asked.entity.find(name)
        if field is not None and field.type in _PARQUET:
            yield _PARQUET[field.type](pl.col(name))
