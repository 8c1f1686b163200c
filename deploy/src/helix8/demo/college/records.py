"""What a source system holds and delivers, and how it writes it."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePath
from typing import Any, Final, NamedTuple

from helix8.demo.college.spec import CollegeSpec, dice

Record = dict[str, Any]
"""Texts as a rule; a raw event has parts."""

Key = tuple[str, ...]
Case = tuple[str, str]
"""A column, and a text that no feed can read there."""

RAW: Final = "learning_event"
"""The entity whose records are raw events: they have no feed, and a door of their own."""

_EXCEL_DAY_0 = date(1899, 12, 30)


class Change(NamedTuple):
    """One record of the daily stream, written as its system writes it."""

    system: str
    entity: str
    op: str
    record: Record


class Format(NamedTuple):
    """How a system writes files; ``delimiter`` is for CSV, a ``.ndjson`` file has none."""

    encoding: str
    delimiter: str = ","


@dataclass(frozen=True, slots=True)
class Export:
    """One of the lists that a system exports.

    ``key`` are the columns that identify a record, ``cases`` the ways in which rows are dirty;
    the first ``clean`` rows of it never are.
    """

    file: str
    feed: str
    layout: Format
    key: tuple[str, ...]
    cases: tuple[Case, ...] = ()
    clean: int = 0

    @property
    def is_raw(self) -> bool:
        """Whether it holds raw events."""
        return self.feed.endswith(f".{RAW}")

    @property
    def name(self) -> str:
        """The name of the file without directory and suffix."""
        return PurePath(self.file).stem

    @property
    def suffix(self) -> str:
        """The suffix of the file."""
        return PurePath(self.file).suffix

    def key_of(self, record: Record) -> Key:
        """Return what identifies a record among the others."""
        return tuple(record[column] for column in self.key)

    def table(self, records: Iterable[Record]) -> "Table":
        """Return a table with these records."""
        return Table(self, {self.key_of(each): each for each in records})


@dataclass(slots=True)
class Table:
    """What a system holds of one list, by what identifies a record before it was damaged."""

    export: Export
    rows: dict[Key, Record]
    faults: dict[Key, Case] = field(default_factory=dict)
    """Rows that must end in quarantine."""

    def spoiled(self, spec: CollegeSpec, avoid: Iterable[Key] = ()) -> "Table":
        """Damage the share of the rows that ``spec`` says, none of ``avoid``, at least one.

        Every fault is one the feed must catch: an unknown code, a number out of range, no date.
        """
        clean = set(avoid)
        open_ = [key for key in list(self.rows)[self.export.clean :] if key not in clean]
        count = max(1, int(len(self.rows) * spec.dirty)) if spec.dirty else 0
        self._damage(spec, open_, count, "spoil")
        return self

    def spoil_some(self, spec: CollegeSpec, keys: Sequence[Key], day: date) -> None:
        """Damage the share of the new rows of a day; of few rows, some days one and others none."""
        if self.export.cases:
            drawn = dice(spec.seed, "share", self.export.name, day).random()
            self._damage(spec, keys, int(float(spec.dirty) * len(keys) + drawn), day)

    def _damage(self, spec: CollegeSpec, keys: Sequence[Key], count: int, when: object) -> None:
        random = dice(spec.seed, when, self.export.name)
        for turn, index in enumerate(sorted(random.sample(range(len(keys)), count))):
            case = self.export.cases[turn % len(self.export.cases)]
            self.rows[keys[index]] = self.rows[keys[index]] | dict([case])
            self.faults[keys[index]] = case

    def delivery(self, mode: str, day: date) -> "Delivery":
        """Return the whole of it on its way to the hub."""
        cases = Counter(f"{column}={text}" for column, text in self.faults.values())
        return Delivery(self.export, mode, day, tuple(self.rows.values()), tuple(cases.items()))


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a system hands over at a time; ``mode`` is the hub's: upsert, delete or snapshot.

    ``cases`` counts the rows that must end in quarantine, by what is wrong with them.
    """

    export: Export
    mode: str
    day: date
    records: tuple[Record, ...]
    cases: tuple[tuple[str, int], ...] = ()

    @property
    def feed(self) -> str:
        """The contract by which the hub reads it."""
        return self.export.feed

    @property
    def name(self) -> str:
        """The file as the system calls it."""
        return self.export.file

    @property
    def rows(self) -> int:
        """How many records there are."""
        return len(self.records)

    @property
    def dirty(self) -> int:
        """How many of them must end in quarantine."""
        return sum(count for _, count in self.cases)

    @property
    def content(self) -> bytes:
        """The file."""
        layout = self.export.layout
        if self.export.suffix == ".ndjson":
            lines = (json.dumps(each, ensure_ascii=False) for each in self.records)
            return "".join(f"{line}\n" for line in lines).encode(layout.encoding)
        out = io.StringIO(newline="")
        columns = list(self.records[0])
        writer = csv.DictWriter(out, columns, delimiter=layout.delimiter, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(self.records)
        return out.getvalue().encode(layout.encoding)


class Daily(NamedTuple):
    """What a day does to a list: records that are new, changed, and gone."""

    export: Export
    new: Sequence[Record] = ()
    changed: Sequence[Record] = ()
    gone: Sequence[Record] = ()


def compact(day: date | None) -> str:
    """Write 20260901; empty for no date."""
    return day.strftime("%Y%m%d") if day else ""


def excel(day: date) -> str:
    """Write the serial number Excel (1900 system) shows for a date that lost its format."""
    return str((day - _EXCEL_DAY_0).days)


def oracle_time(moment: datetime | None) -> str:
    """Write 2026-09-01 08:00:00.0; empty for no time."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.0") if moment else ""


def plain_time(moment: datetime) -> str:
    """Write 2026-09-01 08:00:00."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def formula(text: str) -> str:
    """Write ="text", which keeps a spreadsheet from taking a number for one."""
    return f'="{text}"'


def full_width(text: str) -> str:
    """Write digits as full-width ones."""
    return text.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
