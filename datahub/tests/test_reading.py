"""Bytes become rows: what is damaged is put aside alone, and no good row is lost with it."""

import csv
import io
import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain import reading
from datahub.ingest.domain.feed_document import parse_feed
from datahub.ingest.domain.feed_layout import Table
from datahub.ingest.domain.fixed_width import SIGN, FixedWidth
from datahub.ingest.domain.reading import (
    LINE,
    BadLine,
    Chunk,
    UnreadableFileError,
    decoded,
    reads_as,
)
from datahub.ingest.domain.reading_csv import read_csv
from datahub.ingest.domain.reading_json import read_ndjson, read_records
from shared.workbooks.sheet import Layout

Rows = list[tuple[str | None, ...]]
Bad = list[tuple[int, str]]


def from_csv(body: bytes, encoding: str = "utf-8", delimiter: str = ",") -> tuple[Rows, Bad]:
    rows: Rows = []
    bad: Bad = []
    for chunk in read_csv(io.BytesIO(body), encoding, delimiter):
        rows += [tuple(row) for row in chunk.frame.rows()]
        bad += [(each.line, each.code) for each in chunk.bad]
    return rows, bad


def from_ndjson(body: bytes) -> tuple[list[dict[str, str]], Bad]:
    rows: list[dict[str, str]] = []
    bad: Bad = []
    for chunk in read_ndjson(io.BytesIO(body)):
        rows += [{k: v for k, v in row.items() if v is not None} for row in chunk.frame.to_dicts()]
        bad += [(each.line, each.code) for each in chunk.bad]
    return rows, bad


def test_rows_are_numbered_from_one_without_the_header() -> None:
    assert from_csv(b"a,b\n1,2\n3,4\n") == ([("1", "2", 1), ("3", "4", 2)], [])


def test_a_byte_order_mark_and_windows_line_ends_say_nothing() -> None:
    assert from_csv(b"\xef\xbb\xbfa,b\r\n1,2\r\n\r\n") == ([("1", "2", 1)], [])


def test_a_damaged_byte_of_gb18030_stays_in_its_row() -> None:
    body = "学号,姓名\n1,张䶮\n2,".encode("gb18030") + b"\x81\n" + "3,李四\n".encode("gb18030")

    rows, bad = from_csv(body, "gb18030")

    assert rows == [("1", "张䶮", 1), ("2", "\ufffd[81]", 2), ("3", "李四", 3)]
    assert bad == []


def test_a_row_of_another_width_is_put_aside_alone() -> None:
    assert from_csv(b"a,b\n1\n2,3\n4,5,6\n") == ([("2", "3", 2)], [(1, "ragged"), (3, "ragged")])


def test_a_quoted_field_may_hold_line_breaks_and_delimiters() -> None:
    assert from_csv(b'a,b\n1,"x\n\ny"\n2,"p,""q"""\n') == (
        [("1", "x\n\ny", 1), ("2", 'p,"q"', 2)],
        [],
    )


def test_a_quote_that_is_never_closed_takes_no_good_row_with_it() -> None:
    assert from_csv(b'a,b\n1,"open\n2,3\n4,"5"\n6,7\n') == (
        [("2", "3", 2), ("4", "5", 3), ("6", "7", 4)],
        [(1, "ragged")],
    )


def test_an_inch_sign_inside_a_plain_field_is_text() -> None:
    assert from_csv(b'a,b\n1,5" disk\n2,3\n') == ([("1", '5" disk', 1), ("2", "3", 2)], [])


def test_a_header_that_is_repeated_inside_the_file_is_a_row_like_any_other() -> None:
    assert from_csv(b"a,b\n1,2\na,b\n3,4\n")[0] == [("1", "2", 1), ("a", "b", 2), ("3", "4", 3)]


def test_a_file_of_a_header_alone_has_no_rows() -> None:
    assert from_csv(b"a,b\n") == ([], [])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the file is empty: no header"),
        (b"\n1,2\n", "there is no header"),
        (b"a,b,a\n1,2,3\n", "the header repeats a"),
        (b"a,#line\n1,2\n", "the column name #line is reserved"),
    ],
)
def test_a_file_without_a_usable_header_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(UnreadableFileError, match=words.replace("[", r"\[")):
        from_csv(body)


