"""What people say of measured values; and the culture of quality."""

import asyncio
from typing import Any, Final
from urllib.parse import quote

from pydantic import TypeAdapter

from gateway.portal.domain.listing import ROWS
from gateway.portal.queries.holes import Found, all_of
from gateway.portal.queries.services import (
    Listed,
    Services,
    list_of,
    names,
    read_answer,
    total_of,
)
from gateway.portal.schemas.saying import (
    Campaign,
    CultureIndex,
    Participation,
    Statement,
    Wall,
)

CAMPAIGNS: Final = 12
OF_ONE: Final = 100
"""Statements of one object that are read for the marks beside its values."""


async def statements(services: Services, page: int, state: str | None) -> Listed:
    """Return a page of what people said of values, the newest first."""
    first = (page - 1) * ROWS
    answer = await services.get(
        "datahub", "statements", limit=ROWS, offset=first, totalCount="true", state=state
    )
    rows = read_answer(TypeAdapter(list[Statement]), "datahub", answer)
    return Listed(rows=rows, total=total_of(answer, first + len(rows)))


async def of_scope(services: Services, scope: str) -> dict[str, Statement]:
    """Return the last that was said of each value of an object, by ``indicator|period``."""
    rows = await list_of(services, "datahub", "statements", Statement, scope=scope, limit=OF_ONE)
    return {f"{each.indicator}|{each.period}": each for each in reversed(rows)}


async def of_cell(services: Services, indicator: str, scope: str, period: str) -> list[Statement]:
    """Return what was said of one value, the newest first."""
    asked = {"indicator": indicator, "scope": scope, "period": period}
    return await list_of(services, "datahub", "statements", Statement, **asked)


async def get_statement(services: Services, key: str) -> Statement:
    """Return what somebody said of a value.

    Raises:
        RefusedError: there is none of that id that the visitor may see.
    """
    answer = await services.find("datahub", f"statements/{quote(key, safe='')}")
    return read_answer(TypeAdapter(Statement), "datahub", answer)


async def told(services: Services, rows: list[Statement], *scopes: str) -> dict[str, Any]:
    """Return what stands beside statements: names of people and of objects, indicators."""
    people = [key for each in rows for key in (each.by, each.answered_by, each.scope)]
    people += scopes
    known, units = await asyncio.gather(names(services, people), services.units.get())
    return {"names": known, "units": units}


async def culture(
    services: Services, scope: str, period: str, days: tuple[str, str]
) -> dict[str, Found[Any]]:
    """Return the index of a scope and period, who takes part, and what was done.

    Args:
        days: the first and the last between which taking part is counted.
    """
    begin, end = days
    return await all_of(
        index=_index(services, scope, period),
        taking=_taking(services, begin, end),
        campaigns=list_of(
            services, "spiral", "culture/campaigns", Campaign, scope=scope, limit=CAMPAIGNS
        ),
        wall=_wall(services),
    )


async def _index(services: Services, scope: str, period: str) -> CultureIndex:
    answer = await services.find("spiral", "culture/index", scope=scope, period=period)
    return read_answer(TypeAdapter(CultureIndex), "spiral", answer)


async def _taking(services: Services, begin: str, end: str) -> Participation:
    asked = {"from": begin, "to": end}
    answer = await services.find("spiral", "culture/participation", **asked)
    return read_answer(TypeAdapter(Participation), "spiral", answer)


async def _wall(services: Services) -> Wall:
    answer = await services.find("spiral", "culture/wall")
    return read_answer(TypeAdapter(Wall), "spiral", answer)
