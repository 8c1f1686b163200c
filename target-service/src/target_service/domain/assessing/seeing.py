"""Who sees the result of a person, and what few people said.

A result of a person is seen by himself, by who leads him, by the office that decides on it, and by
who holds the permission ``target:personal``; once he is chosen or graded and agreed to it, the
public list names him. Means of fewer than five marks are told to nobody but the holder of the
permission: where one source of an item is closed, all of them are, or the missing one could be
reckoned.

Source: design "Alerts" and "Indicators" 6 (groups under five); our default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from target_service.domain.assessing.found import Marked
from target_service.domain.assessing.sources import Rater

SMALLEST_GROUP: Final = 5
KNOWN_RATERS: Final = frozenset({Rater.SELF, Rater.LEADER})
"""Everybody knows who they are: their marks give nobody away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads."""

    subject: str
    sees_persons: bool = False
    decides: bool = False
    """He decides on runs: what he decides on he sees, but not what few people said."""

    @property
    def scope(self) -> str:
        """How scopes name him; a system is none."""
        kind, _, key = self.subject.partition("/")
        return f"teacher/{key}" if kind == "person" else ""

    @property
    def scopes(self) -> frozenset[str]:
        """The objects that he is himself: a person may be staff or a student."""
        kind, _, key = self.subject.partition("/")
        return frozenset({f"teacher/{key}", f"student/{key}"}) if kind == "person" else frozenset()


def sees_result(reader: Reader, subject: str, *, is_personal: bool, leads: bool) -> bool:
    """Return whether somebody sees a result with its explanation."""
    sees_all = not is_personal or reader.sees_persons or reader.decides
    return sees_all or subject in reader.scopes or leads


def shows_marks(reader: Reader, marks: Mapping[str, Marked]) -> bool:
    """Return whether the means of the sources of an item may be shown."""
    few = [
        rater
        for rater, each in marks.items()
        if rater not in KNOWN_RATERS and each.count < SMALLEST_GROUP
    ]
    return reader.sees_persons or not few
