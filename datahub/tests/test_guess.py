"""A feed contract guessed from a sample: of the demo college, of OULAD, of single columns."""

import gzip
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain import mapping
from datahub.ingest.domain.feed_document import parse_feed
from datahub.ingest.domain.guess import EntityUnclearError, Guess, guess
from datahub.ingest.domain.guess_columns import Column, columns_of, is_personal
from datahub.ingest.domain.guess_file import sample_of_csv
from datahub.ingest.domain.guess_fit import Known
from datahub.ingest.domain.guess_names import Names
from datahub.ingest.domain.guess_spec import without_gaps
from datahub.ingest.domain.reading import Chunk
from datahub.ingest.repository.guessing import vocabulary
from helix8.demo import college as college_files
from helix8.demo import oulad
from helix8.demo.sources import the_college

COLLEGE = Path(str(college_files.__file__)).parent / "feeds"
OULAD = Path(str(oulad.__file__)).parent
DAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def known(dictionary: Dictionary) -> Known:
    """What the hub knows before any record has come."""
    return Known(dictionary=dictionary, vocabulary=vocabulary(dictionary), keys={})


def guessed(
    body: bytes | str, known: Known, entity: str | None = None, *, source: str = "academic"
) -> Guess:
    sample = sample_of_csv(body if isinstance(body, bytes) else body.encode())
    columns = columns_of(sample.frame.select(sample.columns), sample.labels)
    return guess(sample, columns, known, source, entity)


def column(*values: str | None) -> Column:
    [found] = columns_of(pl.DataFrame({"c": pl.Series(values, dtype=pl.String)}), {})
    return found


@pytest.fixture(scope="module")
def files() -> dict[str, tuple[bytes, dict[str, Any]]]:
    """The first CSV of each feed of the demo college, with the feed that is shipped for it."""
    found: dict[str, tuple[bytes, dict[str, Any]]] = {}
    for each in college_files.files(the_college(DAY)):
        if each.feed not in found and not each.name.endswith(".ndjson"):
            text = (COLLEGE / f"{each.feed}.toml").read_text(encoding="utf-8")
            found[each.feed] = (each.content[: 2**20], tomllib.loads(text))
    return found


def test_the_fields_of_the_demo_college_are_found(
    files: dict[str, tuple[bytes, dict[str, Any]]], known: Known
) -> None:
    missed = {}
    wrong = []
    fields = 0
    for feed, (body, shipped) in files.items():
        found = guessed(body, known)
        if found.entity.name != shipped["entity"]:
            wrong.append(feed)
        for name, spec in shipped["fields"].items():
            fields += 1
            columns = found.document["fields"].get(name, {}).get("from")
            if columns is None or columns != spec.get("from"):
                missed[f"{feed}.{name}"] = spec.get("from")

    assert wrong == []
    # Two constants, which no file shows, and a share of posts that is read out of their kind.
    assert missed == {
        "hr.staff.teaching_share": "人员类别",
        "assets.asset_item.class_standard": None,
        "quality.teaching_evaluation.scale_max": None,
    }
    assert 1 - len(missed) / fields >= 0.98


def test_what_is_found_gives_the_values_that_the_shipped_feeds_give(
    files: dict[str, tuple[bytes, dict[str, Any]]], known: Known
) -> None:
    other = []
    compared = 0
    for feed, (body, shipped) in files.items():
        found = guessed(body, known)
        sample = Chunk(sample_of_csv(body).frame, [])
        proposal = parse_feed(without_gaps(found.document), known.dictionary, 1)
        whole = parse_feed(shipped, known.dictionary, 1)
        theirs = mapping.apply(whole, sample, {}).good
        ours = mapping.apply(proposal, sample, {}).good
        both = theirs.join(ours, on="#line", suffix="?")
        for name in set(theirs.columns) & set(ours.columns) - {"#line", "#raw", "#key"}:
            compared += both.height
            if not both[name].equals(both[f"{name}?"], null_equal=True):
                other.append(f"{feed}.{name}")

    # There 0 is male and 1 female: codes of the standard too, which the proposal asks about.
    assert other == ["student_affairs.student.sex"]
    assert compared > 100_000


