"""What the forms of a cycle's page say, as the spiral service takes it.

Source: contract of the spiral service; the forms are our default.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, tzinfo
from typing import Any, Protocol

CARRY = "carry."
DATA = "data."

Given = Mapping[str, str]


class Field(Protocol):
    """A field of a step's form."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def type(self) -> str:
        """``text``, ``number``, ``list``, ``boolean``, ``date`` or ``choice``."""


def moving(given: Given) -> dict[str, Any]:
    """Return a move, a step back, or a forced move."""
    said = {"to": given.get("to", ""), "reason": given.get("reason", "")}
    return said | ({"force": True} if given.get("force") else {})


def closing(given: Given) -> dict[str, Any]:
    """Return how a cycle is closed, with a reason for each alert that is carried over."""
    carried = [
        {"alert": name.removeprefix(CARRY), "reason": reason}
        for name, reason in given.items()
        if name.startswith(CARRY)
    ]
    return {"reason": given.get("reason", ""), "carried": carried}


def planning(given: Given, zone: tzinfo) -> dict[str, Any]:
    """Return a deadline that is planned anew: the end of a day, in the time of a zone."""
    said = {"clock": given.get("clock", ""), "reason": given.get("reason", "")}
    return said | {"due_at": end_of_day(given.get("due_at", ""), zone)}


def end_of_day(text: str, zone: tzinfo) -> str:
    """Return the last minute of a day; what is no day as it stands: the service refuses it."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError:
        return text
    return datetime.combine(day, time(23, 59), zone).isoformat()


def asking(given: Given, zone: tzinfo) -> dict[str, Any]:
    """Return who is asked for his voice, one a line, as which source, until the end of a day."""
    lines = [line.strip() for line in given.get("persons", "").splitlines()]
    persons = [each if "/" in each else f"teacher/{each}" for each in lines if each]
    said: dict[str, Any] = {"source": given.get("source", ""), "persons": persons}
    return said | ({"due_at": end_of_day(given["due_at"], zone)} if given.get("due_at") else {})


def filing(form: str, fields: Sequence[Field], given: Given) -> dict[str, Any]:
    """Return a filled-in form of a step; a field that was left empty is not said."""
    data: dict[str, Any] = {}
    for field in fields:
        said = given.get(DATA + field.name)
        if field.type == "boolean":
            data[field.name] = said == "true"
        elif said and field.type == "list":
            data[field.name] = [line.strip() for line in said.splitlines() if line.strip()]
        elif said:
            data[field.name] = said
    return {"form": form, "data": data}


def correcting(act: str, given: Given) -> dict[str, Any]:
    """Return what is said of a correction: its owner, its plan, evidence, or whether it worked."""
    said: dict[str, Any] = {
        name: each for name, each in given.items() if name not in {"version", *_FILE}
    }
    if act == "assignment" and "/" not in said.get("owner", "/"):
        said["owner"] = f"teacher/{said['owner']}"
    if act == "evidence":
        names = {"digest": given.get("evidence", ""), "name": given.get("evidence_name", "")}
        said["files"] = [names] if names["digest"] else []
    if act == "verification":
        said["effective"] = given.get("effective") == "true"
    return said


_FILE = ("evidence", "evidence_name")
