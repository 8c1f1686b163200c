"""Bytes become rows: what is damaged is put aside alone, and no good row is lost with it."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.ingest.domain import reading
from datahub.ingest.domain.reading import UnreadableFileError, read_csv, read_ndjson, read_records

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
        (b"a,b,a\n1,2,3\n", "the header repeats ['a']"),
        (b"a,#line\n1,2\n", "the column name #line is reserved"),
    ],
)
def test_a_file_without_a_usable_header_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(UnreadableFileError, match=words.replace("[", r"\[")):
        from_csv(body)


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


def test_records_of_more_than_two_thousand_fields_are_refused() -> None:
    with pytest.raises(UnreadableFileError, match="2001 field names"):
        read_records([{f"f{number}": 1 for number in range(2001)}])
