"""The page on which people hand values in, and decide on what others did."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.access.api import SignedIn, visitor_or_none
from gateway.access.schemas import Visitor
from gateway.portal import queries
from gateway.portal.api.pages import form_of, refused, services_for, to_login
from gateway.portal.api.rendering import page, words_of
from gateway.portal.domain.handing import HandingRefusedError
from gateway.portal.schemas import DecisionForm, HandingForm
from shared.errors import DomainError
from shared.kit.problems import STATUS

router = APIRouter(include_in_schema=False)

PAGE: Final = "/handed-in"
STATES: Final = ("waiting", "approved", "rejected", "withdrawn", "replaced")


@router.get(PAGE)
async def handed_in_page(
    request: Request, visitor: Annotated[Visitor | None, Depends(visitor_or_none)]
) -> Response:
    """Answer what was handed in, and the form for one more value."""
    if visitor is None:
        return to_login(request)
    return await _show(request, visitor, HandingForm())


@router.post("/portal/handed-in")
async def hand_in(request: Request, visitor: SignedIn) -> Response:
    """Hand a value in; show the form again with everything that is wrong."""
    form = await form_of(request, HandingForm)
    try:
        await queries.hand(services_for(request, visitor), "", form.said())
    except HandingRefusedError as error:
        return await _show(request, visitor, form, error)
    except DomainError as error:
        return refused(request, visitor, error, words_of(request)("handed-failed"), PAGE)
    return RedirectResponse(PAGE, status_code=303)


@router.post("/portal/handed-in/{handed}/{step}")
async def decide(
    request: Request,
    visitor: SignedIn,
    handed: UUID,
    step: Literal["approval", "rejection", "withdrawal"],
) -> Response:
    """Approve a value, reject it, or take it back."""
    form = await form_of(request, DecisionForm)
    try:
        path, body = f"/{handed}/{step}", {} if step == "approval" else {"reason": form.reason}
        await queries.hand(services_for(request, visitor), path, body, form.version)
    except DomainError as error:
        return refused(request, visitor, error, words_of(request)("handed-failed"), PAGE)
    return RedirectResponse(PAGE, status_code=303)


async def _show(
    request: Request,
    visitor: Visitor,
    form: HandingForm,
    error: HandingRefusedError | None = None,
) -> Response:
    words = words_of(request)
    asked = request.query_params.get("state", "waiting")
    state = asked if asked in {*STATES, "all"} else "waiting"
    services = services_for(request, visitor)
    try:
        rows = await queries.handed_in(services, None if state == "all" else state)
        people = [step.by for row in rows for step in row.steps]
        names = await queries.names(services, people)
    except DomainError as problem:
        return refused(request, visitor, problem, words("handed-failed"), "/")
    units = await services.units.get()
    told: dict[str, Any] = {
        "rows": rows,
        "names": names,
        "units": units,
        "manual": {name: each for name, each in units.items() if each.manual},
        "may_write": services.caller.may("datahub:write"),
        "state": state,
        "states": (*STATES, "all"),
        "form": form,
        "faults": error.fields if error else {},
        "problem": (error.en if words.language == "en" else error.zh) if error else "",
    }
    return page(request, "handed_in.html", visitor, STATUS[error.kind] if error else 200, **told)
