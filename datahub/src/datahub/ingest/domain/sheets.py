"""What a spreadsheet does to a table on its way into a file.

Merged cells leave blanks below the first, a footer follows the rows, and a file may end where the
program ends. Source: ``dirty_cases`` D117, D119, D120.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec
import polars as pl

from datahub.ingest.domain.cleaning import clean
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.reading import LINE, BadLine, Chunk

ROW_LIMITS: Final = frozenset({65_536, 1_048_576})
"""Rows that a sheet may have, its header included: .xls and .xlsx."""

_MAX_RAW: Final = 4_000


class Rows:
    """The rows of one table, as they were before the source's spreadsheet changed them."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._above: dict[str, str] = {}
        self._received = 0

    def of(self, chunk: Chunk) -> Chunk:
        """Return the next part of the table, mended."""
        chunk = without_blank(chunk, self._feed.delimiter)
        if self._feed.footer:
            chunk = _without_footer(chunk, self._feed.footer)
        if self._feed.fill_down:
            filled = _filled(chunk.frame, self._feed.fill_down, self._above)
            chunk = replace(chunk, frame=filled)
        self._received += chunk.received + chunk.blank
        return chunk

    def end(self) -> Iterator[Chunk]:
        """Yield what the end of the table tells."""
        if self._received + 1 in ROW_LIMITS:
            end = BadLine(self._received, "excel-row-limit", "", "")
            yield Chunk(pl.DataFrame(schema={LINE: pl.Int64}), [], [end])


def without_blank(chunk: Chunk, delimiter: str = ",") -> Chunk:
    """Leave rows out that have no value: a spreadsheet writes ``,,,`` below its table."""
    signs = f'{delimiter} \t\u3000"'
    bad = [each for each in chunk.bad if each.code != "ragged" or each.raw.strip(signs)]
    blank = len(chunk.bad) - len(bad)
    frame = chunk.frame
    names = [name for name in frame.columns if name != LINE]
    if names and frame.height:
        # Nearly every row has a value in its first column, and nothing more is asked of it.
        begins_empty = frame.select(_is_empty(names[0])).to_series()
        if begins_empty.any():
            is_blank = (
                begins_empty
                & frame.select(pl.all_horizontal(_is_empty(name) for name in names)).to_series()
            )
            frame = frame.filter(~is_blank)
            blank += int(is_blank.sum())
    return replace(chunk, frame=frame, bad=bad, blank=chunk.blank + blank) if blank else chunk


def _is_empty(name: str) -> pl.Expr:
    return pl.col(name).is_null() | (pl.col(name).str.strip_chars() == "")


def as_rows(chunks: Iterable[Chunk], feed: Feed) -> Iterator[Chunk]:
    """Undo, chunk by chunk, what the source's spreadsheet did to its rows."""
    rows = Rows(feed)
    for each in chunks:
        yield rows.of(each)
    yield from rows.end()


def _without_footer(chunk: Chunk, words: Sequence[str]) -> Chunk:
    """Put lines aside whose first cell begins like a footer."""
    names = [name for name in chunk.frame.columns if name != LINE]
    first = chunk.frame.select(
        pl.coalesce(pl.col(name).map_batches(clean, return_dtype=pl.String) for name in names)
    ).to_series()
    is_footer = _begins(first, words).fill_null(value=False)
    footers = [
        _footer(row[LINE], _written(row))
        for row in chunk.frame.filter(is_footer).iter_rows(named=True)
    ]
    ragged = [
        _footer(each.line, each.raw) if each.raw.strip().startswith(tuple(words)) else each
        for each in chunk.bad
    ]
    return replace(chunk, frame=chunk.frame.filter(~is_footer), bad=[*ragged, *footers])


def _begins(texts: pl.Series, words: Sequence[str]) -> pl.Series:
    frame = texts.to_frame("text")
    return frame.select(
        pl.any_horizontal(pl.col("text").str.starts_with(word) for word in words)
    ).to_series()


def _written(row: Mapping[str, object]) -> str:
    said = {name: value for name, value in row.items() if name != LINE and value is not None}
    return msgspec.json.encode(said).decode()[:_MAX_RAW]


def _footer(line: int, raw: str) -> BadLine:
    return BadLine(line, "footer-row", "约定为表尾，不是记录 (a footer, by the feed)", raw)


def _filled(frame: pl.DataFrame, names: Sequence[str], above: dict[str, str]) -> pl.DataFrame:
    """Repeat the value above in empty cells; ``above`` goes on from chunk to chunk."""
    for name in names:
        if name in frame.columns and frame.height:
            column = clean(frame[name])
            column = column.set(column == "", None).fill_null(strategy="forward")
            column = column.fill_null(above[name]) if name in above else column
            frame = frame.with_columns(column.alias(name))
            if column[-1] is not None:
                above[name] = column[-1]
    return frame
