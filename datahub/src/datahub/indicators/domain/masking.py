"""Small groups are not shown: what is told of four persons is told of each of them.

What is restricted is hidden however large the group is, what is personal or sensitive where it is
told of one person, and a number of few that were chosen by something personal in a group of any
size. The rule stands here alone; whoever reads measured values reads them through
it. Source: design "Data hub" 7; the smallest group and whose groups these are is our default.
"""

from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from datahub.dictionary.domain.privacy import Privacy
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.few import SMALLEST_GROUP, Sides, sides_of, tells_few
from datahub.indicators.domain.privacy import class_of

MASKED: Final = "masked"
TELLING: Final = ("value", "numerator", "denominator")
HIDDEN: Final = (*TELLING, "n")

_PERSONS: Final = frozenset({"student_no", "staff_no"})
"""A record that holds one of them is about a person; unless it names its scope, as tasks and alerts
do: that is a person now and then, and mostly is none."""

OWN_LEVEL: Final = ("student/", "teacher/")
"""Scopes that are one person, and no group."""


def counts_persons(indicator: Indicator) -> bool:
    """Return whether an indicator counts persons, or records about one each."""
    counted = [leg.entity.fields.keys() for leg in indicator.legs]
    return any(not _PERSONS.isdisjoint(fields) and "scope" not in fields for fields in counted)


def _free(indicators: Iterable[Indicator]) -> dict[str, frozenset[int]]:
    """Return the versions in force that count no persons, and take nothing that does.

    What people hand in may be about persons: nobody knows.

    Args:
        indicators: each behind what it takes.
    """
    free: dict[str, frozenset[int]] = {}
    wholly: set[str] = set()
    for each in indicators:
        found = [edition.version for edition in each.editions if _is_free(edition, wholly)]
        if found:
            free[each.id] = frozenset(found)
        if len(found) == len(each.editions):
            wholly.add(each.id)
    return free


def _is_free(indicator: Indicator, free: Container[str]) -> bool:
    takes_free = all(each.indicator in free for each in indicator.inputs)
    return bool(indicator.items) and not counts_persons(indicator) and takes_free


def closes(privacy: Privacy, scope: str) -> bool:
    """Whether a class closes what is measured for a scope, however much it rests on.

    What is personal or sensitive is told of groups, what is restricted of nobody.
    """
    is_one_person = scope.startswith(OWN_LEVEL)
    return privacy is Privacy.RESTRICTED or (
        is_one_person and privacy.rank >= Privacy.PERSONAL.rank
    )


def stays(privacy: Privacy, scope: str) -> bool:
    """Whether a measured value stays in the hub, where it is known who may see it."""
    return privacy.is_closed and closes(privacy, scope)


@dataclass(frozen=True, slots=True)
class Mask:
    """What one reader gets to see."""

    free: Mapping[str, Collection[int]]
    """Versions in force of each indicator that count no persons: of another one nothing is known,
    and it is taken for one that does."""

    sees_persons: bool
    classes: Mapping[str, Privacy] = field(default_factory=dict)
    """Of the indicators that are personal, sensitive or restricted."""

    chosen: Mapping[tuple[str, int], Sides] = field(default_factory=dict)
    """Of versions in force: what of them is a number of records that something personal chose."""

    @classmethod
    def of(cls, indicators: Iterable[Indicator], *, sees_persons: bool) -> "Mask":
        """Return the mask for the indicators in force, each behind what it takes."""
        known = {each.id: each for each in indicators}
        classes = {name: class_of(each) for name, each in known.items()}
        above = {name: each for name, each in classes.items() if each.rank > Privacy.INTERNAL.rank}
        chosen = {
            (name, each.version): sides_of(each, known)
            for name in above
            for each in known[name].editions
        }
        return cls(_free(known.values()), sees_persons, above, chosen)

    def closes(self, indicator: str, scope: str) -> bool:
        """Return whether an indicator is closed to the reader for a scope by its class."""
        privacy = self.classes.get(indicator, Privacy.INTERNAL)
        return not self.sees_persons and closes(privacy, scope)

    def show(
        self,
        row: Mapping[str, Any],
        of: Mapping[str, Any] | None = None,
        *,
        is_beside: bool = False,
    ) -> dict[str, Any]:
        """Return a measured value as the reader may see it.

        Args:
            of: says indicator and scope where the row does not.
            is_beside: it would give away what is masked.
        """
        shown = dict(row)
        if is_beside or self.hides(row, of or row):
            shown |= dict.fromkeys(HIDDEN)
            shown["reason"] = MASKED
        return shown

    def hides(self, row: Mapping[str, Any], of: Mapping[str, Any]) -> bool:
        """Return whether the reader does not see a value; `of` says indicator and scope."""
        if self.sees_persons or all(row[name] is None for name in TELLING):
            return False
        if self.closes(of["indicator"], of["scope"]):
            return True
        if of["scope"].startswith(OWN_LEVEL):
            return False
        name, version = of["indicator"], row["formula_version"]
        is_of_persons = row["manual"] or version not in self.free.get(name, ())
        is_small = row["n"] < SMALLEST_GROUP and is_of_persons
        return is_small or tells_few(row, self.chosen.get((name, version), {}))