def test_equal_codes_are_asked_about(
    files: dict[str, tuple[bytes, dict[str, Any]]], known: Known
) -> None:
    found = guessed(files["student_affairs.student"][0], known)

    asked = {each.path: each.en for each in found.questions}
    assert asked["$.fields.sex.codes"] == (
        "the values of XBDM are codes of the standard: do they mean the same?"
    )


OULAD_FIELDS = {
    "assessments.csv": (
        "assignment",
        {"assignment_no", "course_code", "term", "kind", "due_on", "weight"},
    ),
    "studentAssessment.csv": (
        "assignment_submission",
        {"assignment_no", "student_no", "submitted_on", "banked", "score"},
    ),
    "studentInfo.csv": (
        "enrolment",
        {"student_no", "final_result", "previous_attempts", "studied_credits"},
    ),
    "studentRegistration.csv": (
        "enrolment",
        {"student_no", "registered_on", "unregistered_on"},
    ),
    "studentVle.tsv.gz": ("learning_daily", {"student_no", "date", "clicks"}),
}


@pytest.mark.parametrize("name", OULAD_FIELDS)
def test_the_tables_of_oulad_are_recognised(name: str, known: Known) -> None:
    body = (OULAD / "sample" / name).read_bytes()
    body = gzip.decompress(body)[: 2**20] if name.endswith(".gz") else body
    entity, fields = OULAD_FIELDS[name]

    found = guessed(body, known)

    assert (found.entity.name, set(found.document["fields"])) == (entity, fields)


def test_days_are_counted_from_a_day_that_the_user_names(known: Known) -> None:
    found = guessed((OULAD / "sample" / "studentAssessment.csv").read_bytes(), known)

    assert "parse" not in found.document["fields"]["submitted_on"]
    assert [each.path for each in found.questions] == ["$.fields.submitted_on.day0"]
    [fault] = found.trial.faults["$.fields"]
    assert "缺少主键字段 attempt" in fault
    assert "constant" in fault


def test_a_month_written_as_a_number_is_the_first_day_of_it(known: Known) -> None:
    found = guessed("学号,姓名,入学年月\n26001,王芳,202609\n26002,李强,202509\n", known)

    assert found.document["fields"]["enrolled_on"] == {"from": "入学年月", "formats": ["%Y%m"]}
    assert (found.trial.good, found.trial.faults, found.questions) == (2, {}, ())


def test_a_count_of_milliseconds_is_a_time_where_its_name_says_so(known: Known) -> None:
    found = guessed("学号,出生日期\n2026010001,1167580800000\n2026010002,1199116800000\n", known)

    fields = found.document["fields"]
    assert fields["birth_date"] == {"from": "出生日期", "formats": ["unix_ms"]}
    assert fields["student_no"] == {"from": "学号"}
    assert found.trial.good == 2


def test_a_decimal_comma_is_proposed_and_asked_about(known: Known) -> None:
    found = guessed("课程代码;课程名称;学分\nK1;制图;1,5\nK2;测量;2\nK3;实训;2,5\n", known)

    assert found.document["format"]["decimal_mark"] == ","
    assert found.document["fields"]["credits"] == {"from": "学分"}
    assert [each.path for each in found.questions] == ["$.format.decimal_mark"]
    assert (found.trial.good, found.trial.faults) == (3, {})


def test_amounts_in_ten_thousands_are_told_by_the_name_of_their_column(known: Known) -> None:
    found = guessed(
        "资产编号,资产名称,单价(万元)\nZ1,机床,1.5\nZ2,铣床,20\n", known, source="assets"
    )

    assert found.document["fields"]["original_value"] == {"from": "单价(万元)", "scale": 10_000}


def test_a_line_below_the_table_says_nothing_of_its_columns(known: Known) -> None:
    found = guessed("工号,姓名,性别\nT1,王芳,女\nT2,李强,男\n填表人：,张,审核：\n", known)

    assert found.document["format"]["footer"] == ["填表"]
    assert found.document["fields"]["sex"] == {"from": "性别", "codes": {"女": "2", "男": "1"}}
    assert (found.trial.good, found.trial.rows, found.questions) == (2, 2, ())


def test_of_two_entities_that_fit_alike_it_is_what_the_source_delivers(known: Known) -> None:
    table = "项目编号,项目名称,负责人工号\nP1,甲,T1\nP2,乙,T2\n"

    assert guessed(table, known, source="research").entity.name == "research_project"


