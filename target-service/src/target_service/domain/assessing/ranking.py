"""Places, quotas and grades.

Who has the same points, also by the items that break a tie, has the same place, and the place
after it is left out (1, 2, 2, 4). Nobody is chosen by chance: a tie at the end of a quota is left
to people. A grade that only some may have (优秀 ≤ 20 %) is given from the top; a tie that does
not fit in whole takes the next grade, whole.

Source: plan M084 (遴选办法); ties are our default.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from target_service.domain.limits import write_number
from target_service.domain.units import Faults

Standing = tuple[Fraction, ...]
"""Points of the whole, then of the items that break a tie; more is better."""


class Choice(StrEnum):
    """What a quota says of a place."""

    CHOSEN = "chosen"
    """入选"""

    TIED = "tied"
    """并列待定: more have this place than the quota has left"""

    NOT_CHOSEN = "not_chosen"
    """未入选"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """A grade (等次), from which points on it is had, and which share at most may have it."""

    name: str
    least: Decimal
    share: Decimal | None = None


def places(standings: Mapping[str, Standing]) -> dict[str, int]:
    """Return the place of each, 1 for the best."""
    in_order = sorted(standings.values(), reverse=True)
    first: dict[Standing, int] = {}
    for place, standing in enumerate(in_order, start=1):
        first.setdefault(standing, place)
    return {key: first[standing] for key, standing in standings.items()}


def choose(placed: Mapping[str, int], quota: int) -> dict[str, Choice]:
    """Return who is within a quota, and whom a tie leaves open."""
    return {key: _choice(place, list(placed.values()), quota) for key, place in placed.items()}


def _choice(place: int, all_places: Sequence[int], quota: int) -> Choice:
    if place > quota:
        return Choice.NOT_CHOSEN
    last = place + all_places.count(place) - 1
    return Choice.CHOSEN if last <= quota else Choice.TIED


def grade(
    grades: Sequence[Grade], points: Mapping[str, Fraction], placed: Mapping[str, int]
) -> dict[str, str | None]:
    """Return the grade of each; None below the lowest.

    Args:
        grades: from the highest to the lowest.
        placed: the places of those who have one; who has none gets no grade of which only a share
            may have it.
    """
    given: dict[str, str | None] = dict.fromkeys(points)
    left = dict(points)
    for each in grades:
        reached = [key for key, had in left.items() if had >= Fraction(each.least)]
        if each.share is not None:
            room = int(Fraction(each.share) * len(points))
            reached = _fitting(reached, placed, room)
        for key in reached:
            given[key] = each.name
            del left[key]
    return given


def _fitting(reached: Sequence[str], placed: Mapping[str, int], room: int) -> list[str]:
    """Return those who fit in by their places, ties only whole."""
    ranked = [key for key in reached if key in placed]
    taken: list[str] = []
    for place in sorted({placed[key] for key in ranked}):
        tied = [key for key in ranked if placed[key] == place]
        if len(taken) + len(tied) > room:
            break
        taken += tied
    return taken


def faults_of_grades(path: str, grades: Sequence[Grade]) -> Faults:
    """Return grades whose points do not fall from one to the next."""
    return [
        (
            f"{path}[{place}].from",
            f"须低于上一等次的 {write_number(higher.least)} (below the grade before)",
        )
        for place, (higher, lower) in enumerate(pairwise(grades), start=1)
        if lower.least >= higher.least
    ]
