"""Fields that a record leaves out: they stay as they are; null clears them.

A file with a header cannot leave anything out: its columns are the feed's. Source: our default.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from datahub.ingest.domain.columns import KEY
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.reading import LINE, Chunk

LEFT_OUT: Final = "#left-out"
"""Names of the fields that a row leaves out, as PostgreSQL writes an array; null for none."""


def left_out(feed: Feed, chunk: Chunk) -> pl.DataFrame | None:
    """Return ``#line`` and `LEFT_OUT` of every row; None where no row leaves anything out.

    A field with a default, a constant or a lookup is never left out: the feed says what it is.
    """
    fields = {
        each.target.name: frozenset(each.columns)
        for each in feed.mappings
        if each.columns and each.default is None and each.lookup is None
    }
    present = frozenset(chunk.frame.columns)

    def names(lacking: frozenset[str]) -> str | None:
        found = [name for name, columns in fields.items() if not columns & (present - lacking)]
        return f"{{{','.join(found)}}}" if found else None

    by_line = {
        line: text
        for lacking, lines in chunk.left_out.items()
        if (text := names(lacking)) is not None
        for line in lines
    }
    always = names(frozenset())
    if always is None and not by_line:
        return None
    lines = chunk.frame[LINE].to_list()
    texts = [by_line.get(line, always) for line in lines]
    return pl.DataFrame(
        {LINE: lines, LEFT_OUT: texts}, schema={LINE: pl.Int64, LEFT_OUT: pl.String}
    )


def is_left_out(name: str) -> pl.Expr:
    """Return whether a row leaves a field out."""
    return pl.col(LEFT_OUT).str.contains(rf"[{{,]{name}[,}}]").fill_null(value=False)


def said_last(rows: pl.DataFrame, targets: Sequence[str]) -> pl.DataFrame:
    """Return, for each ``#key``, what its rows say together: of each field what was said last."""
    found = rows.group_by(KEY, maintain_order=True).agg(
        *(pl.col(name).filter(~is_left_out(name)).last() for name in targets),
        *(is_left_out(name).all().alias(f"!{name}") for name in targets),
    )
    none = pl.concat_str(
        [pl.when(f"!{name}").then(pl.lit(f",{name}")).otherwise(pl.lit("")) for name in targets]
    ).str.strip_prefix(",")
    text = pl.when(none != "").then(pl.concat_str(pl.lit("{"), none, pl.lit("}")))
    return found.with_columns(text.alias(LEFT_OUT)).select(KEY, LEFT_OUT, *targets)
