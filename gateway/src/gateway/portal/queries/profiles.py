"""The profile of an object in one of its periods."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from gateway.access.schemas import Visitor
from gateway.portal.queries.services import Services, list_of, read_answer
from gateway.portal.queries.sheets import school
from gateway.portal.schemas.profiles import Influence, Judgement, Profile

CELLS: Final = 500
PERIODS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which profile is wanted, and which other periods there are."""

    scope: str
    period: str
    periods: list[str]


async def wanted(services: Services, visitor: Visitor, scope: str, period: str) -> Wanted:
    """Return which profile to show: that of the visitor where none is named, else the school's.

    The period is the one for which most of the object is judged, where none is named.
    """
    own = [each.scope for each in visitor.held if each.scope and "/" in each.scope]
    scope = scope or (own[0] if own else await school(services))
    if not scope:
        return Wanted(scope="", period="", periods=[])
    cells = await list_of(services, "target", "attainments", Judgement, scope=scope, limit=CELLS)
    found = Counter(each.period for each in cells)
    periods = sorted(found, key=lambda each: (-found[each], each))[:PERIODS]
    period = period or (periods[0] if periods else "")
    return Wanted(scope=scope, period=period, periods=periods)


async def get_profile(services: Services, scope: str, period: str) -> Profile:
    """Return a profile.

    Raises:
        RefusedError: there is no such object, or nothing is known of it in that period.
    """
    answer = await services.find("report", "profile", scope=scope, period=period)
    return read_answer(TypeAdapter(Profile), "report", answer)


async def list_influences(services: Services, scope: str, period: str) -> list[Influence]:
    """Return what varies together with the points of an object that miss their standard."""
    return await list_of(services, "report", "influences", Influence, scope=scope, period=period)
