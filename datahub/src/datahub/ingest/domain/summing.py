"""Lines of a document, summed per record: what an aggregating feed keeps.

Source: our default (decision 11).
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from datahub.dictionary.domain.entity import FieldType
from datahub.ingest.domain.columns import KEY, RAW
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.reading import LINE

WEIGHT: Final = "#weight"
"""Source rows behind a canonical row; more than one only in aggregating feeds."""


def sum_lines(feed: Feed, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Sum the lines of an aggregating feed per record; ``#weight`` counts them."""
    keys = [each.target.name for each in feed.mappings]
    sums = [
        _sum(feed, each.target) if each.column else pl.len().cast(pl.String).alias(each.target)
        for each in feed.measures
    ]
    return (
        pl.concat([frame.lazy() for frame in frames])
        .group_by(KEY, maintain_order=True)
        .agg(
            pl.col(LINE).first(),
            pl.col(RAW).first(),
            *(pl.col(name).first() for name in keys),
            *sums,
            pl.len().cast(pl.Int32).alias(WEIGHT),
        )
        .collect()
    )


def _sum(feed: Feed, target: str) -> pl.Expr:
    """Sum a column exactly, in whole numbers where the field holds whole numbers."""
    whole = feed.entity.fields[target].type is FieldType.INTEGER
    return pl.col(target).cast(pl.Int64 if whole else pl.Decimal(38, 10)).sum().cast(pl.String)