def test_of_columns_that_fit_nothing_no_entity_is_proposed(known: Known) -> None:
    with pytest.raises(EntityUnclearError) as refused:
        guessed("aaa,bbb\n1,2\n", known)

    assert set(refused.value.fields) == {"query.entity"}
    assert guessed("aaa,bbb\n1,2\n", known, "course").entity.name == "course"


def test_english_headers_and_words_are_understood(known: Known) -> None:
    found = guessed(
        "Gender,FirstName,StudentID,Birthday,SchoolName,Phone\n"
        "Female,Ann,S1,8/14/2006,Arts,1-910-244-5329\n"
        "Male,Bob,S2,10/2/2002,Arts,1-319-857-5775\n",
        known,
    )

    fields = found.document["fields"]
    assert found.entity.name == "student"
    assert fields["student_no"] == {"from": "StudentID"}
    assert fields["sex"] == {"from": "Gender", "codes": {"Female": "2", "Male": "1"}}
    assert fields["birth_date"] == {"from": "Birthday", "formats": ["%m/%d/%Y"]}
    assert found.document["ignore"] == ["FirstName", "SchoolName"]
    assert (found.trial.good, found.trial.rows) == (2, 2)


def test_the_order_of_day_and_month_is_asked_and_not_chosen(known: Known) -> None:
    found = guessed("xh,csrq\nA,03/04/2001\nB,05/06/2002\n", known, "student")

    [asked] = found.questions
    assert asked.path == "$.fields.birth_date.formats"
    assert asked.choices == ("%m/%d/%Y", "%d/%m/%Y")
    assert found.document["fields"]["birth_date"] == {"from": "csrq"}


def test_an_unknown_value_stays_open_for_the_user(known: Known) -> None:
    found = guessed("xh,xb\n1,男\n2,女\n3,未明\n4,男\n", known, "student")

    codes = found.specs["sex"].codes
    assert codes is not None
    assert (codes.coverage, codes.unmapped) == (0.75, {"未明": 1})
    assert found.document["fields"]["sex"]["codes"] == {"男": "1", "女": "2", "未明": "?"}
    assert found.trial.good == 3


def test_a_word_for_nothing_may_be_a_value_elsewhere(known: Known) -> None:
    rows = "".join(f"{at},M{at},{'无' if at % 2 else '省级'},NULL\n" for at in range(8))

    found = guessed(f"zyh,zymc,zdzyjb,zyqh\n{rows}", known, "major")

    assert found.document["null_words"] == ["NULL"]
    assert found.document["fields"]["key_level"] == {
        "from": "zdzyjb",
        "codes": {"省级": "2", "无": "9"},
        "null_words": [],
    }
    assert found.trial.good == 8


@pytest.mark.parametrize(
    ("rows", "term"),
    [
        ("xnm,xqm,xh,kch,cj\n2026,3,A,B,85\n2026,12,A,C,60\n", "2026-2027-1"),
        ("xn,xq,xh,kch,cj\n2026-2027,1,A,B,85\n2026-2027,2,A,C,60\n", "2026-2027-1"),
        ("xnm,xqm,xh,kch,cj\n2026,0,A,B,85\n2026,1,A,C,60\n", "2026-2027-1"),
        ("学年学期,学号,课程号,成绩\n2026-2027学年第一学期,A,B,85\n", "2026-2027-1"),
        ("学年学期,学号,课程号,成绩\n2026-2027(1),A,B,85\n", "2026-2027-1"),
        ("学年学期,学号,课程号,成绩\n2026-2027-1,A,B,85\n", "2026-2027-1"),
    ],
)
def test_terms_are_read_as_several_systems_write_them(rows: str, term: str, known: Known) -> None:
    spec = guessed(rows, known, "score").document["fields"]["term"]
    fields = {name: {"constant": "x"} for name in ("student_no", "course_code")}
    fields |= {"term": spec, "grade_type": {"constant": "end"}, "attempt": {"constant": "1"}}
    document = {"feed": "f", "source": "academic", "entity": "score", "fields": fields}
    feed = parse_feed({**document, "unknown_fields": "ignore"}, known.dictionary, 1)

    mapped = mapping.apply(feed, Chunk(sample_of_csv(rows.encode()).frame, []), {})

    assert mapped.good["term"][0] == term


