"""What every screen shares: who may see it, what it says when it cannot be shown, and its forms."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from gateway.access.api import visitor_or_none
from gateway.access.schemas import Visitor
from gateway.portal.api.pages import MAX_FORM, form_of, services_for, to_login
from gateway.portal.api.rendering import page, words_of
from gateway.portal.domain.refusals import GoneError, InvalidError
from gateway.portal.domain.texts import fault_text
from gateway.portal.domain.words import Words
from gateway.portal.queries.services import Services
from gateway.portal.schemas import AnyForm
from shared.errors import DomainError
from shared.kit.identity import NotAllowedError
from shared.kit.problems import STATUS
from shared.kit.validation import words as fault_words

MaybeVisitor = Annotated[Visitor | None, Depends(visitor_or_none)]

Load = Callable[[Services, Words], Awaitable[dict[str, Any]]]
"""Asks for everything that a screen shows."""

Given = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What stands in the way of what somebody sent, and what he had filled in."""

    error: DomainError | None = None
    form: str = ""
    """Which form of the page it was."""

    given: Given = field(default_factory=dict)

    def told(self, words: Words) -> dict[str, Any]:
        """Return what the page says of it: as a whole, and beside each field."""
        error = self.error
        said = {"wrong": self.form, "given": self.given}
        if error is None:
            return {"problem": "", "faults": {}, **said}
        problem = error.en if words.language == "en" else error.zh
        if error.fields and problem.startswith(("请检查：$", "Check $")):
            problem = words("fault-marked")
        faults = {
            place: [fault_text(each, words) for each in reasons]
            for place, reasons in error.fields.items()
        }
        return {"problem": problem, "faults": faults, **said}

    @property
    def status(self) -> int:
        """Return the status of the page."""
        return STATUS[self.error.kind] if self.error else 200


NO_TROUBLE: Final = Trouble()
LAST_PAGE: Final = 100_000


async def show(
    request: Request,
    visitor: Visitor | None,
    template: str,
    load: Load,
    trouble: Trouble = NO_TROUBLE,
) -> Response:
    """Answer a screen; the login page to a stranger; the reason where it cannot be shown."""
    if visitor is None:
        return to_login(request)
    words, services = words_of(request), services_for(request, visitor)
    try:
        told = await load(services, words)
    except DomainError as error:
        return _state(request, visitor, error)
    done = request.query_params.get("done", "")
    toast = words(f"done-{done}") if words.knows(f"done-{done}") else ""
    told |= {
        "toast": toast,
        "may": visitor.caller.may,
        **trouble.told(words),
    }
    return page(request, template, visitor, trouble.status, **told)


def _state(request: Request, visitor: Visitor, error: DomainError) -> Response:
    words = words_of(request)
    said = error.en if words.language == "en" else error.zh
    state, why = "away", words("state-away-hint")
    if isinstance(error, NotAllowedError):
        state, why = "forbidden", words("state-forbidden-hint")
    elif isinstance(error, GoneError) or STATUS[error.kind] < 500:
        state, why = "gone", said
    title = words(f"state-{state}")
    status = STATUS[error.kind]
    return page(request, "state.html", visitor, status, state=state, title=title, why=why)


async def act(
    request: Request,
    visitor: Visitor,
    work: Callable[[Services, Given], Awaitable[str]],
    again: Callable[[Trouble], Awaitable[Response]],
    form: str,
    room: int = MAX_FORM,
) -> Response:
    """Do what a form asks for and go where that leads; show the page again with what is wrong.

    Args:
        work: does it; returns the address to go to.
        again: shows the page of the form with what is wrong with it.
        form: name of the form on its page.
        room: bytes that it may have.
    """
    given = (await form_of(request, AnyForm, room)).fields
    try:
        target = await work(services_for(request, visitor), given)
    except DomainError as error:
        return await again(Trouble(error=error, form=form, given=given))
    return RedirectResponse(target, status_code=303)


def unfit(error: ValidationError, *, english: bool) -> InvalidError:
    """Return what is wrong with a form of the gateway's own, beside its fields."""
    fields: dict[str, list[str]] = {}
    for each in error.errors():
        place = f"$.{each['loc'][0]}" if each["loc"] else "$"
        fields.setdefault(place, []).append(fault_words(each, english=english))
    return InvalidError("请检查标出的各项", "check what is marked", fields=fields)


def page_number(request: Request) -> int:
    """Return which page of a list is asked for, from 1."""
    text = request.query_params.get("page", "1")
    is_number = text.isascii() and text.isdigit() and len(text) < 7
    return min(max(int(text), 1), LAST_PAGE) if is_number else 1


def told_done(path: str, done: str) -> str:
    """Return the address of a page that says that something was done."""
    before, _, query = path.partition("?")
    said = [pair for pair in parse_qsl(query) if pair[0] not in {"done", "lang"}]
    return f"{before}?{urlencode([*said, ('done', done)])}"
