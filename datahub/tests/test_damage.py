"""What spreadsheets and wrong encodings leave behind is recognised, and nothing else is."""

import csv
from importlib.resources import files

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.ingest.domain import cleaning, damage, ranges

X = pl.col("x")


def of(expression: pl.Expr, text: str | None) -> str | None:
    value = pl.DataFrame({"x": [text]}, schema={"x": pl.String}).select(expression).item()
    return None if value is None else str(value)


@pytest.mark.parametrize(
    ("text", "numbers", "written"),
    [
        ("1-16周(单)", tuple(range(1, 17, 2)), "1,3,5,7,9,11,13,15"),
        ("2-16周（双周）", tuple(range(2, 17, 2)), "2,4,6,8,10,12,14,16"),
        ("1-8周,10周", (*range(1, 9), 10), "1-8,10"),
        ("第1-2节", (1, 2), "1-2"),
        ("01-02", (1, 2), "1-2"),
        ("3、4；5", (3, 4, 5), "3-5"),
        ("60", (60,), "60"),
    ],
)
def test_weeks_and_sections(text: str, numbers: tuple[int, ...], written: str) -> None:
    column = pl.Series([text, None])

    assert ranges.numbers(text) == numbers
    assert ranges.as_text(column).to_list() == [written, None]
    assert ranges.as_list(column).to_list() == [
        "{" + ",".join(f'"{number}"' for number in numbers) + "}",
        None,
    ]


@pytest.mark.parametrize("text", ["0", "61", "5-3", "1-61", "一", "1-2-3", "1,,2", "1月2日", "٣"])
def test_other_texts_name_no_weeks(text: str) -> None:
    assert ranges.numbers(text) is None
    assert ranges.as_list(pl.Series([text])).to_list() == [None]


@pytest.mark.parametrize(
    ("text", "was"),
    [
        ("20-Oct", "10-20"),
        ("Oct-20", "10-20"),
        ("1月2日", "1-2"),
        ("2024/1/2", "1-2"),
        ("2024-01-02 00:00:00", "1-2"),
        ("1-2", None),
        ("20-Okt", None),
    ],
)
def test_a_range_that_became_a_date(text: str, was: str | None) -> None:
    assert damage.range_from(text) == was


@pytest.mark.parametrize(
    ("text", "was"),
    [
        ("2021O101", "20210101"),
        ("2O21l0I", "2021101"),
        ("8O.5", "80.5"),
        ("20210101", None),
        ("COO1", None),
        ("O.O.1", None),
    ],
)
def test_a_letter_in_a_number(text: str, was: str | None) -> None:
    assert damage.digits_from(text) == was


@pytest.mark.parametrize(
    ("text", "two"),
    [("03/04/2021", True), ("3.4.2021", True), ("13/04/2021", False), ("2021/03/04", False)],
)
def test_a_date_with_two_readings(text: str, two: bool) -> None:  # noqa: FBT001
    assert damage.has_two_readings(text) == two


@given(st.text(alphabet="重庆学院软件工程系学生会张伟（）A1", min_size=2, max_size=12))
def test_chinese_that_was_read_as_gbk_is_recognised(text: str) -> None:
    garbled = text.encode().decode("gb18030", "replace").replace("\ufffd", "?")
    found = damage.read_as_gbk(garbled)

    # What the accident itself destroyed cannot be told; what is told is how it began.
    assert found is None or text.startswith(found)
    if not garbled.isascii() and "?" not in garbled and not text.startswith(("A", "1")):
        assert found in {text, text[:-1], None}


@pytest.mark.parametrize(
    "text", ["重庆", "联通", "张䶮", "刘喆", "Zürich", "Żółć", "㐂", "", "教室A"]
)
def test_a_text_that_is_what_it_says_is_never_suspected(text: str) -> None:
    assert damage.read_as_gbk(text) is None


def test_no_label_of_the_dictionary_is_suspected() -> None:
    folder = files("datahub.dictionary") / "code_sets"
    labels = {
        row["zh"]
        for path in folder.iterdir()
        if path.name != "index.csv"
        for row in csv.DictReader(path.read_text("utf-8").splitlines())
    }

    assert len(labels) > 3000
    assert [label for label in labels if damage.read_as_gbk(label)] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("买买提•阿不都", "买买提·阿不都"),
        ("阿里‧木・江", "阿里·木·江"),
        ("张　三", "张三"),
        ("张 三", "张三"),
        ("欧阳　娜", "欧阳　娜"),
        ("John F. Kennedy", "John F. Kennedy"),
        ("\ue863", "䶮"),
        ("\ue816", "\ue816"),
        (None, None),
    ],
)
def test_a_name_is_written_as_it_is_filed(text: str | None, name: str | None) -> None:
    assert of(cleaning.name(X), text) == name


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("&nbsp;", ""),
        ("a<br/>b<BR>c<br />d", "a\nb\nc\nd"),
        ("<b>x</b> &lt;y&gt; &amp;nbsp;", "x <y> &nbsp;"),
        ("1 < 2 > 0", "1 < 2 > 0"),
        (None, None),
    ],
)
def test_html_in_a_value_becomes_text(html: str | None, text: str | None) -> None:
    assert of(cleaning.without_html(X), html) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('="007"', "007"),
        ('=TRIM("007")', "007"),
        ('=Trim("a"")', 'a"'),
        ("=SUM(A1)", "=SUM(A1)"),
        ('5"', '5"'),
        ("'", ""),
    ],
)
def test_only_a_text_in_a_formula_is_taken_out(text: str, value: str) -> None:
    assert of(cleaning.unwrap(X), text) == value
