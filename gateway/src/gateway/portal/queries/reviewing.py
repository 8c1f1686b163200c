"""Review rounds of committees, and one of them beside the version before."""

from typing import Final
from urllib.parse import quote
from uuid import UUID

from pydantic import TypeAdapter

from gateway.portal.domain.listing import ROWS
from gateway.portal.queries.holes import maybe
from gateway.portal.queries.services import Listed, Services, list_of, read_answer, total_of
from gateway.portal.schemas.reviews import Round

SERVICE: Final = "spiral"
PATH: Final = "review-rounds"
VERSIONS: Final = 50


async def rounds(services: Services, page: int, **wanted: str | None) -> Listed:
    """Return a page of rounds, the newest first.

    Raises:
        RefusedError: they cannot be restricted so.
    """
    first = (page - 1) * ROWS
    answer = await services.find(
        SERVICE, PATH, limit=ROWS, offset=first, totalCount="true", **wanted
    )
    rows = read_answer(TypeAdapter(list[Round]), SERVICE, answer)
    return Listed(rows=rows, total=total_of(answer, first + len(rows)))


async def get_round(services: Services, review: UUID) -> Round:
    """Return a round.

    Raises:
        RefusedError: there is none of that id.
    """
    answer = await services.find(SERVICE, f"{PATH}/{review}")
    return read_answer(TypeAdapter(Round), SERVICE, answer)


async def name_of_body(services: Services, key: str) -> str | None:
    """Return what a committee is called; None where the target service does not know it."""
    found = await maybe(services.find("target", f"bodies/{quote(key)}"))
    return str(found.value.json()["title"]) if found.value else None


async def versions(services: Services, document: str) -> list[Round]:
    """Return the rounds of a document, the newest first."""
    return await list_of(services, SERVICE, PATH, Round, document=document, limit=VERSIONS)
