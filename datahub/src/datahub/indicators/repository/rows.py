"""The rows behind one cell, as they were when it was measured: counted, and by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from datahub.indicators.domain.counted import Counted
from datahub.indicators.domain.definition import Leg
from datahub.indicators.domain.measure import Measure, Shape
from datahub.indicators.domain.row import Path, Row
from datahub.indicators.repository.counting import Sets, columns_of, counted_of
from datahub.indicators.repository.row_sql import CAMPUS, RowSql
from shared.kit.database import Transaction
from shared.kit.sql import text


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The rows of one cell at one moment."""

    key: str
    """Of the scope."""

    period: str
    """Its key."""

    later: Sets
    """Changes that do not count yet."""

    today: date
    """The day that ``today`` was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which page of a leg's rows, and what of each row."""

    measure: Measure
    beside: Sequence[Row | None]
    """Conditions of every leg that counts among the same rows: each row says which of them it
    meets."""

    paths: Sequence[Path]
    limit: int
    offset: int = 0
    after: str | None = None
    """Key of the last row of the page before."""


async def changed_later(tx: Transaction, watermark: int) -> dict[str, list[int]]:
    """Return, by entity, the change sets behind a place of the change feed."""
    rows = await tx.session.execute(
        text(
            "SELECT entity, array_agg(id ORDER BY id) AS sets FROM change_set"
            " WHERE first_seq > :watermark OR first_seq IS NULL GROUP BY entity"
        ),
        {"watermark": watermark},
    )
    return {row.entity: list(row.sets) for row in rows}


async def campus_day(tx: Transaction, at: datetime) -> date:
    """Return the day that it was on the campus."""
    found: date = await tx.session.scalar(
        text(f"SELECT (CAST(:at AS timestamptz) AT TIME ZONE {CAMPUS})::date"), {"at": at}
    )
    return found


async def count_group(
    tx: Transaction, shape: Shape, legs: Sequence[Leg], group: Group
) -> list[Counted]:
    """Count legs of one shape for one cell."""
    sql = RowSql(shape.entity, group.later, today=group.today)
    columns = columns_of(sql, legs)
    where = _of_group(sql, shape, group)
    select = f"SELECT count(*) AS base, {columns} FROM {sql.source()} WHERE {where}"
    row = (await tx.session.execute(text(sql.begin() + select), sql.values)).mappings().one()
    return counted_of(row, len(legs))


async def list_rows(tx: Transaction, wanted: Wanted, group: Group) -> list[dict[str, Any]]:
    """Return rows that a leg counts, in the order of their keys.

    Each has its ``key``, its ``version``, ``met``: which of the conditions beside it meets, its
    ``value`` where the leg adds up or compares one, and ``fields`` in the order asked for.
    """
    measure = wanted.measure
    sql = RowSql(measure.shape.entity, group.later, today=group.today)
    columns = [
        f"coalesce({_met(sql, each)}, false) AS m{n}" for n, each in enumerate(wanted.beside)
    ]
    columns += [f"{sql.path(path)} AS f{n}" for n, path in enumerate(wanted.paths)]
    value = "NULL" if measure.leg.value is None else sql.row(measure.leg.value)
    where = f"{_of_group(sql, measure.shape, group)} AND {_met(sql, measure.leg.where)}"
    page = {"after": wanted.after, "limit": wanted.limit, "offset": wanted.offset}
    select = (
        f"SELECT e.key, e.version, {value} AS value, {', '.join(columns)} FROM {sql.source()}"
        f" WHERE {where} AND (CAST(:after AS text) IS NULL OR e.key > :after)"
        " ORDER BY e.key LIMIT :limit OFFSET :offset"
    )
    rows = await tx.session.execute(text(sql.begin() + select), {**sql.values, **page})
    return [_row(dict(row), wanted) for row in rows.mappings()]


def _row(row: Mapping[str, Any], wanted: Wanted) -> dict[str, Any]:
    return {
        "key": row["key"],
        "version": row["version"],
        "value": row["value"],
        "met": [row[f"m{number}"] for number in range(len(wanted.beside))],
        "fields": [row[f"f{number}"] for number in range(len(wanted.paths))],
    }


def _of_group(sql: RowSql, shape: Shape, group: Group) -> str:
    key, period = sql.place(shape.key), sql.period(shape.period_kind, shape.period)
    return (
        f"e.deleted_at IS NULL AND {key} = {sql.value(group.key)}"
        f" AND {period} = {sql.value(group.period)}"
    )


def _met(sql: RowSql, where: Row | None) -> str:
    return "true" if where is None else sql.row(where)
