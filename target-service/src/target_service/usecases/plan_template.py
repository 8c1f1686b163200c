"""The workbook in which a plan is filled in: drop-downs, notes, and hidden names of the fields."""

from collections.abc import Iterable, Mapping
from typing import Final

from shared.contracts.vocabulary import LEVEL_ZH
from target_service.domain.plan_document.reading import MAX_ROWS
from target_service.domain.plan_document.spirals import RHYTHM_ZH
from target_service.domain.plan_document.structured import HEAD, TABLES
from target_service.usecases.coded_sheets import lay_out, new_book, written
from target_service.usecases.plan_files import SHEETS

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
    book = new_book(_TEXT)
    for name, title in SHEETS.items():
        fields = HEAD if name == "head" else TABLES[name]
        choices = {code: words for code, words in _LISTS.items() if code in fields}
        lay_out(book.create_sheet(title), fields, choices, _WIDTHS, MAX_ROWS)
    return written(book)
