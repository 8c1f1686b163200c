"""Every known way in which real systems disagree has the outcome that was written down for it.

``dirty/dirty_cases.csv`` lists the cases; ``dirty/*.toml`` are the contracts of the sources, as a
college would write them. Cases of files and code tables are here too; those that need what was
stored before are in ``test_dirty_cases_by_http.py``.
"""

import csv
import io
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from datahub.dictionary.domain.code_rows import conflicting_elements, rejected_code_rows
from datahub.dictionary.domain.entity import Dictionary, FieldType
from datahub.dictionary.domain.entity_document import parse_entity
from datahub.ingest.domain import mapping
from datahub.ingest.domain.columns import Found
from datahub.ingest.domain.feed import Feed, Lookup
from datahub.ingest.domain.feed_document import parse_feed
from datahub.ingest.domain.html_table import read_html
from datahub.ingest.domain.ledger import Verdict
from datahub.ingest.domain.mapping import Mapped
from datahub.ingest.domain.reading import Chunk
from datahub.ingest.domain.reading_csv import read_csv
from datahub.ingest.domain.reading_json import read_records
from datahub.ingest.domain.sheets import as_rows
from datahub.ingest.usecases.deliveries import with_bad_lines

FOLDER = Path(__file__).parent / "dirty"
TODAY = date(2026, 11, 23)
KNOWN = "0202010123"

with (FOLDER / "dirty_cases.csv").open(encoding="utf-8", newline="") as lines:
    ROWS: dict[str, dict[str, str]] = {row["id"]: row for row in csv.DictReader(lines)}


@dataclass(frozen=True)
class Case:
    """How a case is put to the hub; see ``cases.toml``."""

    feed: str
    field: str
    row: Mapping[str, str] | str
    code: str | None = None
    guess: str | None = None
    expected: str | list[str] | None = None
    why: str | None = None
    beside: Mapping[str, str] = field(default_factory=dict)


CASES = {
    number: Case(**each)
    for number, each in tomllib.loads((FOLDER / "cases.toml").read_text("utf-8")).items()
}

ELSEWHERE = {
    # Files and code tables: below.
    *("D027", "D108", "D109", "D116", "D117", "D118", "D119", "D120", "D121", "D125", "D131"),
    "D135",
    # What was stored before decides: test_dirty_cases_by_http.py.
    *("D126", "D127", "D128", "D129", "D130"),
}

MAPPED = frozenset({"map", "map_per_source", "split"})
STANDS = {*MAPPED, "map+warn", "warn"}
FATES = {"quarantine": Verdict.QUARANTINED, "reject_row": Verdict.REJECTED}

BASE: dict[str, str] = {
    **dict.fromkeys(("XH", "code", "xh", "学号", "id", "id_student", "工号", "JGH"), "1"),
    **dict.fromkeys(("class", "course", "kch", "KCH", "student", "编号", "ID", "XXDM"), "C1"),
    **dict.fromkeys(("ZJSJWYXBS",), "A1"),
    "term": "2024-2025-1",
    "XNXQDM": "2024-2025-1",
    "xnm": "2024",
    "xqm": "3",
    "date": "2026-11-23",
    "sections": "1-2",
}
"""What a row needs beside the column that the case is about."""


def raw_of(number: str) -> str:
    """Return what the source writes: the list shows tabs, line breaks and nothing by signs."""
    text = ROWS[number]["raw"].removesuffix("(empty)")
    return text.replace("\\t", "\t").replace("\\n", "\n")


@pytest.fixture(scope="module")
def known(dictionary: Dictionary) -> Dictionary:
    """The dictionary, and an entity of shapes that it has no field for."""
    sample = parse_entity(tomllib.loads((FOLDER / "sample_entity.toml").read_text("utf-8")))
    return replace(dictionary, entities={**dictionary.entities, "sample": sample})


Load = Callable[[str], Feed]


@pytest.fixture(scope="module")
def load(known: Dictionary) -> Load:
    """Return the feed of a name."""

    def feed(name: str) -> Feed:
        document = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
        return parse_feed(document, known, 1)

    return feed


def record(feed: Feed, case: Case, number: str) -> dict[str, str]:
    own = {case.row: raw_of(number)} if isinstance(case.row, str) else dict(case.row)
    return {name: BASE[name] for name in feed.columns & BASE.keys()} | own


def whole(records: Sequence[object]) -> Chunk:
    """Return records as the one chunk that they are."""
    [chunk] = read_records(records)
    return chunk


