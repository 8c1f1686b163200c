"""Read national tables: pages, files, and what they lack. One statement a table.

Names of tables and elements come from the dictionary and mapping files, never from a request.
"""

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import asyncpg

from datahub.dictionary.domain.seeing import Narrowing
from datahub.dictionary.repository import load_dictionary
from datahub.dictionary.repository.seeing import seen_sql
from datahub.dictionary.tables import table_name
from datahub.national.domain.form import characters
from datahub.national.domain.gaps import FAULTS, FOREIGN, MISSING, TOO_LONG, Count, Place
from datahub.national.domain.mapping import TableMapping
from datahub.national.repository.own import relation
from datahub.national.repository.shipped import load_mappings
from datahub.national.repository.statement import CAMPUS, Statement
from datahub.records.queries import Answer, Window

Reader: TypeAlias = "asyncpg.Connection[Any]"

FIRST: Final = 5
"""Keys that are named of the rows with a fault."""


async def read_page(
    reader: Reader,
    mapping: TableMapping,
    fields: Sequence[str],
    window: Window,
    narrowing: Narrowing | None = None,
) -> Answer:
    """Return rows as JSON in the order of the keys that they are made from."""
    statement, rows = _rows(mapping, narrowing)
    limit = statement.bind(window.limit, "bigint")
    offset = statement.bind(window.offset, "bigint")
    after = f" WHERE key > {statement.bind(window.after, 'text')}" if window.after else ""
    row = await reader.fetchrow(
        f"WITH page AS MATERIALIZED (SELECT * FROM ({rows}) t{after} ORDER BY key"
        f" LIMIT {limit} + 1 OFFSET {offset}),"
        f" cut AS (SELECT * FROM page ORDER BY key LIMIT {limit})"
        f" SELECT coalesce(json_agg((SELECT x FROM (SELECT {_names(fields)}) x) ORDER BY key),"
        " '[]')::text AS body, max(key) AS last,"
        f" (SELECT count(*) FROM page) > {limit} AS more FROM cut",
        *statement.values,
    )
    assert row is not None
    return Answer(row["body"].encode(), row["last"] if row["more"] else None)


async def count_rows(
    reader: Reader, mapping: TableMapping, narrowing: Narrowing | None = None
) -> int:
    """Return how many rows a table has."""
    statement, rows = _rows(mapping, narrowing)
    return int(await reader.fetchval(f"SELECT count(*) FROM ({rows}) t", *statement.values))


async def copy_rows(
    reader: Reader,
    mapping: TableMapping,
    fields: Sequence[str],
    output: Callable[[bytes], Coroutine[Any, Any, None]],
    *,
    as_json: bool,
    narrowing: Narrowing | None = None,
) -> None:
    """Stream every row, as JSON lines or as CSV with a header."""
    statement, rows = _rows(mapping, narrowing)
    ordered = f"SELECT * FROM ({rows}) t ORDER BY key"
    if as_json:
        # JSON holds neither of these signs, so no line is quoted.
        shape: dict[str, Any] = {"delimiter": "\x02", "quote": "\x01"}
        sql = f"SELECT row_to_json(x) FROM (SELECT {_names(fields)} FROM ({ordered}) o) x"
    else:
        shape = {"header": True}
        sql = f"SELECT {_names(fields)} FROM ({ordered}) o"
    await reader.copy_from_query(sql, *statement.values, output=output, format="csv", **shape)


