"""The page on which people hand values in, and decide on what others did."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.access.api import SignedIn, visitor_or_none
from gateway.access.schemas import Visitor
from gateway.portal.api.pages import form_of, refused, services_for, to_login
from gateway.portal.api.rendering import page, words_of
from gateway.portal.api.screens import Trouble, page_number
from gateway.portal.domain.listing import ROWS
from gateway.portal.domain.refusals import RefusedError
from gateway.portal.queries import handing
from gateway.portal.queries.services import Services
from gateway.portal.queries.services import names as names_of
from gateway.portal.schemas.handing import DecisionForm, HandedValue, HandingForm, RevisionForm
from shared.errors import DomainError

router = APIRouter(include_in_schema=False)

PAGE: Final = "/handed-in"
STATES: Final = ("waiting", "approved", "rejected", "withdrawn", "replaced")

MaybeVisitor = Annotated[Visitor | None, Depends(visitor_or_none)]


@router.get(PAGE)
async def handed_in_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer what was handed in, and the forms for more values.

    The work list links to one that says which value is asked for.
    """
    if visitor is None:
        return to_login(request)
    said = {name: request.query_params.get(name, "") for name in ("indicator", "scope", "period")}
    return await _show_list(request, visitor, HandingForm(**said), Trouble())


@router.get(PAGE + "/{handed}")
async def handed_value_page(request: Request, handed: UUID, visitor: MaybeVisitor) -> Response:
    """Answer one value: what is behind it, what became of it, what the visitor may do."""
    if visitor is None:
        return to_login(request)
    return await _show_one(request, visitor, handed, None, Trouble())


@router.get("/tasks")
async def tasks_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer what the visitor has to do."""
    if visitor is None:
        return to_login(request)
    try:
        found = await handing.work(services_for(request, visitor))
    except DomainError as error:
        return refused(request, visitor, error, words_of(request)("tasks-failed"), "/")
    return page(request, "tasks.html", visitor, listed=found)


@router.post("/portal/handed-in")
async def hand_in(request: Request, visitor: SignedIn) -> Response:
    """Hand a value in; show the form again with everything that is wrong."""
    form = await form_of(request, HandingForm)
    try:
        handed = await handing.hand(services_for(request, visitor), "", form.said())
    except RefusedError as error:
        return await _show_list(request, visitor, form, Trouble(error=error))
    except DomainError as error:
        return refused(request, visitor, error, words_of(request)("handed-failed"), PAGE)
    return RedirectResponse(f"{PAGE}/{quote(handed)}", status_code=303)


@router.post("/portal/handed-in/{handed}/revision")
async def revise(request: Request, visitor: SignedIn, handed: UUID) -> Response:
    """Hand another value in instead of one; show the form again with everything that is wrong."""
    form = await form_of(request, RevisionForm)
    services = services_for(request, visitor)
    try:
        new = await handing.hand(services, f"/{handed}", form.said(), form.version, "PUT")
    except RefusedError as error:
        return await _show_one(request, visitor, handed, form, Trouble(error=error))
    except DomainError as error:
        return refused(request, visitor, error, words_of(request)("handed-failed"), PAGE)
    return RedirectResponse(f"{PAGE}/{quote(new)}", status_code=303)


@router.post("/portal/handed-in/{handed}/{step}")
async def decide(
    request: Request,
    visitor: SignedIn,
    handed: UUID,
    step: Literal["approval", "rejection", "withdrawal"],
) -> Response:
    """Approve a value, reject it, or take it back; say on its page why that was not done."""
    form = await form_of(request, DecisionForm)
    body = {} if step == "approval" else {"reason": form.reason}
    services = services_for(request, visitor)
    try:
        await handing.hand(services, f"/{handed}/{step}", body, form.version)
    except RefusedError as error:
        return await _show_one(request, visitor, handed, None, Trouble(error=error))
    except DomainError as error:
        return refused(request, visitor, error, words_of(request)("handed-failed"), PAGE)
    return RedirectResponse(f"{PAGE}/{handed}", status_code=303)


async def _show_list(
    request: Request, visitor: Visitor, form: HandingForm, trouble: Trouble
) -> Response:
    words, services = words_of(request), services_for(request, visitor)
    asked = request.query_params.get("state", "waiting")
    state = asked if asked in {*STATES, "all"} else "waiting"
    number = page_number(request)
    try:
        wanted = None if state == "all" else state
        found = await handing.handed_in(services, wanted, (number - 1) * ROWS)
        told = await _told(services, found.rows)
    except DomainError as problem:
        return refused(request, visitor, problem, words("handed-failed"), "/")
    told |= {"listed": found, "state": state, "states": (*STATES, "all"), "number": number}
    told |= {"form": form, **trouble.told(words)}
    return page(request, "handed_in.html", visitor, trouble.status, **told)


async def _show_one(
    request: Request,
    visitor: Visitor,
    handed: UUID,
    form: HandingForm | None,
    trouble: Trouble,
) -> Response:
    words, services = words_of(request), services_for(request, visitor)
    try:
        row = await handing.handed_value(services, handed)
        told = await _told(services, [row])
    except DomainError as problem:
        return refused(request, visitor, problem, words("handed-failed"), PAGE)
    told |= {"row": row, "form": form or HandingForm.of(row), "is_open": form is not None}
    told |= trouble.told(words)
    return page(request, "handed_value.html", visitor, trouble.status, **told)


async def _told(services: Services, rows: Sequence[HandedValue]) -> dict[str, Any]:
    """Return what both pages say beside the values: names, units, what the visitor may do."""
    people = [step.by for row in rows for step in row.steps]
    names = await names_of(services, [*people, *(row.scope for row in rows)])
    units = await services.units.get(anew=True)  # an indicator of a minute ago can be chosen
    return {
        "names": names,
        "units": units,
        "manual": {name: each for name, each in units.items() if each.manual},
        "may_write": services.caller.may("datahub:hand-in"),
    }