def applied(feed: Feed, row: Mapping[str, str], found: Found | None = None) -> Mapped:
    return mapping.apply(feed, whole([row]), found or {}, TODAY)


def canonical(feed: Feed, name: str, text: str | None) -> Any:
    """Return a value that equals another exactly when the records would."""
    match feed.entity.fields[name].type:
        case _ if text is None:
            return None
        case FieldType.DECIMAL | FieldType.INTEGER:
            return Decimal(text)
        case FieldType.TIMESTAMP:
            return datetime.fromisoformat(text)
        case FieldType.LIST:
            return [part.strip('"') for part in text.strip("{}[]").split(",")]
        case _:
            return text


def expected(feed: Feed, case: Case, number: str) -> Any:
    text = ROWS[number]["expected"] if case.expected is None else case.expected
    assert (case.expected is None) == (case.why is None), "an exception needs its reason"
    if isinstance(text, list):
        return text
    if case.field == "term":
        text = text.replace("/", "-")
    return canonical(feed, case.field, None if text in {"", "null"} else text)


def test_every_case_of_the_list_is_tested_once() -> None:
    assert sorted([*CASES, *ELSEWHERE]) == sorted(ROWS)
    assert len(ROWS) == 139


@pytest.mark.parametrize("number", [n for n in CASES if ROWS[n]["action"] in STANDS])
def test_a_value_becomes_what_the_list_says(load: Load, number: str) -> None:
    case, action = CASES[number], ROWS[number]["action"]
    feed = load(case.feed)

    mapped = applied(feed, record(feed, case, number))

    assert mapped.verdicts == []
    [row] = mapped.good.to_dicts()
    assert canonical(feed, case.field, row[case.field]) == expected(feed, case, number)
    assert {name: row[name] or "" for name in case.beside} == case.beside
    assert dict(mapped.warned.codes) == ({} if action in MAPPED else {case.code: 1})


@pytest.mark.parametrize("number", [n for n in CASES if ROWS[n]["action"] in FATES])
def test_a_row_is_put_aside_with_its_reason_and_its_raw_text(load: Load, number: str) -> None:
    case = CASES[number]
    feed = load(case.feed)
    row = record(feed, case, number)

    mapped = applied(feed, row)

    [verdict] = mapped.verdicts
    assert (verdict.verdict, verdict.code) == (FATES[ROWS[number]["action"]], case.code)
    assert (f"可能是 {case.guess} " in verdict.message) == (case.guess is not None)
    assert mapped.raw == {1: row}
    assert mapped.good.height == 0


def test_the_actions_of_the_list_are_the_ones_tested() -> None:
    assert {ROWS[number]["action"] for number in CASES} == STANDS | FATES.keys()


# --- what the rule of a case says beside its one row


@pytest.mark.parametrize("blank", ["男 ", "男\u3000", "\u00a0男", "\t男\r\n"])
def test_blanks_around_a_label_say_nothing_d007(load: Load, blank: str) -> None:
    [row] = applied(load("zhengfang.student"), {"xh": "1", "xb": blank}).good.to_dicts()
    assert row["sex"] == "1"


def test_an_empty_value_is_null_where_no_default_is_declared_d013(load: Load) -> None:
    [row] = applied(load("zhengfang.student"), {"xh": "1", "xb": ""}).good.to_dicts()
    assert row["sex"] is None


def test_a_padded_number_is_taken_where_the_registry_knows_it_d069(load: Load) -> None:
    feed = load("zeros.student")
    chunk = whole([{"学号": raw_of("D069")}, {"学号": "202010124.0"}, {"学号": KNOWN}])
    [(lookup, keys)] = mapping.lookup_keys(feed, chunk).items()

    mapped = mapping.apply(feed, chunk, {lookup: {KNOWN: KNOWN}}, TODAY)

    assert lookup == Lookup(entity="student", key=("学号",), take="student_no")
    assert keys == [KNOWN, "0202010124"]
    assert mapped.good["#key"].to_list() == [KNOWN]
    assert [(each.row, each.code) for each in mapped.verdicts] == [
        (2, "lost-zero"),
        (1, "duplicate-key"),
    ]
    assert dict(mapped.warned.codes) == {}


def test_a_restored_zero_is_a_warning_d069(load: Load) -> None:
    feed = load("zeros.student")
    lookup = Lookup(entity="student", key=("学号",), take="student_no")

    mapped = applied(feed, {"学号": raw_of("D069")}, {lookup: {KNOWN: KNOWN}})

    assert mapped.good["student_no"].to_list() == [ROWS["D069"]["expected"]]
    assert dict(mapped.warned.codes) == {"zero-restored": 1}


