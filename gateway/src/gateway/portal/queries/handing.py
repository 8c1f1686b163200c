"""Values that people hand in, and what somebody has to do: asked for one visitor."""

from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter

from gateway.portal.domain.listing import ROWS
from gateway.portal.queries.services import Listed, Services, read_answer, total_of
from gateway.portal.schemas import WorkItem
from gateway.portal.schemas.handing import HandedValue

WORK_SHOWN: Final = 100


async def handed_in(services: Services, state: str | None, first: int) -> Listed:
    """Return a page of values that people handed in, the newest first; of any state for None."""
    wanted: dict[str, str] = {} if state is None else {"state": state}
    answer = await services.get(
        "datahub",
        "handed-in",
        sort="newest",
        limit=ROWS,
        offset=first,
        totalCount="true",
        **wanted,
    )
    items = read_answer(TypeAdapter(list[HandedValue]), "datahub", answer)
    return Listed(rows=items, total=total_of(answer, first + len(items)))


async def handed_value(services: Services, handed: UUID) -> HandedValue:
    """Return one value that somebody handed in.

    Raises:
        RefusedError: there is none of that id.
    """
    answer = await services.find("datahub", f"handed-in/{handed}")
    return read_answer(TypeAdapter(HandedValue), "datahub", answer)


async def hand(
    services: Services, path: str, body: Any, expect: int | None = None, method: str = "POST"
) -> str:
    """Hand a value in, revise or decide on one; return the id of what is there now.

    Raises:
        RefusedError: with what the hub has against it.
    """
    answer = await services.act("datahub", f"handed-in{path}", body, expect=expect, method=method)
    return str(answer.json()["id"])


async def work(services: Services) -> Listed:
    """Return what the visitor has to do, the first due first."""
    answer = await services.get("spiral", "work-items", limit=WORK_SHOWN, totalCount="true")
    items = read_answer(TypeAdapter(list[WorkItem]), "spiral", answer)
    return Listed(rows=items, total=total_of(answer, len(items)))
