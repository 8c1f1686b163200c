"""A plan from a file with named fields: YAML, or the workbook of the template.

The rows of its schedule are read as those of a text are: an empty cell means what stands above.
What cannot be is told all at once, each fault by the place in the file where it stands.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from shared.contracts.vocabulary import LEVEL_ZH, Level
from target_service.domain.plan_document.bodies import duties_listed, parties_listed
from target_service.domain.plan_document.citations import is_number
from target_service.domain.plan_document.document import (
    COLUMN_ZH,
    Body,
    Citation,
    Column,
    CycleRule,
    Duty,
    Member,
    Place,
    PlanDocument,
    Remark,
    Row,
)
from target_service.domain.plan_document.reading import MAX_ROWS, UnreadablePlanError
from target_service.domain.plan_document.schedule import row_of
from target_service.domain.plan_document.spirals import RHYTHM_ZH

HEAD: Final = {"title": "名称", "number": "文号", "issued_on": "印发日期", "years": "建设年限"}
TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "schedule": {each.value: zh for each, zh in COLUMN_ZH.items()},
    "bodies": {
        "title": "机构",
        "head": "组长",
        "deputy": "副组长",
        "member": "成员",
        "duties": "职责",
    },
    "basis": {"title": "依据文件", "number": "文号"},
    "cycles": {"level": "层面", "rhythm": "周期", "warning_only": "仅预警"},
}
"""Field → its name in Chinese, of each table."""

MAX_TEXT: Final = 4_000
MAX_YEARS: Final = 20
YES_NO: Final = {"是": True, "true": True, "否": False, "false": False, "": False}
_LEVELS: Final = {**{each.value: each for each in Level}, **{zh: e for e, zh in LEVEL_ZH.items()}}
_RHYTHMS: Final = {**{each: each for each in RHYTHM_ZH}, **{zh: e for e, zh in RHYTHM_ZH.items()}}
Faults = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of the file: its line, its texts, and where each of them stands."""

    line: int
    texts: Mapping[str, str]
    places: Mapping[str, str]

    def get(self, name: str) -> str:
        """Return a field; what is not given is empty."""
        return self.texts.get(name, "")


@dataclass(slots=True)
class Given:
    """What a file holds, and what was wrong with its form."""

    head: Entry
    tables: Mapping[str, Sequence[Entry]]
    faults: Faults = field(default_factory=list)


def read_given(given: Given) -> PlanDocument:
    """Return what a file says.

    Raises:
        UnreadablePlanError: with every fault, by its place.
    """
    faults = [*given.faults, *_too_much(given)]
    rows, remarks = _rows(given.tables.get("schedule", ()), faults)
    faults += _faults_of_head(given.head)
    bodies = [_body(each, faults) for each in given.tables.get("bodies", ())]
    basis = [_citation(each, faults) for each in given.tables.get("basis", ())]
    cycles = [_cycle(each, faults) for each in given.tables.get("cycles", ())]
    if not rows and not faults:
        faults.append((given.head.places.get("schedule", "$.schedule"), "没有一行任务 (no rows)"))
    _refuse(faults)
    issued, years = given.head.get("issued_on"), given.head.get("years")
    return PlanDocument(
        title=given.head.get("title"),
        number=given.head.get("number") or None,
        issued_on=date.fromisoformat(issued) if issued else None,
        years=int(years) if years else None,
        rows=tuple(rows),
        bodies=tuple(bodies),
        citations=tuple(basis),
        cycles=tuple(each for each in cycles if each),
        remarks=tuple(remarks),
    )


def _refuse(faults: Faults) -> None:
    fields: dict[str, list[str]] = {}
    for place, reason in faults:
        fields.setdefault(place, []).append(reason)
    if fields:
        raise UnreadablePlanError(
            f"有 {len(faults)} 处须改正，没有导入任何内容",
            f"{len(faults)} things are to be mended; nothing was imported",
            fields=fields,
            fixes=["按 validationErrors 所指的位置逐项改正 (mend each at its place)"],
        )


def _too_much(given: Given) -> Iterator[tuple[str, str]]:
    for name, entries in given.tables.items():
        if len(entries) > MAX_ROWS:
            yield f"$.{name}", f"有 {len(entries)} 行，上限 {MAX_ROWS} (at most {MAX_ROWS} rows)"
    for each in (given.head, *(entry for table in given.tables.values() for entry in table)):
        for name, text in each.texts.items():
            if len(text) > MAX_TEXT:
                yield each.places[name], f"超过 {MAX_TEXT} 字 (more than {MAX_TEXT} characters)"