@pytest.mark.parametrize("separator", [",", "，", ";", "；", "、", "/"])
def test_several_teachers_stand_in_one_cell_d075(load: Load, separator: str) -> None:
    row = {"class": "C", "course": "K", "term": "2024-2025-1", "JGH": f"10001{separator} 10002"}
    assert applied(load("openurp.teaching_class"), row).good["teacher_nos"].to_list() == [
        '{"10001","10002"}'
    ]


def test_a_trimmed_formula_is_unwrapped_too_d071(load: Load) -> None:
    mapped = applied(load("excel.student"), {"学号": '=trim("20210101")'})
    assert mapped.good["student_no"].to_list() == ["20210101"]


@pytest.mark.parametrize("dot", ["\u2022", "\u2027", "\uff0e", "\u30fb"])
def test_every_dot_of_a_name_is_the_one_dot_d112(load: Load, dot: str) -> None:
    mapped = applied(load("excel.student"), {"学号": "1", "姓名": f"买买提{dot}阿不都"})
    assert mapped.good["name"].to_list() == ["买买提\u00b7阿不都"]


@pytest.mark.parametrize("word", ["NULL", "null", "N/A", "无", "—", "/", "\\N"])
def test_the_words_for_nothing_are_null_d121(load: Load, word: str) -> None:
    assert word in ROWS["D121"]["raw"]
    mapped = applied(load("excel.student"), {"学号": "1", "姓名": word})
    assert mapped.good["name"].to_list() == [None]


def test_the_same_code_is_another_class_in_the_other_catalogue_d132(load: Load) -> None:
    rows = [{"year": year, "code": "5401"} for year in ("2015", "2021")]

    mapped = mapping.apply(load("catalogue.major"), whole(rows), {}, TODAY)

    assert mapped.good["name"].to_list() == ["建筑设计类", "旅游类"]


@pytest.mark.parametrize(("text", "code"), [("96.5", "not-ratio"), ("1.01", "not-ratio")])
def test_a_bare_number_above_one_is_no_ratio_d139(load: Load, text: str, code: str) -> None:
    mapped = applied(load("excel.sample"), {"编号": "1", "比率": text})
    assert [each.code for each in mapped.verdicts] == [code]


# --- files


def read(feed: Feed, body: bytes, *, html: bool = False) -> Mapped:
    """Read a file and map it as an upload does."""
    stream = io.BytesIO(body)
    chunks = (
        read_html(stream, feed.encoding)
        if html
        else read_csv(stream, feed.encoding, feed.delimiter)
    )
    [chunk] = as_rows(chunks, feed)
    return with_bad_lines(mapping.apply(feed, chunk, {}, TODAY), chunk)


HEADER = "部门,工号,姓名\n"


def test_a_character_beyond_gbk_is_read_d108(load: Load) -> None:
    body = f"{HEADER}D1,1,\u4dae\n".encode("gb18030")
    assert b"\xfe\x9f" in body

    assert read(load("sheet.staff"), body).good["name"].to_list() == ["\u4dae"]


def test_a_byte_order_mark_is_no_part_of_the_first_column_d109(load: Load) -> None:
    mapped = read(load("excel.student"), "\ufeff学号,姓名\n1,张三\n".encode())

    assert mapped.verdicts == []
    assert mapped.good["student_no"].to_list() == ["1"]


@pytest.mark.parametrize("sign", [";", ",", "\t", "|"])
def test_a_delimiter_is_found_where_the_feed_says_so_d116(load: Load, sign: str) -> None:
    body = f"{HEADER}D1,1,张三\n".replace(",", sign).encode("gb18030")

    assert read(load("sheet.staff"), body).good["name"].to_list() == ["张三"]


@pytest.mark.parametrize(("rows", "warned"), [(1_048_575, 1), (65_535, 1), (65_534, 0)])
def test_a_file_that_ends_where_a_sheet_ends_is_suspect_d117(
    load: Load, rows: int, warned: int
) -> None:
    feed = load("zeros.student")
    body = "学号\n".encode() + b"0202010123\n" * rows

    chunks = list(as_rows(read_csv(io.BytesIO(body), "utf-8", ","), feed))

    odd = [each for chunk in chunks for each in chunk.odd]
    assert [(each.line, each.code) for each in odd] == [(rows, "excel-row-limit")] * warned
    assert sum(chunk.received for chunk in chunks) == rows
    last = with_bad_lines(mapping.apply(feed, chunks[-1], {}, TODAY), chunks[-1])
    assert last.warned.codes.get("excel-row-limit", 0) == warned


