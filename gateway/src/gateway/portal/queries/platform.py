"""The matrix of five by five, the big screen, how the suite runs, the calendar and the units."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from gateway.portal import queries
from gateway.portal.queries.cycles import board
from gateway.portal.queries.holes import Found, all_of, maybe
from gateway.portal.queries.services import Services, list_of, names, read_answer
from gateway.portal.schemas import AlertSummary, AttainmentSummary, Watched
from gateway.portal.schemas.data import (
    Calendar,
    Coverage,
    CultureWall,
    FeedState,
    Finding,
    HeatMap,
    Transfer,
    Unit,
)
from gateway.portal.schemas.registers import Run

FINDINGS: Final = 200
UNITS: Final = 1000
RUNS: Final = 100


async def matrix(services: Services) -> dict[str, Found[Any]]:
    """Return the five systems by five levels, spirals, engines, platform, and what is lacking."""
    return await all_of(
        coverage=_one(services, "target", "coverage", Coverage),
        heat=_one(services, "alert", "alerts/heat-map", HeatMap),
        alerts=_one(services, "alert", "alerts/summary", AlertSummary),
        rates=_one(services, "target", "attainments/summary", AttainmentSummary),
        transfer=list_of(services, "target", "goals/transfer", Transfer),
        findings=list_of(services, "target", "goals/lint", Finding, limit=FINDINGS),
        board=board(services, None),
        watched=list_of(services, "alert", "alerts/watch-list", Watched),
        assessed=list_of(services, "target", "assessment-runs", Run, limit=RUNS),
        culture=_one(services, "spiral", "culture/wall", CultureWall),
        feeds=list_of(services, "datahub", "quality/feeds", FeedState),
    )


async def wall(services: Services) -> dict[str, Found[Any]]:
    """Return what the big screen shows: counts and rates, nothing of a person."""
    return await all_of(
        cards=queries.levels(services),
        spiral=queries.spiral(services, None),
        coverage=_one(services, "target", "coverage", Coverage),
        board=board(services, None),
        feeds=list_of(services, "datahub", "quality/feeds", FeedState),
        newest=queries.newest(services),
    )


async def dead_letters(services: Services) -> Mapping[str, Found[int]]:
    """Return how many messages each service could not process."""
    asked = {name: _letters(services, name) for name in ("target", "spiral", "alert", "report")}
    return await all_of(**asked)


async def calendar(services: Services) -> tuple[Found[Calendar], Found[list[Unit]], dict[str, str]]:
    """Return the school calendar, the units, and the names of who leads them."""
    told = await maybe(_one(services, "datahub", "calendar", Calendar))
    units = await maybe(list_of(services, "datahub", "records/org_unit", Unit, limit=UNITS))
    leaders = [each.leader_no for each in units.value or ()]
    return told, units, await names(services, leaders)


async def _letters(services: Services, service: str) -> int:
    answer = await services.get(service, "dead-letters", limit=1, totalCount="true")
    return int(answer.headers.get("Total-Count", "0"))


async def _one(services: Services, service: str, path: str, model: type[Any]) -> Any:
    return read_answer(TypeAdapter(model), service, await services.get(service, path))