@pytest.mark.parametrize(
    ("text", "written", "read", "expected"),
    [
        ("张三", "gb18030", "utf-8", ("gb18030", "张三")),
        ("张三，男 (A)", "gb18030", "utf-8-sig", ("gb18030", "张三，男 (A)")),
        ("张三丰", "utf-8", "gb18030", ("utf-8", "张三丰")),
        ("é!", "latin-1", "utf-8", None),
        ("\ufffd", "utf-8", "utf-8", None),
    ],
)
def test_what_was_written_in_the_other_usual_encoding_is_known(
    text: str, written: str, read: str, expected: tuple[str, str] | None
) -> None:
    marked = decoded(text.encode(written), read.removesuffix("-sig"))
    found = reads_as(marked, read)

    assert (found and (found.encoding, found.text)) == expected


def test_a_header_in_the_other_usual_encoding_says_which_setting_to_change() -> None:
    with pytest.raises(UnreadableFileError, match="it reads as gb18030") as refused:
        from_csv("学号,姓名\n1,张三\n".encode("gb18030"))

    assert refused.value.fields == {"$.format.encoding": ["gb18030"]}
    assert "format.encoding 改为 gb18030" in refused.value.fixes[0]


@given(
    st.lists(
        st.lists(
            st.text(alphabet='a1,"；\n 张', max_size=6).map(lambda text: f"x{text}"),
            min_size=2,
            max_size=2,
        ),
        max_size=8,
    )
)
def test_what_a_csv_writer_wrote_is_read_back(rows: list[list[str]]) -> None:
    body = io.StringIO()
    csv.writer(body, lineterminator="\n").writerows([["a", "b"], *rows])

    read, bad = from_csv(body.getvalue().encode())

    assert [list(row[:2]) for row in read] == rows
    assert bad == []


@given(st.text(alphabet='ab,"\n', max_size=60))
def test_any_text_becomes_rows_or_is_put_aside(text: str) -> None:
    lines = [line for line in text.split("\n") if line]

    rows, bad = from_csv(f"h,i\n{text}".encode())

    numbers = sorted([row[2] for row in rows] + [line for line, _ in bad])  # type: ignore[type-var]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) <= len(lines)


def test_blocks_end_with_whole_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CHUNK_BYTES", 16)
    rows = [(str(number), f"x\n{number}", number) for number in range(1, 41)]
    body = "a,b\n" + "".join(f'{number},"{text}"\n' for number, text, _ in rows)

    assert from_csv(body.encode()) == (rows, [])


def test_json_values_become_the_text_that_the_source_wrote() -> None:
    line = b'{"a": 1.50, "b": 12345678901234567.89, "c": 1e-7, "d": true, "e": null, "f": [1]}'

    assert from_ndjson(line)[0] == [
        {
            "a": "1.50",
            "b": "12345678901234567.89",
            "c": "0.0000001",
            "d": "true",
            "f": "[1]",
            "#line": 1,
        }
    ]


def test_an_undecodable_line_of_json_is_put_aside_alone() -> None:
    body = b'{"a":1}\n{"a":\n\n[1]\n{"a":"\\ud800"}\n{"a":NaN}\n{"#line":1}\n{"a":2}\n'

    rows, bad = from_ndjson(body)

    assert rows == [{"a": "1", "#line": 1}, {"a": "2", "#line": 7}]
    assert bad == [
        (2, "undecodable"),
        (3, "not-an-object"),
        (4, "undecodable"),
        (5, "undecodable"),
        (6, "reserved-name"),
    ]


def test_deep_nesting_and_giant_numbers_do_no_harm() -> None:
    deep = b"[" * 100_000
    giant = json.dumps({"a": 10**400}).encode()

    rows, bad = from_ndjson(deep + b"\n" + giant + b'\n{"a":1e999999999}\n')

    assert rows == [{"a": str(10**400), "#line": 2}, {"a": "1e999999999", "#line": 3}]
    assert bad == [(1, "undecodable")]


def test_a_record_of_more_than_two_thousand_fields_is_refused_alone() -> None:
    wide = json.dumps({f"f{number}": 1 for number in range(2001)}).encode()

    rows, bad = from_ndjson(b'{"a":1}\n' + wide + b'\n{"a":3}\n')
    [chunk] = read_records([{"a": 1}, json.loads(wide)])

    assert rows == [{"a": "1", "#line": 1}, {"a": "3", "#line": 3}]
    assert bad == [(2, "too-many-fields")]
    assert [(each.line, each.code) for each in chunk.bad] == [(2, "too-many-fields")]


