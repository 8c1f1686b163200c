"""Records as they stand, and as they stood: pages, one record, its history, whole entities.

PostgreSQL writes the JSON; a page is found by its key, so that the last one costs what the first
costs. What stood at an earlier place of the change feed is read back from the change log, which
keeps what each change replaced. Source: ``notes`` on reading (OFFSET was 480 × slower at depth).
"""

import json
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal, TypeAlias

import asyncpg

from datahub.dictionary.domain.entity import EXT, Entity, FieldType, is_ext
from datahub.dictionary.tables import record_id, table_name
from datahub.ingest.domain.rekeying import REKEY
from datahub.records.domain.asking import Asking, readable
from datahub.records.repository.conditions import bound, column_sql, condition_sql, masked_sql
from datahub.records.repository.seeing import seen_condition

Reader: TypeAlias = "asyncpg.Connection[Any]"

Form: TypeAlias = Literal["json", "csv", "texts"]
"""How records are streamed: JSON lines, CSV with a header, or JSON lines that hold texts alone."""

PLUMBING: Final = ("key", "id", "version")
"""What every record that is read has before its fields."""

_JSON_TEXTS: Final = frozenset({FieldType.TIMESTAMP, FieldType.BOOLEAN, FieldType.LIST})
"""Types that PostgreSQL writes otherwise than JSON does."""

SAMPLE_FROM: Final = 200_000
"""Partitions of a larger table are cut by a sample of its keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which part of the records: after one key, up to another."""

    limit: int
    offset: int = 0
    after: str | None = None
    until: str | None = None
    """Last key of a partition, included."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A page as JSON, and the key that the next one follows; None at the end."""

    body: bytes
    last: str | None


async def read_page(
    reader: Reader, asking: Asking, window: Window, as_of: int | None = None
) -> Answer:
    """Return a page of records in the order of their keys.

    Args:
        as_of: place in the change feed at which the records are read; None is now.
    """
    sql, values = page_sql(asking, window, as_of)
    row = await reader.fetchrow(sql, *values)
    assert row is not None
    return Answer(row["body"].encode(), row["last"] if row["more"] else None)


def page_sql(asking: Asking, window: Window, as_of: int | None = None) -> tuple[str, list[Any]]:
    """Return the statement of a page (its JSON, last key, whether more follow) and its values."""
    values: list[Any] = []
    rows = _selection(asking, values, as_of, after=window.after, until=window.until)
    limit = bound(values, window.limit, "bigint")
    offset = bound(values, window.offset, "bigint")
    last, direction = ("min", "DESC") if asking.descending else ("max", "ASC")
    sql = (
        f"WITH page AS MATERIALIZED ({rows} ORDER BY key {direction}"
        f" LIMIT {limit} + 1 OFFSET {offset}),"
        f" cut AS (SELECT * FROM page ORDER BY key {direction} LIMIT {limit})"
        f" SELECT coalesce(json_agg(cut), '[]')::text AS body, {last}(key) AS last,"
        f" (SELECT count(*) FROM page) > {limit} AS more FROM cut"
    )
    return sql, values


async def count_records(reader: Reader, asking: Asking, as_of: int | None = None) -> int:
    """Return how many records answer a question."""
    values: list[Any] = []
    rows = _selection(asking, values, as_of)
    return int(await reader.fetchval(f"SELECT count(*) FROM ({rows}) x", *values))


async def copy_records(
    reader: Reader,
    asking: Asking,
    output: Callable[[bytes], Coroutine[Any, Any, None]],
    *,
    form: Form,
    as_of: int | None = None,
) -> None:
    """Stream every record that answers a question, line by line."""
    values: list[Any] = []
    rows = f"{_selection(asking, values, as_of)} ORDER BY key"
    if form != "json":
        rows = f"SELECT {_as_texts(asking)} FROM ({rows}) x"
    if form == "csv":
        shape: dict[str, Any] = {"header": True}
    else:
        # JSON holds neither of these signs, so no line is quoted.
        shape = {"delimiter": "\x02", "quote": "\x01"}
        rows = f"SELECT row_to_json(y) FROM ({rows}) y"
    await reader.copy_from_query(rows, *values, output=output, format="csv", **shape)


def _as_texts(asking: Asking) -> str:
    """Return the columns as JSON writes them, without its quotes: ISO times, true, lists."""
    names = [*PLUMBING, *asking.fields]
    return ", ".join(
        f'to_json("{name}") #>> \'{{}}\' AS "{name}"'
        if is_ext(name) or _type_of(asking.entity, name) in _JSON_TEXTS
        else f'"{name}"::text AS "{name}"'
        for name in names
    )


def _type_of(entity: Entity, name: str) -> FieldType | None:
    return entity.fields[name].type if name in entity.fields else None


