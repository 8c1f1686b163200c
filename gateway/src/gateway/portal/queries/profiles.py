"""The profile of an object in one of its periods."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from gateway.access.schemas import Visitor
from gateway.portal.queries.services import Services, list_of, read_answer
from gateway.portal.queries.sheets import school
from gateway.portal.schemas.data import Calendar, Week
from gateway.portal.schemas.profiles import Event, Influence, Judgement, Profile
from shared.kit.clock import CAMPUS

TAUGHT: Final = ("course", "class", "group")
"""Kinds of objects that go by teaching weeks."""

CELLS: Final = 500
OWN: Final = 8
"""Objects of somebody among which that to begin with is sought."""

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
    # A counsellor looks after a dozen classes, of which little is judged.
    own = sorted(dict.fromkeys(own), key=lambda each: each.startswith("group/"))
    if not scope:
        scope, found = await _first_judged(services, own[:OWN] or [await school(services)])
    else:
        found = await _periods(services, scope)
    periods = sorted(found, key=lambda each: (-found[each], each))[:PERIODS]
    period = period or (periods[0] if periods else "")
    return Wanted(scope=scope, period=period, periods=periods)


async def _first_judged(services: Services, scopes: Sequence[str]) -> tuple[str, Counter[str]]:
    """Return the first of some objects of which anything is judged, else the first of all."""
    found = await asyncio.gather(*(_periods(services, each) for each in scopes))
    both = list(zip(scopes, found, strict=True))
    return next((each for each in both if each[1]), both[0])


async def _periods(services: Services, scope: str) -> Counter[str]:
    if not scope:
        return Counter()
    cells = await list_of(services, "target", "attainments", Judgement, scope=scope, limit=CELLS)
    return Counter(each.period for each in cells)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekOfTerm:
    """A week of a term, and what happened in it."""

    week: Week
    events: Sequence[Event]


async def weeks_of(services: Services, profile: Profile) -> list[WeekOfTerm]:
    """Return the weeks of the term of what is taught; none of another object or period."""
    kind, _, key = profile.period.partition(":")
    if kind != "term" or profile.scope.partition("/")[0] not in TAUGHT:
        return []
    answer = await services.get("datahub", "calendar")
    calendar = read_answer(TypeAdapter(Calendar), "datahub", answer)
    days = [(each.at.astimezone(CAMPUS).date(), each) for each in profile.events]
    return [
        WeekOfTerm(
            week=week,
            events=[each for day, each in days if week.starts_on <= day <= week.ends_on],
        )
        for week in calendar.weeks
        if week.week.rpartition("/")[0] == key
    ]
