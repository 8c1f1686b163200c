"""Where a feed's table stands in its file: sheet, header row, first row of data.

Source: design "Data hub" 3; ``dirty_cases`` D119 (merged cells); our default for the rest.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Final

from datahub.dictionary.domain.document import Faults
from datahub.ingest.domain.reading import MAX_COLUMNS, codec_of, without_mark
from datahub.ingest.domain.reading_csv import check_header
from shared.workbooks.sheet import Layout

MAX_WIDTH: Final = 10_000
"""Of one cell."""

MAX_ABOVE: Final = 100
"""Rows that may stand above the data: titles, explanations, a second header."""

KEYS: Final = frozenset({"sheet", "header", "first_row", "merged", "columns"})


def read_layout(shape: Mapping[str, Any], faults: Faults) -> Layout:
    """Read ``[format]`` as far as it says where the table stands."""
    header = faults.whole("$.format.header", shape.get("header"))
    columns = _columns(shape, faults)
    header = (0 if columns else 1) if header is None else header
    first = faults.whole("$.format.first_row", shape.get("first_row"))
    if header == 0 and not columns:
        reason = "没有表头就要写 columns：由左至右的列名 (no header: name the columns in columns)"
        faults.add("$.format.header", reason)
    elif not 0 <= header <= MAX_ABOVE:
        faults.add("$.format.header", f"须在 1 到 {MAX_ABOVE} 之间 (1 to {MAX_ABOVE})")
    if first is not None and not header < first <= MAX_ABOVE:
        faults.add("$.format.first_row", f"须在表头之下，至多 {MAX_ABOVE} (below the header)")
    if shape.get("merged", "first") not in {"first", "fill"}:
        faults.add("$.format.merged", "只能是 first 或 fill (one of them)")
    return Layout(
        sheet=faults.text("$.format.sheet", shape.get("sheet")),
        header=header,
        first_row=first,
        fill_merged=shape.get("merged") == "fill",
        columns=columns,
    )


def read_widths(shape: Mapping[str, Any], faults: Faults) -> tuple[int, ...]:
    """Read the widths of the cells; they need the names of the columns, one for each."""
    if "widths" not in shape:
        return ()
    if "delimiter" in shape:
        faults.add("$.format.delimiter", "不与 widths 并用 (not together with widths)")
    widths = shape["widths"]
    if not (
        isinstance(widths, list)
        and all(type(each) is int and 1 <= each <= MAX_WIDTH for each in widths)
    ):
        faults.add("$.format.widths", f"须为 1 到 {MAX_WIDTH} 的整数列表 (a list of whole numbers)")
        return ()
    columns = shape.get("columns")
    if not isinstance(columns, list) or len(columns) != len(widths):
        reason = f"{len(widths)} 个宽度，columns 要有同样多的列名 (as many names in columns)"
        faults.add("$.format.widths", reason)
    return tuple(widths)


def _columns(shape: Mapping[str, Any], faults: Faults) -> tuple[str, ...]:
    """Return the names that the feed itself gives to the columns."""
    names = faults.words("$.format.columns", shape.get("columns"))
    if len(names) > MAX_COLUMNS:
        faults.add("$.format.columns", f"至多 {MAX_COLUMNS} 列 (columns at most)")
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.add("$.format.columns", f"{name!r} 重复 (twice)")
    if any(name != name.strip() or not name or set(name) & set('"\r\n') for name in names):
        reason = (
            "列名不能为空，首尾无空白，没有引号与换行 (no blank name, no quotes or line breaks)"
        )
        faults.add("$.format.columns", reason)
    return names


class Table:
    """A CSV from its header on, without the lines above it and those between it and the data.

    Where the feed names the columns itself, its names stand in place of the header.

    Args:
        stream: read from its present place.

    Raises:
        UnreadableFileError: a header that is not what the feed says.
    """

    def __init__(
        self, stream: BinaryIO, layout: Layout, encoding: str = "utf-8", delimiter: str = ","
    ) -> None:
        for _ in range(layout.header - 1):
            stream.readline()
        header = (
            stream.readline() if layout.header and (layout.first_row or layout.columns) else b""
        )
        for _ in range(layout.header + 1, layout.first_row or 0):
            stream.readline()
        if layout.columns and layout.header:
            check_header(header, layout.columns, encoding, delimiter)
        if layout.columns:
            header = _line(layout.columns, encoding, delimiter) + without_mark(stream.read(4))
        self._head = io.BytesIO(header)
        self._stream = stream

    def read(self, size: int) -> bytes:
        """Return the next bytes; less than ``size`` only at the end."""
        head = self._head.read(size)
        return head + self._stream.read(size - len(head))


def _line(names: Sequence[str], encoding: str, delimiter: str) -> bytes:
    cells = [f'"{name}"' if delimiter in name else name for name in names]
    return f"{delimiter.join(cells)}\n".encode(codec_of(encoding))
