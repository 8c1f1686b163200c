"""What a duty of a body or of a process becomes: the draft of a task (职责转任务, M036, M130).

Its key says which duty it serves, ``body:M143:1``; once that one is done or cancelled the next is
``body:M143:1@2``. Who does it (R) owns it where the hub knows him, who answers for it (A) and who
is asked (C) help; whoever is known by name alone stands on the sheet.

Source: plan §六(一) 依据部门职责进行任务分解; keys, letters and systems are our default.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from target_service.domain.bodies import Part

BODIES: Final = "bodies"
PROCESSES: Final = "processes"
_STEMS: Final[Mapping[str, str]] = {BODIES: "body", PROCESSES: "process"}
_SYSTEMS: Final[Mapping[str, str]] = {BODIES: "decision", PROCESSES: "support"}
"""The vertical system (纵) of such a task. Source: our default."""

_ROLES: Final[Mapping[Part, str]] = {
    Part.ACCOUNTABLE: "A",
    Part.RESPONSIBLE: "B",
    Part.CONSULTED: "C",
}
"""What a letter of the matrix is on a one-page sheet (主责、协办、支持); who is told has none."""

_KNOWN: Final = ("teacher/", "student/", "unit/")
_LONGEST_PART: Final = 30
_LONGEST_TITLE: Final = 200
_MOST: Final = 30
"""Helpers that a task may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A duty of an entry of a register."""

    register: str
    entry: str
    body: str
    """What the entry is called."""

    key: str
    text: str
    parties: Sequence[tuple[str, Part]] = ()
    unit: str | None = None
    """Whose duty it is, where the entry is about a unit."""


def prefix_of(register: str, entry: str) -> str:
    """Return what the keys of all tasks begin with that serve duties of an entry."""
    return f"{_STEMS[register]}:{_part(entry)}:"


def stem_of(register: str, entry: str, duty: str) -> str:
    """Return the key of the first task that serves a duty."""
    return prefix_of(register, entry) + _part(duty)


def next_key(stem: str, taken: int) -> str:
    """Return the key of the next task, where so many have served the duty."""
    return f"{stem}@{taken + 1}" if taken else stem


def number_of(key: str) -> int:
    """Return which of the tasks of a duty has a key: the first is 1."""
    number = key.partition("@")[2]
    return int(number) if number.isdecimal() else 1


def _part(word: str) -> str:
    """Return a word as a part of a key; what cannot stand there gives way to a digest."""
    clean = re.sub(r"[^\w.+-]", "-", word)
    if clean == word and len(word) <= _LONGEST_PART:
        return word
    return f"{clean[: _LONGEST_PART - 9]}-{sha256(word.encode()).hexdigest()[:8]}"


def draft_of(duty: Duty, key: str, scope: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the draft of a task that serves a duty, as requests say it.

    Args:
        said: owner, days and goals, as far as somebody gives them.
    """
    parties = {_scope_of(party): part for party, part in duty.parties}
    doing = [who for who, part in parties.items() if part is Part.RESPONSIBLE and _is_known(who)]
    owner = said.get("owner") or next(iter(doing), duty.unit or "")
    units = [each for each in (duty.unit, owner, *parties) if each and each.startswith("unit/")]
    taking = [(who, _ROLES[part]) for who, part in parties.items() if part in _ROLES]
    return {
        **said,
        "key": key,
        "title": duty.text[:_LONGEST_TITLE],
        "detail": f"{duty.body} · {duty.text}",
        "kind": "routine",
        "system": _SYSTEMS[duty.register],
        "scope": scope,
        "unit": next(iter(units), None),
        "owner": owner,
        "helpers": [
            {"who": who, "role": role} for who, role in taking if _is_known(who) and who != owner
        ][:_MOST],
        "named": [{"name": who, "role": role} for who, role in taking if not _is_known(who)][
            :_MOST
        ],
    }


def _scope_of(party: str) -> str:
    kind, _, key = party.partition("/")
    return f"teacher/{key}" if kind == "person" else party


def _is_known(party: str) -> bool:
    return party.startswith(_KNOWN)