def test_records_that_have_more_names_together_come_in_several_chunks() -> None:
    records = [{f"f{number}": number, "a": number} for number in range(4_500)]

    chunks = list(read_records(records))

    assert max(len(chunk.frame.columns) for chunk in chunks) == 2_001
    assert [line for chunk in chunks for line in chunk.frame[LINE]] == list(range(1, 4_501))
    assert [chunk.received for chunk in chunks] == [1_999, 1_999, 502]


@pytest.mark.parametrize("number", ["1e9999999999999999999", "1e-9999999999999999999", "0e9999999"])
def test_a_number_of_any_size_is_the_text_that_the_source_wrote(number: str) -> None:
    assert from_ndjson(f'{{"a":{number}}}'.encode())[0] == [{"a": number, "#line": 1}]


@pytest.mark.parametrize("depth", range(900, 1_020))
def test_nesting_of_any_depth_stays_in_its_own_line(depth: int) -> None:
    """Somewhere here a value can be read and no longer be written."""
    deep = b'{"a":' + b"[" * depth + b"]" * depth + b"}"

    rows, bad = from_ndjson(b'{"a":1}\n' + deep + b'\n{"a":3}\n')

    assert [row[LINE] for row in rows] in ([1, 2, 3], [1, 3])
    assert [row[LINE] for row in rows if row[LINE] != 2] == [1, 3]
    assert bad == ([] if len(rows) == 3 else [(2, "undecodable")])


LONG = 4 * 1024 * 1024
"""Bytes of the longest line."""


@pytest.mark.parametrize("size", [LONG - 8, LONG - 7, 2 * LONG, 5 * LONG, 5 * LONG - 4])
def test_a_line_that_is_too_long_is_refused_alone(size: int) -> None:
    long = b'{"a":"' + b"x" * size + b'"}'

    rows, bad = from_ndjson(b'{"a":1}\n' + long + b'\n{"a":3}')

    fits = len(long) <= LONG
    assert [row[LINE] for row in rows] == ([1, 2, 3] if fits else [1, 3])
    assert bad == ([] if fits else [(2, "line-too-long")])


@pytest.mark.parametrize("end", [b"\n", b"\n5,6\n", b""])
def test_of_a_line_that_is_too_long_the_head_is_kept(end: bytes) -> None:
    body = b'a,b\n1,2\n"quoted' + b"x" * 3 * LONG + end

    chunks = list(read_csv(io.BytesIO(body), "utf-8", ","))

    [bad] = [each for chunk in chunks for each in chunk.bad]
    assert (bad.line, bad.code, bad.raw[:10], len(bad.raw)) == (
        2,
        "line-too-long",
        '"quotedxxx',
        4_000,
    )
    rows = [row for chunk in chunks for row in chunk.frame.rows()]
    assert rows == [("1", "2", 1), *([("5", "6", 3)] if end == b"\n5,6\n" else [])]


def test_a_long_line_inside_an_open_quote_damages_no_other_row() -> None:
    body = b'a,b\n1,"open\n' + b"x" * 3 * LONG + b'\n2,"3"\n'

    assert from_csv(body) == ([("2", "3", 3)], [(1, "ragged"), (2, "line-too-long")])


def test_a_field_may_be_as_long_as_a_line() -> None:
    """The csv module of Python has a limit of its own, far below."""
    long = "x" * 200_000

    assert from_csv(f'a,b\n1,"{long}\n"\n'.encode()) == ([("1", f"{long}\n", 1)], [])


def test_a_record_that_spans_two_blocks_survives_damage_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "CHUNK_BYTES", 64)
    rows = [(str(number), f"x\n{number}", number + 1) for number in range(1, 41)]
    body = 'a,b\n0,"open\n' + "".join(f'{number},"{text}"\n' for number, text, _ in rows)

    assert from_csv(body.encode()) == (rows, [(1, "ragged")])