def test_a_column_of_keys_is_known_by_the_records_that_are_there(dictionary: Dictionary) -> None:
    keys = {"org_unit": frozenset({"JWC", "XGC", "RSC"})}
    known = Known(dictionary=dictionary, vocabulary=vocabulary(dictionary), keys=keys)
    body = "gh,xm,wz\nT1,张三,JWC\nT2,李四,XGC\nT3,王五,RSC\n"

    found = guessed(body, known, "staff")

    placed = {each.target: (each.column, each.match.score) for each in found.placed}
    assert placed["org_code"] == ("wz", 0.6)


def test_the_same_sample_gives_the_same_proposal(
    files: dict[str, tuple[bytes, dict[str, Any]]], known: Known
) -> None:
    body = files["hr.staff"][0]

    assert guessed(body, known).document == guessed(body, known).document


def test_a_control_character_in_a_cell_is_seen_as_the_batch_will(known: Known) -> None:
    found = guessed("学号,姓名\n1,张三\r丰\n2,李\x00四\n3,王五\n", known, "student")

    assert (found.trial.rows, found.trial.good) == (3, 2)
    assert found.trial.reasons == (("control-character", "$.姓名", 1),)


def test_what_spreadsheets_did_is_seen() -> None:
    damage = column('="001"', "'002", "20210101.0", "2.02E+8", "44440", "20-Oct", "#REF!").damage

    assert [(each.kind, each.rows, each.example) for each in damage] == [
        ("wrapped", 2, '="001"'),
        ("trailing-zero", 1, "20210101.0"),
        ("exponent", 1, "2.02E+8"),
        ("serial-date", 1, "44440"),
        ("day-month", 1, "20-Oct"),
        ("cell-error", 1, "#REF!"),
    ]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("500106200310131013", "510202199901010017"), "id-number"),
        (("13800138000", "13900139000"), "phone"),
        (("a@b.cn", "c@d.cn"), "email"),
        (("2026-2027-1", "2026-2027-2"), "term"),
        (("96.5%", "80%"), "percent"),
        (("2026-01-02 08:30:00", "2026-01-03 09:00:00"), "timestamp"),
        (("2026-01-02", "2026.1.3"), "date"),
        (("44440", "44441"), "date"),
        (("1", "20", "-3"), "integer"),
        (("1.5", "2,000.25"), "decimal"),
        (("￥12万", "3000元"), "money"),
        (("是", "否", "是"), "boolean"),
        (("甲", "乙") * 5, "code"),
        (("甲乙丙丁戊", "己庚", "辛壬癸"), "text"),
        ((None, "NULL", "—"), "empty"),
    ],
)
def test_the_kind_of_a_column_is_told(values: tuple[str | None, ...], kind: str) -> None:
    assert column(*values).kind == kind


@pytest.mark.parametrize(
    ("values", "formats", "choices"),
    [
        (("2026-01-02", "20260103", "2026.1"), ("%Y-%m-%d", "%Y%m%d", "%Y.%m"), ()),
        (("2026年9月1日", "44440"), ("%Y年%m月%d日", "excel"), ()),
        (("8/15/2020", "1/2/2020"), ("%m/%d/%Y",), ()),
        (("15.8.2020", "1.2.2020"), ("%d.%m.%Y",), ()),
        (("1/2/2020", "3/4/2020"), (), ("%m/%d/%Y", "%d/%m/%Y")),
        (("15/8/2020", "8/15/2020"), (), ()),
    ],
)
def test_the_forms_of_dates_are_found(
    values: tuple[str, ...], formats: tuple[str, ...], choices: tuple[str, ...]
) -> None:
    found = column(*values).dates

    assert (found.formats, found.choices) == (formats, choices)


def test_what_belongs_to_a_person_is_recognised() -> None:
    assert is_personal(column("张三", "李四", "王小明", "赵六", "钱七", "孙八", "周九"))
    assert is_personal(column("13800138000", "无", "13900139000"))
    assert not is_personal(column(*("在读", "休学", "退学") * 5))
    assert not is_personal(column("机电工程系办公室", "教务处"))


