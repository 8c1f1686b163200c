"""S11, a plan brought in from its file: read, looked through, tried, taken."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from gateway.portal.api.screens import MaybeVisitor, show
from gateway.portal.domain.words import Words
from gateway.portal.queries.services import Services, list_of
from gateway.portal.schemas import Named

router = APIRouter(include_in_schema=False)

PAGE: Final = "/plans/_import"
WRITE: Final = "target:write"
SAID: Final = (
    *("reading", "taking", "kind", "away", "line", "clean", "to", "ongoing"),
    *("severity-conflict", "severity-warning", "severity-slip"),
    *("of-plan", "of-goal", "of-task", "of-body", "of-basis", "of-cycle"),
)
"""What the page says by itself."""


@router.get(PAGE)
async def plan_import_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the page on which the file of a plan is read, tried and brought in."""

    async def load(services: Services, words: Words) -> dict[str, Any]:
        services.caller.needs(WRITE)
        schools = await list_of(services, "datahub", "scopes", Named, kind="school", limit=20)
        said = {each: words.plain(f"plan-{each}") for each in SAID}
        return {"schools": schools, "said": said}

    return await show(request, visitor, "plan_import.html", load)