def test_an_open_quote_at_the_end_of_a_file_is_damaged_alone() -> None:
    assert from_csv(b'a,b\n1,2\n3,"open\n5,6\n7,8') == (
        [("1", "2", 1), ("5", "6", 3), ("7", "8", 4)],
        [(2, "ragged")],
    )


def test_a_carriage_return_inside_a_field_is_text() -> None:
    assert from_csv(b'a,b\n1\r2,3\n4,5" x\n')[0] == [("1\r2", "3", 1), ("4", '5" x', 2)]


def test_a_delimiter_may_be_a_wide_character() -> None:
    assert from_csv("a；b\n1；2\n".encode(), delimiter="；") == ([("1", "2", 1)], [])


def test_a_delimiter_may_have_several_characters() -> None:
    body = b'a||b\n1||2\n"x||y"||"z\n|"\n3|4||5\n6|7\n8||9\x1f\n'

    rows, bad = from_csv(body, delimiter="||")

    assert rows == [
        ("1", "2", 1),
        ("x||y", "z\n|", 2),
        ("3|4", "5", 3),
        ("8", "9\ufffd[1F]", 5),
    ]
    assert bad == [(4, "ragged")]


def test_big5_is_read_with_the_characters_that_were_added_to_it() -> None:
    body = "編號|姓名\n1|邨粧許功蓋\n".encode("big5hkscs")

    assert from_csv(body, "big5", "|") == ([("1", "邨粧許功蓋", 1)], [])
    assert from_csv("編號,a\n1,".encode("big5") + b"\xff\n", "big5")[0] == [("1", "\ufffd[FF]", 1)]


def test_a_byte_order_mark_inside_a_file_belongs_to_its_value() -> None:
    assert from_csv("a\n\ufeff\n\ufeffx\n".encode())[0] == [("\ufeff", 1), ("\ufeffx", 2)]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("学号,姓名\n1,2\n".encode("gb18030"), "the header is not encoded in utf-8"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16 or UTF-32"),
        (b"a" * 5 * LONG + b"\n1\n", "the header is longer than 4194304 bytes or 2000 columns"),
        (b"a,b\r1,2\r3,4\r", "its lines end with CR alone"),
        (b",".join(b"c%d" % number for number in range(2001)) + b"\n", "or 2000 columns"),
    ],
)
def test_what_the_first_line_shows_is_refused_before_any_row(body: bytes, words: str) -> None:
    with pytest.raises(UnreadableFileError, match=words):
        next(read_csv(io.BytesIO(body), "utf-8", ","))


@pytest.mark.parametrize(
    "text", [b'{"a":"\\ud800x"}', b'{"a":"\\udc00"}', '{"a":"张"}'.encode("gb18030")]
)
def test_json_that_is_not_utf_8_is_told_so(text: bytes) -> None:
    [chunk] = read_ndjson(io.BytesIO(text + b'\n{"a":"\\ud83d\\ude00"}\n'))

    assert [each.line for each in chunk.bad] == [1]
    assert "NDJSON 须为 UTF-8" in chunk.bad[0].message
    assert chunk.frame["a"].to_list() == ["😀"]


def test_json_in_utf_16_is_refused_as_a_whole_and_a_mark_of_utf_8_says_nothing() -> None:
    assert from_ndjson(b'\xef\xbb\xbf{"a":1}')[0] == [{"a": "1", "#line": 1}]
    with pytest.raises(UnreadableFileError, match="UTF-16 or UTF-32"):
        from_ndjson('{"a":1}'.encode("utf-16"))


@given(
    st.text(alphabet='a1,"\n\r \t\0\ufeff#\\\u2028\x0b\x85张;', max_size=40),
    st.sampled_from(",;\t| #\\'a1"),
    st.integers(1, 3),
)
def test_no_text_and_no_delimiter_makes_a_file_unreadable(
    text: str, delimiter: str, width: int
) -> None:
    header = delimiter.join(["h", "i", "j"][:width])

    rows, bad = from_csv(f"{header}\n{text}".encode(), delimiter=delimiter)

    numbers = sorted([int(row[-1] or 0) for row in rows] + [line for line, _ in bad])
    assert numbers == list(range(1, len(numbers) + 1))


