"""The workbooks and CSV files in which goals, standards, bindings and tasks are filled in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final

from openpyxl.styles import Font

from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.workbooks.writing import BOM, csv_lines
from target_service.domain.exchanging.cells import cells_of
from target_service.domain.exchanging.columns import CRITERIA, SHEETS, STANDARD, VERSION, Table
from target_service.domain.exchanging.examples import EXAMPLES
from target_service.repository import exchange
from target_service.schemas.exchange import Family
from target_service.usecases.coded_sheets import CODES_ROW, lay_out, new_book, written
from target_service.usecases.exchanging.bundles import chosen
from target_service.usecases.exchanging.families import document_of
from target_service.usecases.exchanging.items import MOST

_WIDTHS: Final = {"key": 32, "title": 40, "detail": 48, "scope": 24, "aim": 32, "deliverables": 32}
_TEXT: Final = (
    "填写模板 · Template",
    "第 1 行是列名，第 2 行（隐藏）是字段名，请勿改动；从第 3 行起填写。",
    "Row 1 names the columns, row 2 (hidden) the fields; fill in from row 3 on.",
    "编号已有的是修改，没有的是新建；只有与现状不同的单元格才生效，清空即删去该项。",
    "A key that is there is changed, another one made; only cells that differ count.",
    "一格多项时每项一行（Alt+Enter）。Several in one cell: one a line (Alt+Enter).",
    "分年度目标、往年值：每行“周期 值”，如 year:2028 0.86。Trajectory: period, value.",
    "协助：每行“人 角色”；成果形式：每行“种类 名称”。Helpers: who, role; outputs: kind, title.",
    "比较符与值、上限分列；上限只用于 between，in 的多个值以逗号分隔。",
    "Operator, value, upper end stand apart; upper is for between, commas are for in.",
    "日期写作 2026-09-01，比率写作 0.85。Write 2026-09-01 for days, 0.85 for ratios.",
    "指标项另表填写，每行一项，以标准编号相连；给出其中一行，该标准的指标项即以表为准。",
    "Criteria stand in a sheet of their own, by the key of their standard: all of them.",
    "整表导入，有一处错误则全不导入；隐藏的版本列用于发现导出后他人的修改。",
    "All rows are taken or none; the hidden version tells who changed a row since.",
)


class TooManyRowsError(DomainError):
    """More is there than a sheet may hold."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "too-many-rows"
    title_zh: ClassVar = "内容过多"
    title_en: ClassVar = "Too much for one sheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What a sheet is filled with."""

    documents: Sequence[Mapping[str, Any]] = ()
    versions: Sequence[int] = ()


async def filling(
    tx: Transaction, family: Family, plan: str | None, scope: str | None, day: date
) -> Filling:
    """Return what a plan or a scope has of a family, or all there is.

    Raises:
        TooManyRowsError: it is more than may be brought in at once.
    """
    keys = (await chosen(tx, plan, scope, day))[family]
    if len(keys) > MOST:
        raise TooManyRowsError(
            f"共 {len(keys)} 行，每份至多 {MOST} 行",
            f"{len(keys)} rows, more than {MOST}",
            fixes=["以 plan 或 scope 缩小范围 (ask by plan or scope)"],
        )
    rows = await exchange.rows_of(tx, family, keys)
    return Filling(
        documents=[document_of(family, rows[key]) for key in sorted(rows)],
        versions=[rows[key].version for key in sorted(rows)],
    )


def write_workbook(family: Family, filled: Filling) -> bytes:
    """Return a workbook: notes, the sheets to fill in, and examples."""
    book = new_book(_TEXT)
    for table in SHEETS[family]:
        sheet = book.create_sheet(table.title)
        _lay_out(sheet, table)
        for row in _rows(table, filled):
            sheet.append(row)
        for cells in sheet.iter_rows(min_row=CODES_ROW + 1):
            for cell in cells:
                # As text, whatever it begins with: no formula, and 0.10 stays 0.10.
                cell.data_type, cell.number_format = "s" if cell.value else "n", "@"
    examples = Filling(documents=EXAMPLES[family])
    for table in SHEETS[family]:
        sheet = book.create_sheet(f"示例 {table.title}")
        sheet.append([f"{each.zh} · {each.en}" for each in table.columns])
        for row in _rows(table, examples):
            sheet.append(row)
        for cell in sheet[1]:
            cell.font = Font(bold=True)
    return written(book)


def write_csv(family: Family, filled: Filling) -> bytes:
    """Return a CSV file: the names of the fields, then the rows."""
    table = SHEETS[family][0]
    return BOM + csv_lines([table.codes, *_rows(table, filled)])


def _lay_out(sheet: Any, table: Table) -> None:
    lay_out(
        sheet,
        {each.code: f"{each.zh} · {each.en}" for each in table.columns},
        {each.code: each.choices.values() for each in table.columns if _has_list(each)},
        _WIDTHS,
        MOST + CODES_ROW,
    )
    for cell in sheet[CODES_ROW]:
        if cell.value == VERSION:
            sheet.column_dimensions[cell.column_letter].hidden = True


def _has_list(column: Any) -> bool:
    return bool(column.choices) and not column.parts


def _rows(table: Table, filled: Filling) -> Iterator[list[str]]:
    if table is CRITERIA:
        for document in filled.documents:
            for each in document.get("criteria") or []:
                yield list(cells_of({**each, STANDARD: document["key"]}, table.columns).values())
        return
    versions: Sequence[int | None] = filled.versions or [None] * len(filled.documents)
    for document, version in zip(filled.documents, versions, strict=True):
        yield list(cells_of({**document, VERSION: version}, table.columns).values())
