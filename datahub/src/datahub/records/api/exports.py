"""Whole entities as files, streamed: NDJSON, CSV, Parquet."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import polars as pl
from fastapi import Depends, Query
from fastapi.responses import StreamingResponse

from datahub.dictionary.domain.entity import EXT, Entity, FieldType
from datahub.records import queries
from datahub.records.api.asking import Moment, asking, moment
from datahub.records.api.streaming import BOM, PIECE, Output, stream
from datahub.records.domain.asking import Asking
from datahub.records.queries import Reader
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.database import Database
from shared.kit.identity import require

router = new_router(tags=["records 数据服务"], dependencies=[Depends(require("datahub:read"))])

Format = Literal["ndjson", "csv", "parquet"]
KINDS: Final[dict[str, str]] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
_PARQUET: Final[dict[FieldType, Any]] = {
    FieldType.INTEGER: pl.Int64,
    FieldType.DECIMAL: pl.Decimal(38, 10),
    FieldType.DATE: pl.Date,
}


@router.get("/exports/{entity}", summary="导出整个实体", response_class=StreamingResponse)
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
    if form == "parquet":
        pieces = _parquet(db, asked, place)
    else:
        pieces = _lines(db, asked, place, as_json=form == "ndjson", bom=bom and form == "csv")
    return StreamingResponse(pieces, media_type=KINDS[form], headers=headers)


def _lines(
    db: Database, asked: Asking, place: int | None, *, as_json: bool, bom: bool = False
) -> AsyncIterator[bytes]:
    async def copy(reader: Reader, output: Output) -> None:
        await queries.copy_records(reader, asked, output, as_json=as_json, as_of=place)

    return stream(db, copy, start=BOM if bom else b"")


async def _parquet(db: Database, asked: Asking, place: int | None) -> AsyncIterator[bytes]:
    """Yield a Parquet file: its footer is known last, so it is written to disk first."""
    with tempfile.TemporaryDirectory() as folder:
        lines, file = Path(folder) / "records.csv", Path(folder) / "records.parquet"
        with lines.open("wb") as out:
            async for piece in _lines(db, asked, place, as_json=False):
                await asyncio.to_thread(out.write, piece)
        await asyncio.to_thread(_write_parquet, lines, file, asked)
        with file.open("rb") as source:
            while piece := await asyncio.to_thread(source.read, PIECE):
                yield piece


def _write_parquet(lines: Path, file: Path, asked: Asking) -> None:
    own = [name for name in asked.fields if name != EXT]
    typed = {name: _PARQUET.get(asked.entity.fields[name].type) for name in own}
    plumbing = {"key": pl.String, "id": pl.String, "version": pl.Int32}
    schema = plumbing | dict.fromkeys(asked.fields, pl.String)
    pl.scan_csv(lines, schema=schema).with_columns(
        *(pl.col(name).cast(kind) for name, kind in typed.items() if kind is not None),
        *(pl.col(name) == "t" for name in own if _is_boolean(asked.entity, name)),
    ).sink_parquet(file)


def _is_boolean(entity: Entity, name: str) -> bool:
    return entity.fields[name].type is FieldType.BOOLEAN