PAGE = """<html><head><meta charset="gb2312"><style>td {color: red}</style></head><body>
<table border=1><tr><td colspan=3>教职工名册</td></tr>
<tr><th>部门<th>工号<th>姓&nbsp;名</tr>
<tr><td rowspan="2">D1</td><td style='mso-number-format:"\\@"'>0001</td><td>张 三</td></tr>
<tr><td>0002<td>李四&amp;<br/>王五
<tr><td>合计</td><td colspan=2>2</td></tr></table></body></html>"""


def test_a_page_that_is_called_xls_is_read_as_a_table_d118(load: Load) -> None:
    mapped = read(
        load("sheet.staff"), PAGE.replace("姓&nbsp;名", "姓名").encode("gb18030"), html=True
    )

    assert mapped.good.select("#line", "org_code", "staff_no", "name").rows() == [
        (1, "D1", "0001", "张三"),
        (2, "D1", "0002", "李四&\n王五"),
    ]
    assert [(each.row, each.code) for each in mapped.verdicts] == [(3, "footer-row")]


def test_cells_below_a_merged_one_repeat_it_d119(load: Load) -> None:
    body = f"{HEADER}D1,1,a\n,2,b\n  ,3,c\nD2,4,d\n,5,e\n".encode("gb18030")

    assert read(load("sheet.staff"), body).good["org_code"].to_list() == [
        "D1",
        "D1",
        "D1",
        "D2",
        "D2",
    ]


def test_a_merged_cell_reaches_into_the_next_part_of_a_file_d119(load: Load) -> None:
    feed = load("sheet.staff")
    first = whole([{"部门": "D1", "工号": "1", "姓名": "a"}])
    second = whole([{"部门": "", "工号": "2", "姓名": "b"}])

    frames = [chunk.frame for chunk in as_rows([first, second], feed)]

    assert [frame["部门"].to_list() for frame in frames] == [["D1"], ["D1"]]


def test_lines_behind_the_rows_are_refused_and_kept_d120(load: Load) -> None:
    body = f"{HEADER}D1,1,a\n合计,1,\n制表人：王五\n".encode("gb18030")

    mapped = read(load("sheet.staff"), body)

    assert mapped.good["staff_no"].to_list() == ["1"]
    assert sorted((each.row, each.verdict.value, each.code) for each in mapped.verdicts) == [
        (2, "rejected", "footer-row"),
        (3, "rejected", "footer-row"),
    ]
    assert mapped.raw == {
        2: {"_raw": '{"部门":"合计","工号":"1"}'},
        3: {"_raw": "制表人：王五"},
    }


def test_of_rows_that_say_the_same_twice_the_last_counts_d125(load: Load) -> None:
    row = {"xh": "1", "kch": "C1", "xnm": "2024", "xqm": "3"}
    chunk: Chunk = whole([{**row, "cj": "55"}, {**row, "cj": "60"}])

    mapped = mapping.apply(load("zhengfang.score"), chunk, {}, TODAY)

    assert mapped.good["number"].to_list() == ["60"]
    assert [(each.row, each.verdict) for each in mapped.verdicts] == [(1, Verdict.DUPLICATE)]


# --- code tables


def test_rows_of_a_code_table_that_mean_nothing_are_refused_d027_d028_d131() -> None:
    table = [
        ("11", "在职"),
        ("", ""),
        ("50", "50"),
        ("6301", "物流类"),
        ("6301", "财政税务类"),
        ("6302", "财政类"),
        ("6302", "财政类"),
    ]

    assert rejected_code_rows(table) == [
        (2, "blank-code-row"),
        (3, "label-equals-code"),
        (4, "duplicate-code"),
        (5, "duplicate-code"),
    ]


def test_an_element_id_of_two_fields_is_pointed_out_d135() -> None:
    elements = [
        ("ZYGXX010118", "ODS_XXJBSJ", "XXBXLXM"),
        ("ZYGXX010118", "ODS_XXJBSJ", "SJCJSJ"),
        ("ZYGXX010101", "ODS_XXJBSJ", "ZJSJWYXBS"),
        ("ZYGXX010101", "ODS_XXHXTJSSJ", "ZJSJWYXBS"),
    ]

    assert conflicting_elements(elements) == {
        "ZYGXX010118": {"ODS_XXJBSJ.XXBXLXM", "ODS_XXJBSJ.SJCJSJ"}
    }