async def cut_keys(reader: Reader, entity: Entity, number: int) -> list[str]:
    """Return the keys at which an entity's records are cut into about equal parts."""
    table = table_name(entity.name)
    size = await reader.fetchval("SELECT reltuples::bigint FROM pg_class WHERE relname = $1", table)
    sample = " TABLESAMPLE SYSTEM (2)" if size > SAMPLE_FROM else ""
    places = [place / number for place in range(1, number)]
    keys = await reader.fetchval(
        "SELECT percentile_disc($1::float8[]) WITHIN GROUP (ORDER BY key)"
        f' FROM "{table}"{sample} WHERE deleted_at IS NULL',
        places,
    )
    return list(dict.fromkeys(keys or ()))


async def read_record(
    reader: Reader,
    asking: Asking,
    key: str,
    as_of: int | None = None,
    may: Mapping[str, bool] | None = None,
) -> tuple[int, bytes] | None:
    """Return the version of one record and its JSON; None when there is none.

    A record as it stands also says where it came from (``origin``), of the past its history does;
    and what the reader may do with it.
    """
    values: list[Any] = []
    rows = _selection(asking, values, as_of, key=key)
    origin = (
        "SELECT r.batch, r.line, b.source, b.feed, b.document, b.started_at AS received_at"
        f' FROM "{table_name(asking.entity.name)}" r LEFT JOIN batch b ON b.id = r.batch'
        " WHERE r.key = x.key"
    )
    body = "to_jsonb(x)"
    if as_of is None:
        allowed = bound(values, json.dumps(may or {}), "text")
        body += (
            f" || jsonb_build_object('origin', (SELECT to_jsonb(o) FROM ({origin}) o),"
            f" 'may', {allowed}::jsonb)"
        )
    row = await reader.fetchrow(
        f"SELECT x.version, ({body})::text AS body FROM ({rows}) x", *values
    )
    return None if row is None else (row["version"], row["body"].encode())


async def find_moved(reader: Reader, entity: Entity, key: str) -> str | None:
    """Return the key that a record has now which once had this one; None where none had."""
    found: str | None = await reader.fetchval(
        "SELECT new_key FROM rekeyed WHERE entity = $1 AND old_key = $2", entity.name, key
    )
    return found


async def was_ever(reader: Reader, entity: Entity, key: str) -> bool:
    """Return whether a record has a key, or had it once."""
    return bool(
        await reader.fetchval(
            f'SELECT EXISTS (SELECT FROM "{table_name(entity.name)}" WHERE key = $2)'
            " OR EXISTS (SELECT FROM rekeyed WHERE entity = $1 AND old_key = $2)",
            entity.name,
            key,
        )
    )


async def read_history(
    reader: Reader,
    entity: Entity,
    key: str,
    *,
    limit: int,
    before: int | None,
    hidden: Collection[str] = (),
) -> Answer:
    """Return what became of one record, newest first: what each change replaced, and its source.

    Where its key has changed, the entry of that stands under both keys.

    Args:
        hidden: fields that are not told.
    """
    own = [name for name in entity.open_ext if f"{EXT}.{name}" not in hidden]
    row = await reader.fetchrow(
        """
        WITH page AS (
          SELECT s.first_seq + c.ordinal AS seq, s.committed_at AS at, c.op, c.version,
                 c.key, c.previous_key,
                 ARRAY(SELECT f FROM unnest(c.fields) f WHERE f = ANY($3::text[])) AS fields,
                 (SELECT jsonb_object_agg(k, CASE WHEN k = 'ext' THEN (
                    SELECT jsonb_object_agg(a, b) FROM jsonb_each(nullif(v, 'null')) x(a, b)
                     WHERE a = ANY($6::text[])) ELSE v END)
                    FROM jsonb_each(c.before) AS e(k, v)
                   WHERE k = ANY($3::text[])
                     AND (c.fields IS NULL OR k = ANY(c.fields))) AS before,
                 s.batch, s.source, b.feed, s.correlation
            FROM change c JOIN change_set s ON s.id = c.change_set
                 LEFT JOIN batch b ON b.id = s.batch
           WHERE (c.key = $1 OR c.previous_key = $1) AND s.entity = $2
             AND s.first_seq IS NOT NULL
             AND ($5::bigint IS NULL OR s.first_seq + c.ordinal < $5)
           ORDER BY seq DESC LIMIT $4::bigint + 1
        ), cut AS (SELECT * FROM page LIMIT $4::bigint)
        SELECT coalesce((SELECT json_agg(cut) FROM cut), '[]')::text AS body,
               (SELECT count(*) FROM page) > $4 AS more, (SELECT min(seq) FROM cut)::text AS last
        """,
        key,
        entity.name,
        [name for name in readable(entity) if name not in hidden],
        limit,
        before,
        own,
    )
    assert row is not None
    return Answer(row["body"].encode(), row["last"] if row["more"] else None)


async def seq_at(reader: Reader, instant: datetime) -> int:
    """Return the last place of the change feed that had been committed before an instant."""
    found = await reader.fetchval(
        "SELECT first_seq + rows - 1 FROM change_set"
        " WHERE committed_at < $1 AND first_seq IS NOT NULL"
        " ORDER BY committed_at DESC, first_seq DESC LIMIT 1",
        instant,
    )
    return int(found or 0)


