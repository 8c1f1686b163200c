"""How a sample is written is found: encoding, delimiter, header; what is not certain is told."""

from collections.abc import Iterator

import pytest

from datahub.ingest.domain.guess_file import (
    SampleRefusedError,
    Written,
    encoding_of,
    sample_of_csv,
    sample_of_rows,
)
from datahub.ingest.domain.reading import UnreadableFileError


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        ("学号\n".encode(), "utf-8"),
        ("学号\n".encode("utf-8-sig"), "utf-8-sig"),
        ("学号,䶮\n".encode("gb18030"), "gb18030"),
        ("学号".encode()[:-1], "utf-8"),
        ("学号,姓名".encode("gb18030")[:-1], "gb18030"),
        ("学号,姓名".encode("utf-16")[:-1], "utf-16"),
    ],
)
def test_the_encoding_is_found_though_the_sample_is_cut(body: bytes, encoding: str) -> None:
    assert encoding_of(body) == encoding


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("a,b\n1,2\n".encode("utf-16-le"), "UTF-16"),
        (b"a,b\n\xff\xff,1\n", "neither in UTF-8 nor in GB18030 nor in Big5"),
        (b"", "names the columns"),
        (b"1,2\n3,4\n", "names the columns"),
    ],
)
def test_a_sample_that_tells_nothing_is_refused_with_a_remedy(body: bytes, words: str) -> None:
    with pytest.raises(SampleRefusedError, match=words) as refused:
        sample_of_csv(body)

    assert refused.value.fixes


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    rows = [["xh", "xm", "bz"], ["1", "张三", "a, b; c"], ["2", "李四", ""], ["3", "王", "x"]]
    body = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows).encode()

    sample = sample_of_csv(body)

    assert (sample.delimiter, sample.columns) == (delimiter, ["xh", "xm", "bz"])


@pytest.mark.parametrize("delimiter", ["^", "~", "#", "\x01", "¦"])
def test_any_sign_that_cuts_the_rows_evenly_is_found_and_told_as_a_doubt(delimiter: str) -> None:
    rows = [
        ["xh", "xm", "bz"],
        ["1", "张三", "a, b"],
        ["2", "李四", "2026-01-02"],
        ["3", "王", "x"],
    ]

    sample = sample_of_csv("\n".join(delimiter.join(row) for row in rows).encode())

    assert (sample.delimiter, sample.columns) == (delimiter, ["xh", "xm", "bz"])
    assert [each.name for each in sample.doubts] == ["delimiter"]


@pytest.mark.parametrize(
    ("text", "delimiter", "doubts"),
    [
        ("xh,xm\n1,张三\n2,李四\n", ",", []),
        ("日期\n2026-01-02\n2026-01-03\n", ",", []),
        ("邮箱\na@b.cn\nc@d.cn\n", ",", []),
        ("a,b;c,d\n1,2;3,4\n1,2;3,4\n", ",", []),
        ("a,b;c\n1,2;3\n1,2;3\n", ",", ["delimiter"]),
        ("a^b-c\n1^b-3\n1^b-3\n", "-", ["delimiter"]),
        ("1a,2b\n3c,4d\n", ",", ["header"]),
    ],
)
def test_what_is_not_certain_of_a_file_is_told(
    text: str, delimiter: str, doubts: list[str]
) -> None:
    sample = sample_of_csv(text.encode())

    assert (sample.delimiter, [each.name for each in sample.doubts]) == (delimiter, doubts)


def test_what_reads_as_gb18030_with_rare_characters_is_big5_where_that_has_common_ones() -> None:
    text = "編號,名稱\n1,圖書館管理\n2,資訊學系統\n3,經濟與貿易\n"

    taiwan = sample_of_csv(text.encode("big5"))
    said = sample_of_csv(text.encode("big5"), Written(encoding="big5"))
    mainland = sample_of_csv("编号,名称\n1,图书馆管理\n2,䶮毓婧\n".encode("gb18030"))
    rare = sample_of_csv("a\n鼢鼣鼤鼥\n".encode("gb18030"))

    assert (taiwan.encoding, [each.name for each in taiwan.doubts]) == ("big5", ["encoding"])
    assert taiwan.frame["名稱"].to_list() == ["圖書館管理", "資訊學系統", "經濟與貿易"]
    assert (said.encoding, said.doubts) == ("big5", ())
    assert (mainland.encoding, mainland.doubts) == ("gb18030", ())
    assert (rare.encoding, [each.name for each in rare.doubts]) == ("gb18030", ["encoding"])


