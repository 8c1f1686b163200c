"""Spreadsheets on their way in: what the reading process says, as chunks."""

from collections.abc import AsyncIterator
from typing import IO, Any, Final

import polars as pl

from datahub.ingest.domain.reading import LINE, BadLine, Chunk
from shared.workbooks.reading import MAX_FILE, WorkbookRefusedError, read_blocks
from shared.workbooks.sheet import Block, Layout

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLS: Final = "application/vnd.ms-excel"
SPREADSHEETS: Final = frozenset({XLSX, XLS})
"""Which of the two a file is, its first bytes say."""


async def read_spreadsheet(file: IO[Any], layout: Layout) -> AsyncIterator[Chunk]:
    """Read a sheet in chunks.

    Args:
        file: an open file of the system; it is read from its beginning.

    Raises:
        WorkbookRefusedError: with the cause and what to do about it.
    """
    if (size := file.seek(0, 2)) > MAX_FILE:
        raise WorkbookRefusedError(
            f"工作簿有 {size} 字节，上限 {MAX_FILE}",
            f"the workbook has {size} bytes, more than {MAX_FILE}",
            fixes=["另存为 CSV 上传 (save it as CSV)"],
        )
    file.seek(0)
    names: list[str] = []
    async for part in read_blocks(file, layout):
        if isinstance(part, Block):
            yield _chunk(names, part)
        else:
            names = part


def _chunk(names: list[str], block: Block) -> Chunk:
    columns = [
        pl.Series(name, values, dtype=pl.String)
        for name, values in zip(names, block.columns, strict=True)
    ]
    frame = pl.DataFrame([*columns, pl.Series(LINE, block.lines, dtype=pl.Int64)])
    bad = [BadLine(line, "ragged", why, raw) for line, why, raw in block.bad]
    return Chunk(frame, bad, blank=block.blank)
