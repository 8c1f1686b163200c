"""The shape of what the generator gives out, and how the source systems write it."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from helix8.demo.college.spec import dice

Record = dict[str, str]

_DIRTY_EVERY = 200
_EXCEL_DAY_0 = date(1899, 12, 30)


class DemoFile(NamedTuple):
    """A file of the first load.

    ``rows`` counts the records in it, ``dirty`` how many of them must end in quarantine.
    """

    name: str
    feed: str
    content: bytes
    rows: int
    dirty: int


class Change(NamedTuple):
    """One record of the daily stream, written as its system writes it."""

    system: str
    entity: str
    op: str
    record: Record


class Format(NamedTuple):
    """How a system writes files."""

    encoding: str
    delimiter: str = ","


def write(
    name: str, feed: str, layout: Format, rows: Sequence[Record], *, dirty: int = 0
) -> DemoFile:
    """Write the rows as the system would export them."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=layout.delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return DemoFile(name, feed, out.getvalue().encode(layout.encoding), len(rows), dirty)


def spoil(rows: list[Record], seed: int, name: str, faults: Sequence[tuple[str, str]]) -> int:
    """Damage one row in 200 in place with one of the faults (column, text); return how many.

    Every fault is one the feed must catch: an unknown code, a number out of range, no date.
    """
    random = dice(seed, "spoil", name)
    count = max(1, len(rows) // _DIRTY_EVERY)
    for turn, index in enumerate(sorted(random.sample(range(len(rows)), count))):
        column, text = faults[turn % len(faults)]
        rows[index][column] = text
    return count


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