class Counts:
    """What was counted of each table: counted again when a record that it rests on has changed."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, Count]] = {}

    async def of(self, reader: Reader, mapping: TableMapping) -> Count:
        """Return how many rows a table has, and how many of them have which fault."""
        if mapping.is_own:
            return await count_faults(reader, mapping)
        revision = await _revision(reader, mapping)
        kept = self._kept.get(mapping.table.name)
        if kept is None or kept[0] != revision:
            kept = (revision, await count_faults(reader, mapping))
            self._kept[mapping.table.name] = kept
        return kept[1]


async def _revision(reader: Reader, mapping: TableMapping) -> object:
    """Return what changes with every commit that touches a table's records, and with the day."""
    rows = await reader.fetch(
        "SELECT entity, (SELECT max(id) FROM change_set c WHERE c.entity = e.entity) AS newest,"
        f" (now() AT TIME ZONE '{CAMPUS}')::date AS day FROM unnest($1::text[]) AS e(entity)",
        sorted(mapping.entities),
    )
    return [tuple(row.values()) for row in rows]


async def count_faults(reader: Reader, mapping: TableMapping) -> Count:
    """Return how many rows there are, and how many of them have which fault."""
    statement, rows = _rows(mapping)
    places = list(_places(mapping))
    columns = "".join(
        f", count(*) FILTER (WHERE {_condition(mapping, place, statement)})" for place in places
    )
    row = await reader.fetchrow(f"SELECT count(*){columns} FROM ({rows}) t", *statement.values)
    assert row is not None
    total, *found = list(row.values())
    return Count(total, {place: n for place, n in zip(places, found, strict=True) if n})


async def first_keys(
    reader: Reader, mapping: TableMapping, count: Count
) -> Mapping[Place, list[str]]:
    """Return the first keys of the rows that have a fault, by element and fault."""
    if not count.faulty or mapping.is_closed:
        return {}
    statement, rows = _rows(mapping)
    places = list(count.faulty)
    parts = [
        f"(SELECT {no} AS no, key FROM t WHERE {_condition(mapping, place, statement)}"
        f" ORDER BY key LIMIT {FIRST})"
        for no, place in enumerate(places)
    ]
    # A group is put together once; of records the first few are found without the rest.
    kept = "" if mapping.group else "NOT "
    found = await reader.fetch(
        f"WITH t AS {kept}MATERIALIZED ({rows}) {' UNION ALL '.join(parts)}", *statement.values
    )
    keys: dict[Place, list[str]] = {place: [] for place in places}
    for row in found:
        keys[places[row["no"]]].append(row["key"])
    return keys


def _rows(mapping: TableMapping, narrowing: Narrowing | None = None) -> tuple[Statement, str]:
    """Return the rows of a table as a statement, with what is bound to it.

    A row that is a group of records is seen by who sees all of them.
    """
    statement = Statement(mapping, load_dictionary())
    if mapping.is_own:
        statement.own = relation(
            mapping.entity.name, load_mappings(), load_dictionary(), statement.bind
        )
    rows = statement.sql()
    if narrowing is None:
        return statement, rows
    if mapping.group or mapping.is_own:
        return statement, f"SELECT * FROM ({rows}) every_row WHERE false"
    condition = seen_sql(narrowing, statement.bind)
    return statement, (
        f"SELECT * FROM ({rows}) every_row WHERE key IN"
        f' (SELECT key FROM "{table_name(mapping.entity.name)}" WHERE {condition})'
    )


def _places(mapping: TableMapping) -> Iterator[Place]:
    """Yield every fault that a reported element can have."""
    for name in mapping.open_values:
        for fault in FAULTS:
            if fault != FOREIGN or mapping.table.elements[name].code_set:
                yield name, fault


def _condition(mapping: TableMapping, place: Place, statement: Statement) -> str:
    """Return the SQL of a fault; binds its values."""
    name, fault = place
    element = mapping.table.elements[name]
    if fault == MISSING:
        return f'"{name}" IS NULL'
    if fault == TOO_LONG:
        return f'char_length("{name}") > {characters(element)}'
    codes = load_dictionary().writable(str(element.code_set))
    return f'"{name}" <> ALL ({statement.bind(sorted(codes), "text[]")})'


def _names(fields: Sequence[str]) -> str:
    return ", ".join(f'"{each}"' for each in fields)
