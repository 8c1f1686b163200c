"""Lines of a snapshot are known again, conflicts are seen, what is gone is found."""

import numpy as np
import polars as pl

from datahub.ingest.domain.snapshot import Known, hash_keys, hash_lines, seed_of


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
