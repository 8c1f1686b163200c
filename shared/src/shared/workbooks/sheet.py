"""A sheet on its way out of a workbook: its rows as blocks of text columns.

A row is numbered as its spreadsheet numbers it, less the rows up to the header: whoever is told
of row 12 under a header in row 1 finds it in row 13.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice, zip_longest
from typing import Any, Final, NamedTuple

from shared.workbooks.cells import text, texts
from shared.workbooks.guard import Refusal

ROWS_A_BLOCK: Final = 10_000
MAX_BLOCK: Final = 4 * 1024 * 1024
"""Characters of a block, and of a row."""

MAX_COLUMNS: Final = 2_000
MAX_FILLED: Final = 2_000_000
_EMPTY: Final = ("", None)
_NOTHING: Final[tuple[list[Any], ...]] = ([], [""], [None])
_BLANKS: Final = "\ufeff \t\r\n\u3000\u00a0"


class Merge(NamedTuple):
    """Merged cells; their value stands in the first."""

    top: int
    column: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its rows from A1 on, an empty cell being ``""`` or None."""

    name: str
    rows: Iterator[list[Any]]
    merges: Sequence[Merge] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows: their numbers, and a list of texts for each column that has a name."""

    lines: list[int] = field(default_factory=list)
    columns: list[list[str | None]] = field(default_factory=list)
    bad: list[tuple[int, str, str]] = field(default_factory=list)
    """Number, message and text of rows that are none."""

    blank: int = 0
    """Rows without a value before and among them; those below the last row are not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the table stands in its sheet."""

    sheet: str | None = None
    """None takes the first that is visible."""

    header: int = 1
    """Row of the column names; 0 where there is none, and `columns` names them."""

    first_row: int | None = None
    """First row of data; the one below the header when not given."""

    fill_merged: bool = False
    """Whether each row of merged cells has their value."""

    columns: tuple[str, ...] = ()
    """Names of the columns from the left, where the header has none, or one of them twice."""

    raw: bool = False
    """Every row as it is, the columns named by their letters: for whoever looks for the header."""


def choose(wanted: str | None, names: Sequence[str], visible: Iterable[str]) -> str:
    """Return the name of the sheet to read."""
    wanted = next(iter(visible), None) if wanted is None else wanted
    if wanted is None or wanted not in names:
        listed = [name[:400] for name in names[:20]]
        raise Refusal(
            f"没有工作表 {wanted!r}，有：{'、'.join(listed)}" if wanted else "没有可见的工作表",
            f"there is no sheet {wanted!r} among: {', '.join(listed)}"
            if wanted
            else "no sheet is visible",
            "在约定的 [format] sheet 中写对表名 (name the sheet in [format] of the feed)",
        )
    return wanted


def cut(sheet: Sheet, layout: Layout) -> Iterator[list[str] | Block]:
    """Yield the header, then blocks of rows; rows without a value are none."""
    rows = enumerate(filled(sheet) if layout.fill_merged else sheet.rows, 1)
    if layout.raw:
        yield from _raw(rows)
        return
    header: list[str] = []
    for number, cells in islice(rows, layout.header):
        if number == layout.header:
            header = [(text(cell) or "").strip(_BLANKS) for cell in cells]
    names = _given(header, layout) if layout.columns else _names(header, layout)
    yield [name for name in names if name]
    yield from _blocks(rows, names, layout)


def _raw(rows: Iterator[tuple[int, list[Any]]]) -> Iterator[list[str] | Block]:
    first = next(rows, (1, []))
    names = [_letters(at) for at in range(max(1, len(first[1])))]
    yield names
    yield from _blocks(chain([first], rows), names, Layout(header=0))


def _blocks(
    rows: Iterable[tuple[int, list[Any]]], names: Sequence[str], layout: Layout
) -> Iterator[Block]:
    first = layout.first_row or layout.header + 1
    waiting: list[tuple[int, list[Any]]] = []
    size = blank = 0
    last = first - 1
    for number, cells in rows:
        if number < first or (cells[:1] in _NOTHING and all(cell in _EMPTY for cell in cells)):
            continue
        blank += number - last - 1
        last = number
        waiting.append((number - layout.header, cells))
        size += _size(cells)
        if len(waiting) == ROWS_A_BLOCK or size > MAX_BLOCK:
            yield replace(_block(names, waiting), blank=blank)
            waiting, size, blank = [], 0, 0
    yield replace(_block(names, waiting), blank=blank)


def _names(header: list[str], layout: Layout) -> list[str]:
    while header and not header[-1]:
        header.pop()
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if not any(header) or twice or len(header) > MAX_COLUMNS:
        listed = [name[:400] for name in twice]
        raise Refusal(
            f"第 {layout.header} 行的表头有重复的列：{'、'.join(listed)}"
            if twice
            else f"第 {layout.header} 行不是表头（没有列名，或超过 {MAX_COLUMNS} 列）",
            f"the header in row {layout.header} repeats columns: {', '.join(listed)}"
            if twice
            else f"row {layout.header} is no header: no names, or more than {MAX_COLUMNS}",
            "修改表头，或在约定的 [format] header 中写对行号 (mend it, or set header in the feed)",
        )
    return header


def _given(header: list[str], layout: Layout) -> list[str]:
    wrong = misnamed(header, layout.columns)
    if wrong or (layout.header and not any(header)):
        listed = "、".join(wrong) or "—"
        raise Refusal(
            f"第 {layout.header} 行的表头与约定的 columns 不符：{listed}",
            f"the header in row {layout.header} is not what columns of the feed says: {listed}",
            "修改表头，或修改约定的 [format] columns (mend it, or columns of the feed)",
        )
    return [*layout.columns]


def misnamed(header: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return what a header says at a place where another column is expected.

    A given name holds what the header says there: ``计划起`` where that is ``起``. So a file whose
    columns changed places is not read as if they had not.
    """
    cells = ["".join(cell.replace("\ufeff", "").split()) for cell in header]
    pairs = zip_longest(cells, columns, fillvalue="")
    return [cell[:400] for cell, name in pairs if cell not in "".join(name.split())]


