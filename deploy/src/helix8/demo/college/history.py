"""What a system holds on a day: what it held on the first one, and what every day since did to it.

So the whole of a day is what the days before it add up to, however it is delivered.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from types import ModuleType

from helix8.demo.college.model import College
from helix8.demo.college.records import Daily, Delivery, Record, Table


def full(college: College, system: ModuleType, day: date) -> Iterator[Delivery]:
    """Yield everything that a system holds on a day, parents before children."""
    tables = {table.export.feed: table for table in system.tables(college)}
    since = college.spec.data_day
    for passed in range((day - since).days):
        for daily in system.daily(college, since + timedelta(days=passed + 1)):
            _apply(tables[daily.export.feed], college, daily, since + timedelta(days=passed + 1))
    return (table.delivery("snapshot", day) for table in tables.values())


def delta(college: College, system: ModuleType, day: date) -> Iterator[Delivery]:
    """Yield what a day changed in a system: first what came or changed, then what is gone."""
    for daily in system.daily(college, day):
        table = Table(daily.export, {})
        _apply(table, college, daily, day)
        if table.rows:
            yield table.delivery("upsert", day)
        if daily.gone:
            yield Delivery(daily.export, "delete", day, tuple(_keys_only(daily)))


def _apply(table: Table, college: College, daily: Daily, day: date) -> None:
    key_of = daily.export.key_of
    for record in (*daily.new, *daily.changed):
        table.rows[key_of(record)] = record
        table.faults.pop(key_of(record), None)
    # Only a record that is new: the hub keeps the last good state of another one.
    table.spoil_some(college.spec, [key_of(record) for record in daily.new], day)
    for record in daily.gone:
        table.rows.pop(key_of(record), None)
        table.faults.pop(key_of(record), None)


def _keys_only(daily: Daily) -> Iterator[Record]:
    for record in daily.gone:
        yield {column: record[column] for column in daily.export.key}