async def last_seq(reader: Reader) -> int:
    """Return the last place of the change feed."""
    return int(await reader.fetchval("SELECT last_seq FROM watermark") or 0)


def _selection(
    asking: Asking,
    values: list[Any],
    as_of: int | None,
    *,
    after: str | None = None,
    until: str | None = None,
    key: str | None = None,
) -> str:
    """Return a SELECT of ``key``, ``id``, ``version`` and the fields asked for; fill its values."""
    source = _present(asking.entity) if as_of is None else _past(asking.entity, values, as_of)
    where = [condition_sql(each, asking.entity, values) for each in asking.conditions]
    for operator, limit in (
        ("<" if asking.descending else ">", after),
        (">=" if asking.descending else "<=", until),
        ("=", key),
    ):
        if limit is not None:
            where.append(f"key {operator} {bound(values, limit, 'text')}")
    if asking.seen is not None:
        where.append(seen_condition(asking.entity, asking.seen, values, as_of))
    if asking.valid_on is not None:
        where.append(_in_force(asking.entity, values, asking.valid_on, as_of))
    fields = "".join(f", {column}" for column in _columns(asking, values, as_of))
    condition = f" WHERE {' AND '.join(where)}" if where else ""
    identity = record_id(asking.entity.name)
    return f"SELECT key, {identity} AS id, version{fields} FROM {source}{condition}"


def _columns(asking: Asking, values: list[Any], as_of: int | None) -> Iterator[str]:
    """Yield the fields that are asked for; of who does not see persons, personal ones masked."""
    masking = asking.masking
    if masking is None:
        yield from (column_sql(asking.entity, name) for name in asking.fields)
        return
    clear = "false"
    if masking.clear:
        clear = f"coalesce({seen_condition(asking.entity, masking.clear, values, as_of)}, false)"
    for name in asking.fields:
        yield masked_sql(asking.entity, name, masking.fields, clear)


def _in_force(entity: Entity, values: list[Any], on: date, as_of: int | None) -> str:
    """Return which records are in force on a day: of states that overlap, the last to begin."""
    day = bound(values, on, "date")
    # Half-open; an end that nobody told is open.
    is_in_force = (
        f"(valid_from IS NULL OR valid_from <= {day}) AND (valid_to IS NULL OR valid_to > {day})"
    )
    if not entity.state_of:
        return is_in_force
    others = _present(entity) if as_of is None else _past(entity, values, as_of)
    same = " AND ".join(f'o."{name}" = r."{name}"' for name in entity.state_of)
    later = f"SELECT * FROM {others} WHERE {is_in_force}"
    return (
        f"{is_in_force} AND NOT EXISTS (SELECT FROM ({later}) o"
        f" WHERE {same} AND o.valid_from > r.valid_from)"
    )


def _present(entity: Entity) -> str:
    return f'(SELECT * FROM "{table_name(entity.name)}" WHERE deleted_at IS NULL) r'


def _past(entity: Entity, values: list[Any], as_of: int) -> str:
    """Return the records as they stood: the present row, with what later changes replaced.

    The earliest later change tells whether the record was there; of each field, the earliest
    later change that names it holds what it was. Where a record got its key later, what it was
    before was another key's.
    """
    at = bound(values, as_of, "bigint")
    name = bound(values, entity.name, "text")
    table = table_name(entity.name)
    later = f"""(
      SELECT c.version, c.op, c.fields,
             CASE WHEN c.previous_key IS NULL OR c.key <> r.key THEN c.before END AS before
        FROM change c JOIN change_set s ON s.id = c.change_set
       WHERE (c.key = r.key OR c.previous_key = r.key) AND s.entity = {name}
         AND (s.first_seq IS NULL OR s.first_seq + c.ordinal > {at}))"""
    columns = [each.name for each in entity.fields.values() if not each.is_closed]
    fields = ", ".join(
        f'CASE WHEN back.doc ? \'{each}\' THEN p."{each}" ELSE r."{each}" END AS "{each}"'
        for each in [*columns, EXT]
    )
    return f"""(
      SELECT r.key, coalesce(back.doc ->> 'identity', r.identity) AS identity,
             CASE WHEN f.found THEN f.version ELSE r.version END AS version, {fields}
        FROM "{table}" r
        LEFT JOIN LATERAL (
          SELECT true AS found, before IS NOT NULL AS was_there,
                 coalesce((before ->> 'version')::int, version - 1) AS version
            FROM {later} w ORDER BY w.version LIMIT 1) f ON true
        LEFT JOIN LATERAL (
          SELECT jsonb_object_agg(k, v) AS doc FROM (
            SELECT DISTINCT ON (k) k, v FROM {later} w, jsonb_each(w.before) AS e(k, v)
             WHERE w.fields IS NULL OR w.op = '{REKEY}' OR k = ANY(w.fields)
             ORDER BY k, w.version) first) back
          ON f.found
        LEFT JOIN LATERAL jsonb_populate_record(NULL::"{table}", back.doc) p ON f.found
       WHERE CASE WHEN f.found THEN f.was_there ELSE r.deleted_at IS NULL END) r"""