def _block(names: Sequence[str], rows: Sequence[tuple[int, list[Any]]]) -> Block:
    block = Block(columns=[])
    good: list[list[Any]] = []
    nameless = [at for at, name in enumerate(names) if not name]
    for line, cells in rows:
        problem = _problem(nameless, len(names), cells)
        if problem is None:
            block.lines.append(line)
            good.append(cells + [None] * (len(names) - len(cells)))
        else:
            shown = "\t".join(text(cell) or "" for cell in cells).rstrip("\t")[:4000]
            block.bad.append((line, problem, shown))
    wide = zip(*(cells[: len(names)] for cells in good), strict=True) if good else [()] * len(names)
    block.columns.extend(texts(column) for name, column in zip(names, wide, strict=True) if name)
    return block


def _size(cells: Sequence[Any]) -> int:
    return sum(len(cell) for cell in cells if type(cell) is str)


def _problem(nameless: Sequence[int], width: int, cells: Sequence[Any]) -> str | None:
    for at in [*nameless, *range(width, len(cells))]:
        if at < len(cells) and cells[at] not in _EMPTY:
            return f"{_letters(at)} 列有值而没有列名 (a value in a column without a name)"
    if _size(cells) > MAX_BLOCK:
        return f"一行超过 {MAX_BLOCK} 个字符 (a row is too long)"
    return None


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def filled(sheet: Sheet) -> Iterator[list[Any]]:
    """Yield rows in which merged cells repeat their value downwards, in their first column."""
    if sum(merge.bottom - merge.top for merge in sheet.merges) > MAX_FILLED:
        raise Refusal(
            f"合并单元格要填充的行超过 {MAX_FILLED}",
            f"merged cells would fill more than {MAX_FILLED} cells",
            Refusal.AS_CSV,
        )
    begin: dict[int, list[Merge]] = {}
    for merge in sheet.merges:
        if merge.bottom > merge.top:
            begin.setdefault(merge.top, []).append(merge)
    running: list[tuple[Merge, Any]] = []
    for number, cells in enumerate(sheet.rows):
        for merge, value in running:
            cells.extend([""] * (merge.column + 1 - len(cells)))
            cells[merge.column] = value
        running = [each for each in running if each[0].bottom > number]
        running += [
            (merge, cells[merge.column])
            for merge in begin.pop(number, ())
            if merge.column < len(cells)
        ]
        yield cells