def _faults_of_head(head: Entry) -> Iterator[tuple[str, str]]:
    if not head.get("title"):
        yield _place(head, "title"), "缺少规划名称 (the title is missing)"
    if head.get("number") and not is_number(head.get("number")):
        yield _place(head, "number"), "文号写作如 重建院发〔2020〕18号 (a number of a document)"
    if head.get("issued_on") and not _is_day(head.get("issued_on")):
        yield _place(head, "issued_on"), "日期写作如 2020-12-18 (a date, such as 2020-12-18)"
    years = head.get("years")
    is_short = years.isascii() and years.isdigit() and len(years) <= len(str(MAX_YEARS))
    if years and not (is_short and 1 <= int(years) <= MAX_YEARS):
        yield _place(head, "years"), f"年限为 1–{MAX_YEARS} 的整数 (a whole number of years)"


def _place(entry: Entry, name: str) -> str:
    return entry.places[name]


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _rows(entries: Sequence[Entry], faults: Faults) -> tuple[list[Row], list[Remark]]:
    above: dict[Column, str] = {}
    remarks: list[Remark] = []
    rows: list[Row] = []
    for entry in entries:
        given = {column: entry.get(column.value) for column in Column}
        if any(given.values()):
            row = row_of(entry.line, given, above, remarks, named=True)
            faults += _faults_of_row(entry, row)
            rows.append(row)
    return rows, remarks


def _faults_of_row(entry: Entry, row: Row) -> Iterator[tuple[str, str]]:
    if not row.text(Column.TASK):
        yield _place(entry, "task"), "缺少工作任务，上一行也没有 (no task, nor one above)"
    if not row.text(Column.START):
        yield _place(entry, "start"), "缺少开始时间 (it does not say when it starts)"
    for column, read in ((Column.START, row.start), (Column.END, row.end)):
        text = row.text(column)
        if text and read is None and not (column is Column.END and row.ongoing):
            reason = f"“{text[:20]}”读不出年月，写作 2021.02 或“持续” (say year and month)"
            yield _place(entry, column.value), reason
    if row.start and row.end and row.end.last < row.start.first:
        reason = f"早于开始时间 {row.start.words} (it ends before it starts)"
        yield _place(entry, "end"), reason


def _body(entry: Entry, faults: Faults) -> Body:
    if not entry.get("title"):
        faults.append((_place(entry, "title"), "缺少机构名称 (the body has no title)"))
    members = [
        Member(entry.line, place, party)
        for place in Place
        for party in parties_listed(entry.get(place.value))
        if party
    ]
    duties = tuple(Duty(entry.line, each) for each in duties_listed(entry.get("duties")))
    if not members and not duties:
        faults.append((_place(entry, "head"), "没有成员，也没有职责 (neither members nor duties)"))
    return Body(line=entry.line, title=entry.get("title"), members=tuple(members), duties=duties)


def _citation(entry: Entry, faults: Faults) -> Citation:
    number = entry.get("number")
    if not entry.get("title"):
        faults.append((_place(entry, "title"), "缺少文件名称 (the document has no title)"))
    if number and not is_number(number):
        faults.append((_place(entry, "number"), "文号写作如 教职成厅〔2015〕2号 (its number)"))
    return Citation(line=entry.line, title=entry.get("title"), number=number or None)


def _cycle(entry: Entry, faults: Faults) -> CycleRule | None:
    level, rhythm = _LEVELS.get(entry.get("level")), _RHYTHMS.get(entry.get("rhythm"))
    only = YES_NO.get(entry.get("warning_only").lower())
    if level is None:
        faults.append((_place(entry, "level"), f"为 {'、'.join(LEVEL_ZH.values())} 之一 (a level)"))
    if rhythm is None:
        known = "、".join(RHYTHM_ZH.values())
        faults.append((_place(entry, "rhythm"), f"为 {known} 之一 (a rhythm)"))
    if only is None:
        faults.append((_place(entry, "warning_only"), "写“是”或“否” (yes or no)"))
    if level is None or rhythm is None or only is None:
        return None
    return CycleRule(
        line=entry.line,
        level=level,
        rhythm=rhythm,
        words=RHYTHM_ZH[rhythm],
        warning_only=only,
    )
