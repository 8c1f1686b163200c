"""The table of the schedule (建设与实施进程表): lines with tabs under a row of column names.

An empty cell of a category means what stands above it: the cells were merged. A header that
stands there again comes from a page break. Where a cell of the last four columns is of another
kind than its column, the row has slipped, and its cells go where their kind belongs.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from target_service.domain.plan_document.dates import is_ongoing, read_span
from target_service.domain.plan_document.document import (
    COLUMN_ZH,
    Cell,
    Column,
    How,
    Remark,
    Row,
)
from target_service.domain.plan_document.words import Kind, kind_of, squeeze

_HEADERS: Final[tuple[tuple[Column, re.Pattern[str]], ...]] = (
    (Column.SYSTEM, re.compile(r"体系|类别")),
    (Column.CONTENT, re.compile(r"内容")),
    (Column.LEADER, re.compile(r"领导|分管")),
    (Column.LEAD, re.compile(r"牵头")),
    (Column.UNDERTAKERS, re.compile(r"承担|责任部门|配合|参与")),
    (Column.DELIVERABLE, re.compile(r"成果")),
    (Column.START, re.compile(r"开始|起始|启动")),
    (Column.END, re.compile(r"完成|结束|截止")),
    (Column.TASK, re.compile(r"任务|项目")),
)
_NEEDED: Final = frozenset({Column.TASK, Column.START, Column.END})
_SECTION: Final = re.compile(r"\s*[一二三四五六七八九十]+、")
_CARRIED: Final = (
    Column.TASK,
    Column.LEADER,
    Column.LEAD,
    Column.UNDERTAKERS,
    Column.DELIVERABLE,
)
_PARTIES: Final = frozenset({Column.LEADER, Column.LEAD, Column.UNDERTAKERS})
"""Columns in which a blank stands between two names."""

_SLIPPING: Final = (Column.UNDERTAKERS, Column.DELIVERABLE, Column.START, Column.END)
_RIGHT: Final[Mapping[Column, frozenset[Kind]]] = {
    Column.UNDERTAKERS: frozenset({Kind.PARTY, Kind.OTHER, Kind.EMPTY}),
    Column.DELIVERABLE: frozenset({Kind.DELIVERABLE, Kind.OTHER, Kind.EMPTY, Kind.PARTY}),
    Column.START: frozenset({Kind.DATE, Kind.EMPTY}),
    Column.END: frozenset({Kind.DATE, Kind.EMPTY}),
}


@dataclass(slots=True)
class _Table:
    """What is known while the table is read downwards."""

    columns: list[Column]
    above: dict[Column, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


def columns_of(names: Sequence[str]) -> list[Column] | None:
    """Return which column each name heads; None where the names head no schedule."""
    found = [_column_of(squeeze(name)) for name in names]
    known = [each for each in found if each]
    if len(known) < len(found) or len(set(known)) < len(known) or not set(known) >= _NEEDED:
        return None
    return known


def _column_of(name: str) -> Column | None:
    return next((column for column, pattern in _HEADERS if pattern.search(name)), None)


def read_schedule(lines: Sequence[str]) -> tuple[list[Row], list[Remark]]:
    """Return the rows of the schedule, and what was done to read them."""
    table: _Table | None = None
    rows: list[Row] = []
    remarks: list[Remark] = []
    for number, line in _lines_of_tables(lines):
        cells = [" ".join(each.split()) for each in line.split("\t")]
        columns = columns_of(cells)
        if columns:
            table = _next_page(table, columns, number, remarks)
        elif table:
            _read_line(table, number, cells)
            rows += table.rows
            remarks += table.remarks
            table.rows, table.remarks = [], []
    return rows, remarks


def _lines_of_tables(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines of tables that head themselves as schedules, by their number."""
    inside = False
    for number, line in enumerate(lines, start=1):
        if "\t" in line.strip("\r\n"):
            inside = inside or columns_of(line.split("\t")) is not None
            if inside:
                yield number, line
        elif _SECTION.match(line):
            inside = False


