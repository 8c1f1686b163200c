"""Few rows become records by one statement: staged, held against their parents and merged in it.

By a staging table it takes four, most of what a record costs that comes alone. It is the way of
rows that say all their fields, of fields that no other system writes, and that no rule holds back.
"""

from collections.abc import Sequence
from typing import Any, Final

import asyncpg
import msgspec
import polars as pl

from datahub.dictionary.tables import SQL_TYPES, table_name
from datahub.ingest.domain.columns import KEY, RAW
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.leaving_out import LEFT_OUT
from datahub.ingest.domain.reading import LINE
from datahub.ingest.domain.summing import WEIGHT
from datahub.ingest.domain.survivorship import Contest
from datahub.ingest.repository import filling
from datahub.ingest.repository.aside import absent_sql
from datahub.ingest.repository.filling import OBSERVED
from datahub.ingest.repository.merging import Merging
from datahub.ingest.repository.records import Merged, Standing, spoken_under

MOST: Final = filling.FEW
"""Rows: more are staged by COPY."""

_FIRST: Final = 5
"""Parameter of the first column; those before it are the merge's own."""

_SQL: Final = "at once"


def can_merge(feed: Feed, rows: pl.DataFrame, contest: Contest) -> bool:
    """Return whether rows may go this way, as far as they themselves tell."""
    is_simple = not (feed.ext or feed.keeps_unknown or feed.is_aggregating or contest.fields)
    return is_simple and rows.height < MOST and LEFT_OUT not in rows.columns


async def merge_at_once(
    connection: "asyncpg.Connection[Any]",
    feed: Feed,
    rows: pl.DataFrame,
    contest: Contest,
    said: tuple[int, str | None],
) -> tuple[Merged, list[list[str]]]:
    """Write rows, their change log and their change set, except those whose parent is absent.

    The planner has been told to go by index.

    Args:
        said: the batch, and under which correlation it came.

    Returns:
        what was done; for each parent field of the feed, the keys without a record.
    """
    columns = [KEY, LINE, OBSERVED, WEIGHT, RAW, *feed.written]
    texts = [rows[name].cast(pl.String).to_list() for name in columns]
    batch, correlation = said
    row = await connection.fetchrow(
        _statement(feed, contest, columns), batch, feed.id, contest.source, correlation, *texts
    )
    assert row is not None
    absent: list[list[str]] = [[] for _ in feed.parents]
    for place, key in msgspec.json.decode(row["absent"] or "[]"):
        absent[place].append(key)
    standing = msgspec.json.decode(row["standing"] or "[]")
    changed = row["created"] + row["updated"]
    merged = Merged(
        row["created"],
        row["updated"],
        row["staged"] - changed,
        {key: Standing(*how) for key, *how in standing},
    )
    return merged, absent


def _statement(feed: Feed, contest: Contest, columns: Sequence[str]) -> str:
    """Return the statement, made once for a feed and its rivals."""
    known = feed.compiled.get(_SQL)
    if known is None or known[0] != contest.rivals:
        words = spoken_under(contest)
        merging = Merging(
            feed.entity, tuple(feed.targets), "good", words, head=_head(feed, columns)
        )
        known = feed.compiled[_SQL] = (contest.rivals, merging.sql(tells=True))
    statement: str = known[1]
    return statement


def _head(feed: Feed, columns: Sequence[str]) -> str:
    """Return the steps before the merge: the rows, the parents that are absent, the good rows."""
    fields = feed.entity.fields.values()
    types = {each.name: SQL_TYPES[each.type] for each in fields} | filling.PLUMBING_TYPES
    names = [filling.PLUMBING.get(name, name) for name in columns]
    typed = ", ".join(f'CAST(r."{name}" AS {types[name]}) AS "{name}"' for name in names)
    arrays = ", ".join(f"${place}::text[]" for place in range(_FIRST, _FIRST + len(names)))
    listed = ", ".join(f'"{name}"' for name in names)
    parents = [(each.target.name, str(each.target.ref)) for each in feed.parents]
    absent = " UNION ALL ".join(_absent(place, *each) for place, each in enumerate(parents))
    lacking = " OR ".join(
        f'(a.place = {place} AND a.key = s."{name}")' for place, (name, _) in enumerate(parents)
    )
    return f"""
            staged AS MATERIALIZED (
              SELECT {typed} FROM unnest({arrays}) AS r ({listed})
            ), absent AS MATERIALIZED (
              {absent or "SELECT 0 AS place, NULL::text AS key WHERE false"}
            ), good AS MATERIALIZED (
              SELECT * FROM staged s
               WHERE NOT EXISTS (SELECT FROM absent a WHERE {lacking or "true"})
            ),"""


def _absent(place: int, name: str, entity: str) -> str:
    keys = f'(SELECT DISTINCT "{name}" AS key FROM staged WHERE "{name}" IS NOT NULL)'
    return f"SELECT {place} AS place, " + absent_sql(keys, f"'{entity}'", table_name(entity))
