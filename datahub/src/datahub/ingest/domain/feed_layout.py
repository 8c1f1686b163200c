"""Where a feed's table stands in its file: sheet, header row, first row of data.

Source: design "Data hub" 3; ``dirty_cases`` D119 (merged cells); our default for the rest.
"""

import io
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

from datahub.dictionary.domain.document import Faults
from shared.workbooks.sheet import Layout

MAX_ABOVE: Final = 100
"""Rows that may stand above the data: titles, explanations, a second header."""

KEYS: Final = frozenset({"sheet", "header", "first_row", "merged"})


def read_layout(shape: Mapping[str, Any], faults: Faults) -> Layout:
    """Read ``[format]`` as far as it says where the table stands."""
    header = faults.whole("$.format.header", shape.get("header"))
    header = 1 if header is None else header
    first = faults.whole("$.format.first_row", shape.get("first_row"))
    if not 1 <= header <= MAX_ABOVE:
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
    )


class Table:
    """A CSV from its header on, without the lines above it and those between it and the data.

    Args:
        stream: read from its present place.
    """

    def __init__(self, stream: BinaryIO, layout: Layout) -> None:
        for _ in range(layout.header - 1):
            stream.readline()
        self._head = io.BytesIO(stream.readline() if layout.first_row else b"")
        for _ in range(layout.header + 1, layout.first_row or 0):
            stream.readline()
        self._stream = stream

    def read(self, size: int) -> bytes:
        """Return the next bytes; less than ``size`` only at the end."""
        head = self._head.read(size)
        return head + self._stream.read(size - len(head))