@given(st.binary(max_size=60))
def test_no_bytes_make_a_file_unreadable(body: bytes) -> None:
    lines = [line for line in body.split(b"\n") if line.strip(b"\r")]

    for encoding in ("utf-8", "gb18030"):
        rows, bad = from_csv(b"h,i\n1,2\n" + body + b"\n3,4\n", encoding)
        numbers = sorted([int(row[-1] or 0) for row in rows] + [line for line, _ in bad])
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) <= len(lines) + 2
    rows_of_json, bad_json = from_ndjson(b'{"a":1}\n' + body)
    assert len(rows_of_json) + len(bad_json) >= 1


@given(st.integers(0, 12), st.sets(st.integers(1, 12)), st.integers(1, 5), st.integers(0, 12))
def test_a_chunk_is_cut_and_continued_by_its_lines(
    count: int, bad_lines: set[int], size: int, done: int
) -> None:
    body = "a,b\n" + "".join(
        "ragged\n" if line in bad_lines else f"{line},x\n" for line in range(1, count + 1)
    )
    [chunk] = read_csv(io.BytesIO(body.encode()), "utf-8", ",")

    parts = list(chunk.cut(size))

    def lines(part: Chunk) -> list[int]:
        return sorted([*part.frame[LINE], *(each.line for each in part.bad)])

    assert [line for part in parts for line in lines(part)] == list(range(1, count + 1))
    assert [part.received for part in parts[:-1]] == [size] * (len(parts) - 1)
    assert parts[-1].received <= size
    assert lines(chunk.after(done)) == list(range(done + 1, count + 1))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1", "这一行 1 列，表头 2 列 (1 columns, the header has 2)"),
        ('1,"x,y",3', "这一行 3 列，表头 2 列 (3 columns, the header has 2)"),
        ('1,"x', "列数或引号有误，表头 2 列 (wrong columns or quotes, the header has 2)"),
    ],
)
def test_a_ragged_line_says_how_many_columns_it_has(line: str, said: str) -> None:
    chunks = read_csv(io.BytesIO(f"a,b\n{line}\n".encode()), "utf-8", ",")

    assert [each.message for chunk in chunks for each in chunk.bad] == [said]


def test_a_header_of_too_many_columns_is_refused_with_the_remedy() -> None:
    with pytest.raises(UnreadableFileError) as refused:
        list(read_csv(io.BytesIO(",".join(map(str, range(10_000))).encode()), "utf-8", ","))

    assert "format.delimiter" in refused.value.fixes[0]


@pytest.mark.parametrize(
    ("body", "layout", "rows"),
    [
        ("1,2\n3,4\n", Layout(header=0, columns=("a", "b")), [("1", "2", 1), ("3", "4", 2)]),
        ("\ufeff1,2\n", Layout(header=0, columns=("a", "b")), [("1", "2", 1)]),
        ("x\n1,2\n", Layout(header=0, first_row=2, columns=("a", "b")), [("1", "2", 1)]),
        ("\ufeffa,\n1,2\n", Layout(header=1, columns=("a", "b,c")), [("1", "2", 1)]),
        (
            "x,y\n起,止,起\n-\n1,2,3\n",
            Layout(header=2, first_row=4, columns=("计划起", "计划止", "实际起")),
            [("1", "2", "3", 1)],
        ),
    ],
)
def test_a_feed_names_the_columns_that_a_file_does_not(
    body: str, layout: Layout, rows: Rows
) -> None:
    chunks = [*read_csv(Table(io.BytesIO(body.encode()), layout), "utf-8", ",")]

    assert [row for chunk in chunks for row in chunk.frame.rows()] == rows
    assert chunks[0].frame.columns == [*layout.columns, LINE]


def test_columns_that_changed_places_are_refused_though_the_feed_names_them() -> None:
    layout = Layout(header=1, columns=("计划起", "计划止"))

    with pytest.raises(UnreadableFileError) as refused:
        Table(io.BytesIO("止,起\n".encode("gb18030")), layout, "gb18030")

    assert refused.value.fields.keys() == {"header.止", "header.起"}
    with pytest.raises(UnreadableFileError, match="the file is empty"):
        Table(io.BytesIO(b""), layout)


