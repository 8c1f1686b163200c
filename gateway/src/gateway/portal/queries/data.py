"""The data hub: feeds, quarantine, dictionary, and where a number comes from."""

from typing import Any, Final
from urllib.parse import quote

from pydantic import TypeAdapter

from gateway.portal.domain.listing import ROWS
from gateway.portal.queries.holes import Found, all_of
from gateway.portal.queries.services import Listed, Services, list_of, read_answer, total_of
from gateway.portal.schemas.data import (
    Aside,
    Cause,
    Entity,
    Explanation,
    FeedState,
    Hit,
    System,
)

HITS: Final = 60


async def centre(services: Services) -> dict[str, Found[Any]]:
    """Return the feeds with how fresh they are, the systems, and why rows were put aside."""
    return await all_of(
        feeds=list_of(services, "datahub", "quality/feeds", FeedState),
        systems=list_of(services, "datahub", "source-systems", System),
        causes=list_of(services, "datahub", "quarantine/causes", Cause),
    )


async def quarantine(services: Services, page: int, **wanted: str | None) -> Listed:
    """Return a page of rows that were put aside, the newest first."""
    first = (page - 1) * ROWS
    answer = await services.find(
        "datahub", "quarantine", limit=ROWS, offset=first, totalCount="true", **wanted
    )
    rows = read_answer(TypeAdapter(list[Aside]), "datahub", answer)
    return Listed(rows=rows, total=total_of(answer, first + len(rows)))


async def causes(services: Services) -> list[Cause]:
    """Return why rows were put aside, the most frequent first."""
    found = await list_of(services, "datahub", "quarantine/causes", Cause)
    return sorted((each for each in found if each.leading), key=lambda each: -each.leading)


async def get_aside(services: Services, entry: int) -> tuple[Aside, int]:
    """Return a row that was put aside, and which version of it that is.

    Raises:
        RefusedError: there is none.
    """
    answer = await services.find("datahub", f"quarantine/{entry}")
    tag = answer.headers.get("ETag", "").strip('"')
    version = int(tag) if tag.isdecimal() else 1
    return read_answer(TypeAdapter(Aside), "datahub", answer), version


async def search(services: Services, words: str) -> list[Hit]:
    """Return what the dictionary knows under some words."""
    answer = await services.find("datahub", "dictionary/search", q=words, limit=HITS)
    return read_answer(TypeAdapter(list[Hit]), "datahub", answer)


async def entities(services: Services) -> list[Entity]:
    """Return all entities."""
    return await list_of(services, "datahub", "dictionary/entities", Entity, limit=1000)


async def entity(services: Services, name: str) -> Entity:
    """Return an entity with its fields.

    Raises:
        RefusedError: there is none of that name.
    """
    answer = await services.find("datahub", f"dictionary/entities/{quote(name)}")
    return read_answer(TypeAdapter(Entity), "datahub", answer)


async def systems(services: Services) -> list[System]:
    """Return the source systems."""
    return await list_of(services, "datahub", "source-systems", System)


async def explain(services: Services, cell: str) -> Explanation:
    """Return where a measured value comes from.

    Raises:
        RefusedError: it was never measured.
    """
    answer = await services.find("datahub", f"measurements/{quote(cell)}/explanation")
    return read_answer(TypeAdapter(Explanation), "datahub", answer)


async def feeds(services: Services) -> list[str]:
    """Return the names of the feeds that there are."""
    answer = await services.get("datahub", "feeds")
    return sorted(str(each["feed"]) for each in answer.json())
