"""Lines of a snapshot are known again, conflicts are seen, what is gone is found."""

import io

import numpy as np
import polars as pl
import pytest

from datahub.ingest.domain.reading import LINE, BadLine, Chunk
from datahub.ingest.domain.snapshot import (
    Known,
    Lines,
    NotByLineError,
    hash_keys,
    hash_lines,
    seed_of,
)


def lines_of(*rows: tuple[str, str], seed: int = 1) -> np.ndarray:
    halves = hash_lines([f"{key},{value}".encode() for key, value in rows], seed)
    keys = hash_keys(pl.Series([key for key, _ in rows], dtype=pl.String))
    return np.column_stack([halves, keys])


def keys_of(*keys: str) -> np.ndarray:
    return hash_keys(pl.Series(keys, dtype=pl.String))


YESTERDAY = (("a", "1"), ("b", "2"), ("c", "3"))


def test_a_line_that_stood_yesterday_is_not_new() -> None:
    known = Known(lines_of(*YESTERDAY))

    fresh, repeated = known.match(lines_of(("c", "3"), ("b", "9"), ("a", "1"))[:, :2])

    assert fresh.tolist() == [False, True, False]
    assert repeated == 0
    assert known.gone(keys_of("b")).tolist() == []


def test_a_line_that_comes_twice_is_counted_as_a_repetition() -> None:
    known = Known(lines_of(*YESTERDAY))

    _, first = known.match(lines_of(("a", "1"), ("a", "1"))[:, :2])
    _, second = known.match(lines_of(("a", "1"), ("b", "2"))[:, :2])

    assert (first, second) == (1, 1)


def test_a_record_that_is_in_neither_way_here_is_gone() -> None:
    known = Known(lines_of(*YESTERDAY))

    known.match(lines_of(("a", "1"))[:, :2])

    assert known.gone(keys_of("c")).tolist() == [1]


def test_two_lines_of_one_record_are_a_conflict() -> None:
    known = Known(lines_of(*YESTERDAY))

    known.match(lines_of(("a", "1"), ("a", "7"), ("d", "4"))[:, :2])

    assert known.conflicts(keys_of("a"))
    assert not known.conflicts(keys_of("b", "d"))


def test_what_somebody_else_wrote_since_is_mapped_again() -> None:
    known = Known(lines_of(*YESTERDAY), stale=keys_of("b"))

    fresh, _ = known.match(lines_of(*YESTERDAY)[:, :2])

    assert fresh.tolist() == [False, True, False]


def test_another_version_of_the_feed_knows_no_line() -> None:
    known = Known(lines_of(*YESTERDAY, seed=seed_of("feed", 1)))

    fresh, _ = known.match(lines_of(*YESTERDAY, seed=seed_of("feed", 2))[:, :2])

    assert fresh.all()


def test_the_first_snapshot_knows_nothing() -> None:
    known = Known(np.empty((0, 3), dtype=np.uint64))

    fresh, repeated = known.match(lines_of(*YESTERDAY)[:, :2])

    assert (fresh.all(), repeated, known.gone(keys_of("a")).tolist()) == (True, 0, [])


def read_through(known: Known, body: bytes, *, is_csv: bool = True) -> tuple[Lines, bytes]:
    lines = Lines(known, seed=1, is_csv=is_csv).over(io.BytesIO(body))
    return lines, lines.read(1 << 20)


def known_of(body: bytes, *, is_csv: bool = True) -> Known:
    """Return what is known after a snapshot of which each line was a record."""
    lines, _ = read_through(Known(lines_of()), body, is_csv=is_csv)
    rows = body.splitlines()[1 if is_csv else 0 :]
    frame = pl.DataFrame({LINE: range(1, len(rows) + 1)})
    _, halves = lines.chunk(Chunk(frame, []))
    return Known(np.column_stack([halves, keys_of(*(str(row) for row in rows))]))


def test_only_the_header_and_new_lines_reach_the_reader() -> None:
    known = known_of(b"k,v\na,1\nb,2\nc,3\n")

    lines, text = read_through(known, b"k,v\r\na,1\r\nb,9\n\nc,3\nd,4")
    chunk, _ = lines.chunk(Chunk(pl.DataFrame({LINE: [1, 2]}), []))

    assert text == b"k,v\nb,9\nd,4\n"
    assert (lines.received, lines.skipped) == (4, 2)
    assert chunk.frame[LINE].to_list() == [2, 4], "numbered as in the file"


def test_a_line_that_is_no_row_keeps_its_number_too() -> None:
    lines, _ = read_through(known_of(b"k,v\na,1\n"), b"k,v\na,1\nb,2\nc\n")

    chunk, _ = lines.chunk(Chunk(pl.DataFrame({LINE: [1]}), [BadLine(2, "ragged", "", "c")]))

    assert (chunk.frame[LINE].to_list(), chunk.bad[0].line) == ([2], 3)
    lines.check_end()


def test_under_another_header_every_line_is_new() -> None:
    lines, text = read_through(known_of(b"k,v\na,1\n"), b"v,k\na,1\n")

    assert (text, lines.skipped) == (b"v,k\na,1\n", 0)


@pytest.mark.parametrize(
    "body", [b'k,v\na,"1\n2"\n', b"k,v\na,1\na,1\n"], ids=["a line break in quotes", "a repetition"]
)
def test_what_cannot_be_told_by_lines_is_said(body: bytes) -> None:
    with pytest.raises(NotByLineError):
        read_through(known_of(b"k,v\na,1\n"), body)


def test_quotes_in_json_are_no_matter() -> None:
    known = known_of(b'{"k": "a\\""}\n', is_csv=False)

    lines, text = read_through(known, b'{"k": "a\\""}\n{"k": "b"}\n', is_csv=False)

    assert (text, lines.skipped) == (b'{"k": "b"}\n', 1)


def test_a_reader_that_counts_otherwise_is_found_out() -> None:
    lines, _ = read_through(Known(lines_of()), b"k,v\na,1\nb,2\n")

    with pytest.raises(NotByLineError):
        lines.check_end()
    with pytest.raises(NotByLineError):
        lines.chunk(Chunk(pl.DataFrame({LINE: [1, 2, 3]}), []))
