"""Deadlines as a calendar (RFC 5545), for any calendar program.

Source: RFC 5545, sections 3.1 and 3.6.1.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """Something that is due."""

    key: str
    version: int
    title: str
    note: str
    at: datetime
    changed_at: datetime


def calendar_of(deadlines: Iterable[Deadline]) -> bytes:
    """Return an ICS file; lines end with CR LF and are folded at 75 bytes."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Helix8//alerts//ZH", "CALSCALE:GREGORIAN"]
    lines += ["METHOD:PUBLISH", "X-WR-CALNAME:预警签收时限"]
    for each in deadlines:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{each.key}@helix8",
            f"SEQUENCE:{each.version}",
            f"DTSTAMP:{_stamp(each.changed_at)}",
            f"DTSTART:{_stamp(each.at)}",
            f"SUMMARY:{_escape(each.title)}",
            f"DESCRIPTION:{_escape(each.note)}",
            "END:VEVENT",
        ]
    return "".join(_fold(line) for line in [*lines, "END:VCALENDAR"]).encode()


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escape(text: str) -> str:
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, written)
    return "".join(each for each in text if each >= " ")


def _fold(line: str) -> str:
    pieces: list[str] = []
    piece = ""
    for letter in line:
        most = 75 if not pieces else 74
        if len((piece + letter).encode()) > most:
            pieces.append(piece)
            piece = ""
        piece += letter
    return "\r\n ".join([*pieces, piece]) + "\r\n"
