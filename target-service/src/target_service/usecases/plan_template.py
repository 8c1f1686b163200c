"""The workbook in which a plan is filled in: drop-downs, notes, and hidden names of the fields."""

import io
from collections.abc import Iterable, Mapping
from typing import Any, Final

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from shared.contracts.vocabulary import LEVEL_ZH
from target_service.domain.plan_document.spirals import RHYTHM_ZH
from target_service.domain.plan_document.structured import HEAD, MAX_ROWS, TABLES
from target_service.usecases.plan_files import CODES_ROW, SHEETS

NOTES: Final = "说明"
_LISTS: Final[Mapping[str, Iterable[str]]] = {
    "level": LEVEL_ZH.values(),
    "rhythm": RHYTHM_ZH.values(),
    "warning_only": ("是", "否"),
}
_WIDTHS: Final = {"content": 48, "duties": 60, "member": 48, "title": 40, "undertakers": 28}
_TEXT: Final = (
    "规划导入模板 · Template of a plan",
    "每个工作表第 1 行是列名，第 2 行（隐藏）是字段名，请勿改动；从第 3 行起填写。",
    "Row 1 names the columns, row 2 (hidden) the fields; fill in from row 3 on.",
    "进程表：体系类别、工作任务、领导、部门、成果为空时，取自上一行；体系类别变了就不再沿用。",
    "Schedule: an empty cell means what stands above, within one category.",
    "时间写作 2021.02；一直进行的工作，完成时间写“持续”。Write 2021.02; 持续 for work without end.",
    "机构：成员之间用顿号，职责之间用分号或换行。Bodies: 、 between members, ； between duties.",
    "依据：文号写作 教职成厅〔2015〕2号。Basis: the number of the document.",
    "导入前可试运行：helix8 plan import FILE --dry-run。Try it first with --dry-run.",
)


def write_template() -> bytes:
    """Return the empty workbook."""
    book = openpyxl.Workbook()
    notes = book.active
    notes.title = NOTES
    for line in _TEXT:
        notes.append([line])
    notes.column_dimensions["A"].width = 100
    notes["A1"].font = Font(bold=True, size=14)
    for name, title in SHEETS.items():
        _fill(book.create_sheet(title), HEAD if name == "head" else TABLES[name])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(sheet: Any, fields: Mapping[str, str]) -> None:
    sheet.append(list(fields.values()))
    sheet.append(list(fields))
    sheet.row_dimensions[CODES_ROW].hidden = True
    sheet.freeze_panes = "A3"
    for cell, code in zip(sheet[1], fields, strict=True):
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DDE7F3")
        cell.alignment = Alignment(horizontal="center")
        column = cell.column_letter
        sheet.column_dimensions[column].width = _WIDTHS.get(code, 18)
        # As text: 2021.10 typed into a cell of numbers would come back as 2021.1.
        sheet.column_dimensions[column].number_format = "@"
        if code in _LISTS:
            allowed = DataValidation("list", formula1=f'"{",".join(_LISTS[code])}"')
            allowed.add(f"{column}3:{column}{MAX_ROWS}")
            sheet.add_data_validation(allowed)
