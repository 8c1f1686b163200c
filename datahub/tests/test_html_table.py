"""A web page becomes rows, whole or not at all, however it is cut and whoever wrote it."""

import io
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.ingest.domain import html_table
from datahub.ingest.domain.html_table import read_html
from datahub.ingest.domain.reading import UnreadableFileError
from shared.workbooks.sheet import Layout

Rows = list[tuple[str | int | None, ...]]


def read(page: str | bytes, encoding: str = "utf-8") -> tuple[Rows, list[tuple[int, str]]]:
    body = page if isinstance(page, bytes) else page.encode(encoding)
    chunks = list(read_html(io.BytesIO(body), encoding))
    rows = [row for chunk in chunks for row in chunk.frame.rows()]
    return rows, [(each.line, each.code) for chunk in chunks for each in chunk.bad]


def test_rows_are_numbered_from_one_without_title_and_header() -> None:
    page = "<table><tr><td colspan=2>名册<tr><th>a<th>b<tr><td>1<td>2<tr><td>3<td></table>"

    assert read(page) == ([("1", "2", 1), ("3", None, 2)], [])


def test_the_header_stands_where_the_feed_says_and_may_be_named_by_it() -> None:
    page = (
        "<table><tr><td>打印<td>2026<tr><td>计划<td><td>实际<tr><td>起<td>止<td>起"
        "<tr><td>1<td>2<td>3</table>"
    )
    names, swapped = ("计划起", "计划止", "实际起"), ("计划起", "实际起", "计划止")

    [chunk] = read_html(io.BytesIO(page.encode()), "utf-8", Layout(header=3, columns=names))
    [bare] = read_html(io.BytesIO(page.encode()), "utf-8", Layout(header=0, columns=names))
    [plain] = read_html(io.BytesIO(b"<tr><td>x<td>y<tr><td>a<td>b"), "utf-8", Layout(header=2))
    with pytest.raises(UnreadableFileError, match="not what columns of the feed says: 止"):
        [*read_html(io.BytesIO(page.encode()), "utf-8", Layout(header=3, columns=swapped))]

    assert chunk.frame.rows() == [("1", "2", "3", 1)]
    assert (bare.frame.height, len(bare.bad), plain.frame.columns) == (3, 1, ["a", "b", "#line"])


def test_tags_may_be_left_open_and_blanks_are_one() -> None:
    assert read("<TABLE><TR><TD>a<TD>b<TR><TD> x \n y <TD>p<br>q&nbsp;&amp;") == (
        [("x y", "p\nq\xa0&", 1)],
        [],
    )


def test_a_cell_of_several_rows_stands_in_each_of_them() -> None:
    page = (
        "<table><tr><td>a<td>b<td>c"
        "<tr><td rowspan=2>1<td>2<td rowspan=3>3"
        "<tr><td>4"
        "<tr><td>5<td>6</table>"
    )

    assert read(page)[0] == [("1", "2", "3", 1), ("1", "4", "3", 2), ("5", "6", "3", 3)]


def test_a_row_of_another_width_is_put_aside_alone() -> None:
    assert read("<table><tr><td>a<td>b<tr><td>1<tr><td>2<td>3</table>") == (
        [("2", "3", 2)],
        [(1, "ragged")],
    )


def test_damaged_bytes_stay_in_their_cells() -> None:
    body = "<table><tr><td>学号<td>姓名<tr><td>1<td>张䶮<tr><td>2<td>".encode("gb18030")

    rows, _ = read(body + b"\x81</td></tr></table>", "gb18030")

    assert rows[0] == ("1", "张䶮", 1)
    assert "\ufffd[81]" in str(rows[1][1])


def test_a_sign_of_no_text_stays_visible() -> None:
    assert read(b"<table><tr><td>a<td>b<tr><td>1\0<td>2</table>")[0] == [("1\ufffd[00]", "2", 1)]


def test_many_rows_come_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_table, "CHUNK_ROWS", 7)
    monkeypatch.setattr(html_table, "PART_BYTES", 16)
    page = "<table><tr><th>a<th>b" + "".join(f"<tr><td>{n}<td>第{n}行" for n in range(1, 30))

    chunks = list(read_html(io.BytesIO(page.encode()), "utf-8"))

    assert [chunk.frame.height for chunk in chunks] == [7, 7, 7, 7, 1]
    assert [row for chunk in chunks for row in chunk.frame.rows()] == [
        (str(n), f"第{n}行", n) for n in range(1, 30)
    ]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<p>no table</p>", "there is no table"),
        ("<table><tr><td>a<td>a<tr><td>1<td>2</table>", "the header repeats"),
        ("<table><tr><td>a<td>b<tr><td>1<td>2</td", "never ends"),
        ("<table><tr><td>a<td>b<tr><td>1<td>2<!-- ", "never ends"),
        (f"<table><tr><td>a<td {'x' * 140_000}>b", "never ends"),
        ("<table><tr>" + "<td>x" * 2_001, "more than 2000 columns"),
        ("<table><tr><td colspan=99999>x", "more than 2000 columns"),
        ("<table><tr><td>a<td>b<tr><td>" + "x" * 4_194_305, "longer than"),
    ],
)
def test_a_page_that_is_no_table_is_refused(page: str, words: str) -> None:
    with pytest.raises(UnreadableFileError, match=words):
        read(page)


@pytest.mark.parametrize(
    "unit", ["<!--", "<a ", '<a "', "<?", "<!", "</", "<a a=' ", "<script>", "<a/"]
)
def test_a_page_of_tags_that_never_end_is_refused_at_once(unit: str) -> None:
    began = time.process_time()

    with pytest.raises(UnreadableFileError):
        read(unit * (4_000_000 // len(unit)))

    assert time.process_time() - began < 5


def test_a_deep_page_is_read_like_any_other() -> None:
    page = "<table><tr><td>a<td>b<tr><td>" + "<div>" * 20_000 + "1<td>2"

    assert read(page) == ([("1", "2", 1)], [])


@given(
    st.lists(
        st.lists(st.text(alphabet="a<>&;\"'=/! 张\n", max_size=6), min_size=2, max_size=2),
        max_size=6,
    )
)
def test_what_was_escaped_is_read_back(rows: list[list[str]]) -> None:
    def cell(text: str) -> str:
        return f"<td>{text.replace('&', '&amp;').replace('<', '&lt;')}</td>"

    body = "".join(f"<tr>{''.join(cell(each) for each in row)}</tr>" for row in rows)

    read_back, bad = read(f"<table><tr><th>a<th>b</tr>{body}</table>")

    assert [list(row[:2]) for row in read_back] == [
        [" ".join(each.split()) or None for each in row] for row in rows
    ]
    assert bad == []


@given(st.text(alphabet="<>/tdrhable !-&;\"'=b", max_size=60))
def test_any_page_is_read_or_refused(text: str) -> None:
    numbers: list[int] = []
    with suppress(UnreadableFileError):
        rows, bad = read(text)
        numbers = sorted([*(int(str(row[-1])) for row in rows), *(line for line, _ in bad)])

    assert numbers == list(range(1, len(numbers) + 1))
