"""S10, review packages: everything that a reviewer asks for, in one archive."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from gateway.access.api import SignedIn
from gateway.access.schemas import Visitor
from gateway.portal.api.pages import form_of, services_for
from gateway.portal.api.screens import NO_TROUBLE, MaybeVisitor, Trouble, show
from gateway.portal.domain.words import Words
from gateway.portal.queries import reporting as queries
from gateway.portal.queries.services import Services
from gateway.portal.schemas import AnyForm
from shared.errors import DomainError
from shared.kit.identity import NotAllowedError

router = APIRouter(include_in_schema=False)

PAGE: Final = "/review-packages"
WHOLE: Final = "report:write"
ASKED: Final = ("scope", "period", "draw", "seed", "checklist")


@router.get(PAGE)
async def packages_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the form for a package."""
    return await _page(request, visitor, NO_TROUBLE)


@router.post("/portal/review-package")
async def make_package(request: Request, visitor: SignedIn) -> Response:
    """Answer the archive, or the form with what is wrong."""
    given = (await form_of(request, AnyForm)).fields
    asked = {name: given[name] for name in ASKED if name in given}
    try:
        answer = await services_for(request, visitor).find("report", "review-package", **asked)
    except DomainError as error:
        return await _page(request, visitor, Trouble(error=error, form="package", given=given))
    named = {name: answer.headers.get(name, "") for name in ("content-type", "content-disposition")}
    return Response(answer.body, headers=named)


async def _page(request: Request, visitor: Visitor | None, trouble: Trouble) -> Response:
    asked = request.query_params

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        if not services.caller.may(WHOLE):
            raise NotAllowedError(f"需要权限 {WHOLE}", f"this needs the permission {WHOLE}")
        told = {"of": asked.get("scope", ""), "period": asked.get("period", "")}
        return told | {"checklists": await queries.checklists(services)}

    return await show(request, visitor, "review_packages.html", load, trouble)