def test_a_doubled_delimiter_is_found_and_told_and_a_longer_one_can_be_said() -> None:
    doubled = sample_of_csv("xh||xm||bz\n1||张三||\n2||李四|b||x\n".encode())
    said = sample_of_csv('xh|@|xm\n1|@|"张|@|三"\n'.encode(), Written(delimiter="|@|"))

    assert (doubled.delimiter, doubled.columns) == ("||", ["xh", "xm", "bz"])
    assert [(each.name, each.choices) for each in doubled.doubts] == [("delimiter", ("|",))]
    assert (said.delimiter, said.frame["xm"].to_list()) == ("|@|", ["张|@|三"])


def test_the_user_says_how_a_file_is_written() -> None:
    body = "清单^甲\n学号^姓名\n1^张三\n".encode("utf-16")

    sample = sample_of_csv(body, Written(encoding="utf-16", delimiter="^", header=2))

    assert (sample.header, sample.first_row, sample.columns) == (2, 3, ["学号", "姓名"])
    assert (sample.encoding, sample.delimiter, sample.doubts) == ("utf-16", "^", ())


def test_a_sample_that_is_not_in_the_encoding_that_was_said_is_refused() -> None:
    with pytest.raises(SampleRefusedError, match="not encoded in utf-8"):
        sample_of_csv("学号\n1\n".encode("gb18030"), Written(encoding="utf-8"))
    with pytest.raises(SampleRefusedError, match="no row 9"):
        sample_of_csv(b"a,b\n1,2\n", Written(header=9))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\r1,2\r3,4\r", "end with CR alone"),
        (f"{','.join(f'c{at}' for at in range(2001))}\n", "2000 columns"),
        ("#line,b\n1,2\n", "reserved"),
    ],
)
def test_a_file_that_no_feed_could_read_is_refused_as_its_batch_would_be(
    text: str, words: str
) -> None:
    with pytest.raises(UnreadableFileError, match=words):
        sample_of_csv(text.encode())


def lines() -> Iterator[tuple[list[list[str]], tuple[int, int, list[str], dict[str, str]]]]:
    data = [["001", "张三"], ["002", "李四"], ["003", "王五"]]
    yield [["xh", "xm"], *data], (1, 2, ["xh", "xm"], {})
    yield [["名册", ""], ["", ""], ["xh", "xm"], *data], (3, 4, ["xh", "xm"], {})
    both = {"xh": "学号", "xm": "姓名"}
    yield [["xh", "xm"], ["学号", "姓名"], *data], (1, 3, ["xh", "xm"], both)
    yield [["学号", "姓名"], ["xh", "xm"], *data], (2, 3, ["xh", "xm"], both)


@pytest.mark.parametrize(("rows", "expected"), list(lines()))
def test_the_header_is_found_with_its_labels(
    rows: list[list[str]], expected: tuple[int, int, list[str], dict[str, str]]
) -> None:
    sample = sample_of_rows(rows)

    assert (sample.header, sample.first_row, sample.columns, dict(sample.labels)) == expected
    assert sample.frame[sample.columns[0]].to_list() == ["001", "002", "003"]


def test_names_are_given_where_the_header_repeats_them_or_leaves_them_out() -> None:
    text = (
        "名单|2025||||\n序号|计划||实际||\n|起|止|起|止|备注\n1|甲|乙|丙|丁|戊\n2|己|庚|辛|壬|癸\n"
    )

    sample = sample_of_csv(text.encode(), Written(delimiter="|"))

    assert (sample.header, sample.first_row) == (3, 4)
    assert sample.given == ("序号", "计划起", "计划止", "实际起", "实际止", "备注")
    assert sample.columns == [*sample.given]
    assert [each.name for each in sample.doubts] == ["columns"]
    assert sample_of_rows([["a", "", "b", "", "c", ""], ["1", "", "2", "", "3", ""]]).given == ()
