"""Small groups are not shown: what is told of four persons is told of each of them.

What is made of restricted fields is hidden however large the group is. The rule stands here
alone; whoever reads measured values reads them through it. Source: design "Data hub" 7; the
smallest group and whose groups these are is our default.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from datahub.indicators.domain.definition import Indicator

SMALLEST_GROUP: Final = 5
MASKED: Final = "masked"
TELLING: Final = ("value", "numerator", "denominator")
HIDDEN: Final = (*TELLING, "n")

_PERSONS: Final = frozenset({"student_no", "staff_no"})
"""A record that holds one of them is about a person; unless it names its scope, as tasks and alerts
do: that is a person now and then, and mostly is none."""

_OWN_LEVEL: Final = ("student/", "teacher/")
"""Scopes that are one person, and no group."""


def counts_persons(indicator: Indicator) -> bool:
    """Return whether an indicator counts persons, or records about one each."""
    counted = [leg.entity.fields.keys() for leg in indicator.legs]
    return any(not _PERSONS.isdisjoint(fields) and "scope" not in fields for fields in counted)


def _free(indicators: Iterable[Indicator]) -> dict[str, int]:
    """Return the versions of those that count no persons, and take nothing that does.

    What people hand in may be about persons: nobody knows.

    Args:
        indicators: each behind what it takes.
    """
    free: dict[str, int] = {}
    for each in indicators:
        if each.items and not counts_persons(each) and each.others <= free.keys():
            free[each.id] = each.version
    return free


def restricted_of(indicators: Iterable[Indicator]) -> frozenset[str]:
    """Return those that are made of restricted fields, themselves or by what they take.

    Args:
        indicators: each behind what it takes.
    """
    found: set[str] = set()
    for each in indicators:
        if each.is_restricted or not each.others.isdisjoint(found):
            found.add(each.id)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Mask:
    """What one reader gets to see."""

    free: Mapping[str, int]
    """Version in force of each indicator that counts no persons: of another one nothing is known,
    and it is taken for one that does."""

    sees_persons: bool
    restricted: frozenset[str] = frozenset()
    """Indicators that are shown to those alone who see persons, however large a group is."""

    @classmethod
    def of(cls, indicators: Iterable[Indicator], *, sees_persons: bool) -> "Mask":
        """Return the mask for the indicators in force, each behind what it takes."""
        known = list(indicators)
        return cls(_free(known), sees_persons, restricted_of(known))

    def show(self, row: Mapping[str, Any], of: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return a measured value as the reader may see it.

        Args:
            of: says indicator and scope where the row does not.
        """
        shown = dict(row)
        if self._hides(row, of or row):
            shown |= dict.fromkeys(HIDDEN)
            shown["reason"] = MASKED
        return shown

    def _hides(self, row: Mapping[str, Any], of: Mapping[str, Any]) -> bool:
        if self.sees_persons:
            return False
        if of["indicator"] in self.restricted:
            return any(row[name] is not None for name in TELLING)
        if row["n"] >= SMALLEST_GROUP:
            return False
        if not row["manual"] and self.free.get(of["indicator"]) == row["formula_version"]:
            return False
        is_one_person = of["scope"].startswith(_OWN_LEVEL)
        return not is_one_person and any(row[name] is not None for name in TELLING)
