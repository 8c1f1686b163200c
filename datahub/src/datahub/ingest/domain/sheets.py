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


def as_rows(chunks: Iterable[Chunk], feed: Feed) -> Iterator[Chunk]:
    """Undo, chunk by chunk, what the source's spreadsheet did to its rows."""
    above: dict[str, str] = {}
    received = 0
    chunk = None
    for each in chunks:
        chunk = _without_footer(each, feed.footer) if feed.footer else each
        if feed.fill_down:
            chunk = replace(chunk, frame=_filled(chunk.frame, feed.fill_down, above))
        received += chunk.received
        yield chunk
    if chunk is not None and received + 1 in ROW_LIMITS:
        end = BadLine(received, "excel-row-limit", "", "")
        yield Chunk(chunk.frame.clear(), [], [end])


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