@pytest.mark.parametrize(
    ("entity", "field", "name", "least"),
    [
        ("student", "student_no", "XH", 0.75),
        ("student", "student_no", "student_no", 1.0),
        ("student", "student_no", "学生学号", 0.9),
        ("student", "grade_year", "njdm_id", 0.7),
        ("student", "political", "ZZMM", 0.9),
        ("course", "name", "CourseName", 0.95),
        ("org_unit", "org_code", "部门编号", 0.9),
        ("asset_item", "purchased_on", "购置时间", 0.85),
        ("teaching_evaluation", "response_ratio", "cpl", 0.85),
        ("student", "student_no", "宿舍", 0.0),
    ],
)
def test_a_field_is_known_by_many_names(
    entity: str, field: str, name: str, least: float, known: Known
) -> None:
    names = Names([known.dictionary.entities[entity]], known.vocabulary)

    found = names.matches(name, None).get(entity, {})

    score = found[field].score if field in found else 0

    assert (score >= least) if least else (score == 0)


@pytest.mark.parametrize(
    ("entity", "body", "likeliest"),
    [
        (
            "student",
            "学号,名字,籍贯\n1,张三,北京\n2,李四,广东\n",
            {"名字": "name", "籍贯": None},
        ),
        (
            "company",
            (
                "企业名称,性质,合作日期,订单人数,年收入\n"
                "甲,民营企业,2024-03-01,30,120万\n乙,国有企业,2023-02-01,20,300万\n"
            ),
            {
                "性质": "nature",
                "合作日期": "partner_since",
                "订单人数": "order_students",
                "年收入": "service_income",
            },
        ),
        (
            "library_loan",
            (
                "条码,题名,借出,应还,归还\n"
                "A1,红楼梦,2026-01-02,2026-02-02,2026-01-20\nA2,西游记,2026-01-03,2026-02-03,\n"
            ),
            {
                "条码": None,
                "题名": "title",
                "借出": "borrowed_on",
                "应还": "due_on",
                "归还": "due_on",
            },
        ),
    ],
)
def test_a_college_s_own_words_are_asked_about_with_candidates(
    known: Known, entity: str, body: str, likeliest: dict[str, str | None]
) -> None:
    found = guessed(body, known, entity)

    asked = [each for each in found.questions if each.path == "$.ignore"]
    assert {each.zh.split(" ")[0]: next(iter(each.choices), None) for each in asked} == likeliest
    assert found.document["ignore"] == [*likeliest]


def test_credit_codes_are_read_as_such(known: Known) -> None:
    body = "统一社会信用代码,企业名称\n91350100M000100Y43,甲\n91110000600037341L,乙\n"

    found = guessed(body, known, "company")

    [spec] = [
        each for each in found.document["fields"].values() if each["from"] == "统一社会信用代码"
    ]
    assert spec["parse"] == "uscc"


def test_dates_of_two_orders_in_one_column_are_asked_about(known: Known) -> None:
    body = "学号,姓名,出生日期\n1,张三,13/02/2006\n2,李四,02/13/2006\n3,王五,01/02/2006\n"

    found = guessed(body, known, "student")

    [asked] = [each for each in found.questions if each.path == "$.fields.birth_date.formats"]
    assert asked.choices == ("%d/%m/%Y", "%m/%d/%Y")


def test_lines_below_the_table_are_proposed_as_its_footer(known: Known) -> None:
    rows = [f"{at},张三,男" for at in range(20)]
    body = "\n".join(["学号,姓名,性别", *rows, "合计,20,", "制表人：李四,,"]) + "\n"

    found = guessed(body, known, "student")

    assert found.document["format"]["footer"] == ["合计", "制表"]
    assert "footer" not in guessed("\n".join(["学号,姓名,性别", *rows]), known).document["format"]


def test_common_words_repeat_no_label_of_the_dictionary(dictionary: Dictionary) -> None:
    words = vocabulary(dictionary)

    assert [
        (of, word)
        for of, said in words.values.items()
        if "." in of
        for word, code in said.items()
        if word.casefold() in {label.casefold() for label in words.labels[of].get(code, ())}
    ] == []


def test_the_labels_of_an_enumeration_are_understood(known: Known) -> None:
    found = guessed(
        "学号,课程号,学年学期,成绩类型,分数\n1,A,2026-2027-1,期中成绩,80\n2,A,2026-2027-1,平时,80\n",
        known,
        "score",
    )

    assert found.document["fields"]["grade_type"]["codes"] == {"期中成绩": "mid", "平时": "usual"}
