"""Contributions of documents to aggregated records.

Each line of a named document counts exactly once, also when the document is sent again: what a
document contributed before is replaced by what it contributes now.
"""

from typing import Any, Final

import asyncpg

from datahub.dictionary.tables import table_name
from datahub.ingest.domain.feed import Feed

PART: Final = "\x1f"
"""Between a document's name and the batch that replayed some of its lines."""

_OF_DOCUMENT: Final = "(p.document = $2 OR starts_with(p.document, $2 || E'\\x1f'))"


async def replace_document(
    connection: "asyncpg.Connection[Any]", feed: Feed, document: str, observed: int
) -> None:
    """Replace a document's part, and turn the staged sums into totals over all documents.

    Keys that only the older text of the document had are staged with what the other documents
    still give them, or with zeros, so that no line counts that is no longer there.
    """
    stage = f"stage_{feed.entity.name}"
    names = [f'"{each.target}"' for each in feed.measures]
    array = f"ARRAY[{', '.join(f'{name}::numeric' for name in names)}]"
    await connection.execute(_stage_lost_keys(feed, stage), feed.id, document, observed)
    await connection.execute(
        f"DELETE FROM aggregate_part p WHERE p.feed = $1 AND {_OF_DOCUMENT}", feed.id, document
    )
    await connection.execute(
        f"INSERT INTO aggregate_part (feed, key, document, totals)"
        f' SELECT $1, h8_key, $2, {array} FROM "{stage}" WHERE h8_weight > 0',
        feed.id,
        document,
    )
    sums = ", ".join(f"sum(p.totals[{place}]) AS m{place}" for place in range(1, len(names) + 1))
    sets = ", ".join(f"{name} = s.{name} + t.m{place}" for place, name in enumerate(names, start=1))
    await connection.execute(
        f'UPDATE "{stage}" s SET {sets} FROM (SELECT p.key, {sums} FROM aggregate_part p'
        f' JOIN "{stage}" staged ON staged.h8_key = p.key WHERE p.feed = $1 AND p.document <> $2'
        f" GROUP BY p.key) t WHERE t.key = s.h8_key",
        feed.id,
        document,
    )


def _stage_lost_keys(feed: Feed, stage: str) -> str:
    fields = [f'"{each.target.name}"' for each in feed.mappings]
    measures = [f'"{each.target}"' for each in feed.measures]
    return (
        f'INSERT INTO "{stage}" (h8_key, h8_line, h8_observed, h8_weight,'
        f" {', '.join([*fields, *measures])})"
        f" SELECT DISTINCT p.key, 0, $3::bigint, 0, {', '.join(f'r.{name}' for name in fields)},"
        f" {', '.join('0' for _ in measures)}"
        f' FROM aggregate_part p JOIN "{table_name(feed.entity.name)}" r ON r.key = p.key'
        f" WHERE p.feed = $1 AND {_OF_DOCUMENT}"
        f' AND NOT EXISTS (SELECT FROM "{stage}" s WHERE s.h8_key = p.key)'
    )
