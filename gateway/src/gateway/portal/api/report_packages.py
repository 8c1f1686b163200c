"""S10, review packages: everything that a reviewer asks for, in one archive."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from gateway.portal.api.screens import MaybeVisitor, show
from gateway.portal.domain.words import Words
from gateway.portal.queries import reporting as queries
from gateway.portal.queries.services import Services

router = APIRouter(include_in_schema=False)

PAGE: Final = "/review-packages"
WHOLE: Final = "report:write"


@router.get(PAGE)
async def packages_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the form for a package, which the report service makes."""
    asked = request.query_params

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        services.caller.needs(WHOLE)
        told = {"of": asked.get("scope", ""), "period": asked.get("period", "")}
        return told | {"checklists": await queries.checklists(services)}

    return await show(request, visitor, "review_packages.html", load)