def _next_page(
    table: _Table | None, columns: list[Column], line: int, remarks: list[Remark]
) -> _Table:
    if table is None or table.columns != columns:
        return _Table(columns)
    remarks.append(
        Remark(
            rule="page-break",
            lines=(line,),
            zh="表头因换页重复，表格接着读",
            en="the header stands there again after a page break; the table goes on",
        )
    )
    return table


def _read_line(table: _Table, line: int, texts: Sequence[str]) -> None:
    width = len(table.columns)
    if len(texts) > width and any(texts[width:]):
        table.remarks.append(
            Remark(
                rule="too-many-cells",
                lines=(line,),
                zh=f"有 {len(texts)} 格，表头 {width} 列：多出的 {'、'.join(texts[width:])} 未读",
                en=f"{len(texts)} cells under {width} columns: the rest was not read",
            )
        )
    given = dict.fromkeys(Column, "")
    given.update(zip(table.columns, texts, strict=False))
    given.update({each: squeeze(given[each]) for each in Column if each not in _PARTIES})
    if any(given.values()):
        table.rows.append(row_of(line, given, table.above, table.remarks))


def row_of(
    line: int,
    given: Mapping[Column, str],
    above: dict[Column, str],
    remarks: list[Remark],
    *,
    named: bool = False,
) -> Row:
    """Return a row of what stands in it and what stands above; remember it for the next row.

    Args:
        above: what the rows of the same category said last; changed.
        remarks: gets what was done.
        named: each cell was given by the name of its column, so that nothing can have slipped.
    """
    slipped = not named and any(kind_of(given[each]) not in _RIGHT[each] for each in _SLIPPING)
    cells = _put_right(given) if slipped else {each: Cell(given[each]) for each in Column}
    _carry(cells, above, slipped=slipped)
    remarks += _told(line, cells)
    start, end = cells[Column.START].text, cells[Column.END].text
    return Row(
        line=line,
        cells=cells,
        start=read_span(start),
        end=read_span(end),
        ongoing=is_ongoing(end),
    )


def _put_right(given: Mapping[Column, str]) -> dict[Column, Cell]:
    """Return the cells of a row that has slipped, each of the last four where its kind belongs."""
    cells = {each: Cell(given[each]) for each in Column}
    texts = [given[each] for each in _SLIPPING if given[each]]
    dates = [text for text in texts if kind_of(text) is Kind.DATE]
    others = [text for text in texts if kind_of(text) is not Kind.DATE]
    outputs = [text for text in others if kind_of(text) is Kind.DELIVERABLE][-1:]
    parties = [text for text in others if text not in outputs]
    # Work that goes on for good says so where it would end.
    last = [text for text in dates if is_ongoing(text)] or dates[1:2]
    first = [text for text in dates if text not in last]
    begin, end = next(iter(first), ""), next(iter(last), "")
    placed = ("、".join(parties), next(iter(outputs), ""), begin, end)
    for column, text in zip(_SLIPPING, placed, strict=True):
        cells[column] = Cell(text, How.READ if text == given[column] else How.MOVED)
    return cells


def _carry(cells: dict[Column, Cell], above: dict[Column, str], *, slipped: bool) -> None:
    system = cells[Column.SYSTEM].text
    if system and system != above.get(Column.SYSTEM):
        above.clear()
    # A cell that is gone from a row that has slipped was not merged: something stood there.
    gone = {Column.UNDERTAKERS} if slipped and not cells[Column.UNDERTAKERS].text else set()
    for column in (Column.SYSTEM, *_CARRIED):
        if cells[column].text:
            above[column] = cells[column].text
        elif column in above:
            how = How.LOST if column in gone else How.CARRIED
            cells[column] = Cell(above[column], how)
        elif column in gone:
            cells[column] = Cell("", How.LOST)


def _told(line: int, cells: Mapping[Column, Cell]) -> Iterable[Remark]:
    carried = [COLUMN_ZH[each] for each, cell in cells.items() if cell.how is How.CARRIED]
    if carried:
        yield Remark(
            rule="carried",
            lines=(line,),
            zh=f"{'、'.join(carried)}为空，取自上一行（合并单元格）",
            en="empty cells mean what stands above: "
            + ", ".join(each.value for each, cell in cells.items() if cell.how is How.CARRIED),
        )