def test_lines_of_fixed_width_are_cut_by_the_bytes_of_their_source() -> None:
    body = (
        '10001 张三    男20250903\r\n10002 欧阳"静"女\r\n\n10003 李四\r\n'
        "10004 王五    女20250903x\r\n"
    ).encode("gb18030")
    widths, names = (6, 8, 2, 8), ("no", "name", "sex", "on")

    def chunks(body: bytes, encoding: str) -> list[Chunk]:
        cut = io.BufferedReader(FixedWidth(io.BytesIO(body), widths, encoding))
        table = Table(cut, Layout(header=0, columns=names), encoding, SIGN)
        return [*read_csv(table, encoding, SIGN)]

    [found] = chunks(body, "gb18030")
    [wide] = chunks("\ufeff10001 张三      男20250903".encode(), "utf-8")

    assert found.frame.rows() == [
        ("10001 ", "张三    ", "男", "20250903", 1),
        ("10002 ", '欧阳"静"', "女", None, 2),
    ]
    assert [(each.line, each.code, each.raw) for each in found.bad] == [
        (3, "ragged", "10003 李四"),
        (4, "ragged", "10004 王五    女20250903x"),
    ]
    assert wide.frame.rows() == [("10001 ", "张三      ", "男2", "0250903", 1)]


def test_a_line_that_is_too_long_is_refused_alone_among_lines_of_fixed_width() -> None:
    body = b"ab\n" + b"x" * (2 * reading.MAX_LINE_BYTES) + b"\ncd\n"
    cut = io.BufferedReader(FixedWidth(io.BytesIO(body), (1, 1), "utf-8"))

    table = Table(cut, Layout(header=0, columns=("a", "b")), "utf-8", SIGN)

    found = [*read_csv(table, "utf-8", SIGN)]

    assert [row for each in found for row in each.frame.rows()] == [("a", "b", 1), ("c", "d", 3)]
    bad = [(line.line, line.code) for each in found for line in each.bad]
    assert bad == [(2, "line-too-long")]


def test_members_of_objects_are_columns_where_the_feed_names_them(dictionary: Dictionary) -> None:
    document = {
        "feed": "t",
        "source": "academic",
        "entity": "student",
        "fields": {"student_no": {"from": "xs.xh"}, "name": {"from": "xs.xm.zh"}},
    }
    feed = parse_feed(document, dictionary, 1)
    lines = [
        {"xs": {"xh": 7, "xm": {"zh": "甲", "en": "A"}}, "other": {"a": 1}},
        {"xs": {"xh": "8"}},
        {"xs": {"xh": "9", "xm": None}},
        {"xs": {"xh": "9"}, "xs.xh": "10"},
        {"xs": "11"},
        {"xs": None, "xs.xh": "12"},
    ]
    body = "\n".join(json.dumps(each) for each in lines).encode()

    [by_line] = read_ndjson(io.BytesIO(body), feed)
    [by_record] = read_records(lines, feed)

    assert by_line.frame.to_dicts() == by_record.frame.to_dicts()
    assert [
        {k: v for k, v in row.items() if v is not None} for row in by_line.frame.to_dicts()
    ] == [
        {"xs.xh": "7", "xs.xm.zh": "甲", "xs.xm.en": "A", "other": '{"a":1}', LINE: 1},
        {"xs.xh": "8", LINE: 2},
        {"xs.xh": "9", LINE: 3},
        {"xs": "11", LINE: 5},
        {"xs.xh": "12", LINE: 6},
    ]
    assert [(each.line, each.code) for each in by_line.bad] == [(4, "repeated-name")]
    without = {line for names, at in by_line.left_out.items() if "xs.xm.zh" in names for line in at}
    assert without == {2, 5}, "an object that is null says null of its members"


def test_parts_are_of_so_many_rows_whatever_numbers_these_have() -> None:
    """Of a sheet with blank rows the numbers have gaps; what is in is counted by rows."""
    frame = pl.DataFrame({"a": ["x", "y", "z", "v"], LINE: [1, 7, 8, 20]})
    chunk = Chunk(frame, [BadLine(9, "ragged", "", "w")], blank=15)

    parts = [
        (part.frame[LINE].to_list(), [each.line for each in part.bad], part.blank)
        for part in chunk.cut(2)
    ]

    assert parts == [([1, 7], [], 15), ([8], [9], 0), ([20], [], 0)]
    assert chunk.without(0) is chunk
    assert chunk.without(3).frame[LINE].to_list() == [20]
    assert [each.line for each in chunk.without(3).bad] == [9]
    assert chunk.without(5).received == 0
