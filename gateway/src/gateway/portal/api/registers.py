"""S2, S3, S18, S19: plans, standards, bindings, assessments and registers, each with its pages.

All of them are documents that the target service keeps by key: one description each makes list,
page and form.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from gateway.access.api import SignedIn
from gateway.access.schemas import Visitor
from gateway.portal.api.pages import form_of, services_for
from gateway.portal.api.screens import (
    NO_TROUBLE,
    Given,
    MaybeVisitor,
    Trouble,
    act,
    page_number,
    show,
    told_done,
)
from gateway.portal.domain import documents, register_forms
from gateway.portal.domain.refusals import GoneError, InvalidError
from gateway.portal.domain.registering import Register
from gateway.portal.domain.registers import OTHERS, REGISTERS
from gateway.portal.domain.words import Words
from gateway.portal.queries import registers as queries
from gateway.portal.queries.services import Services, names
from gateway.portal.schemas import AnyForm
from gateway.portal.schemas.registers import Entry
from shared.errors import DomainError
from shared.kit.identity import NotAllowedError

router = APIRouter(include_in_schema=False)

NEW: Final = "_new"
"""In place of the key of what is not there yet; no key is like that."""

ROOM: Final = 400_000
"""Bytes of a form: a standard may have two hundred criteria."""

MORE: Final = ("marks", "tallies", "decisions", "answers")
"""What else is done in a run of an assessment."""

DUTIES: Final = "duties"
HAVE_DUTIES: Final = ("bodies", "processes")
_OF_A_TASK: Final = ("owner", "starts_on", "ends_on")


def _named(name: str) -> Register:
    found = next((each for each in REGISTERS.values() if each.name == name), None)
    if found is None:
        raise GoneError(f"没有 {name}", f"there is no {name}")
    return found


@router.get("/registers")
async def registers_page() -> Response:
    """Lead to the first register."""
    return RedirectResponse(OTHERS[0].page, status_code=303)


def _add(register: Register) -> None:
    async def listed(request: Request, visitor: MaybeVisitor) -> Response:
        return await _list(request, visitor, register)

    async def one(request: Request, visitor: MaybeVisitor, key: str) -> Response:
        if key == NEW or "edit" in request.query_params:
            return await _form(request, visitor, register, key, NO_TROUBLE)
        return await _one(request, visitor, register, key, NO_TROUBLE)

    router.get(register.page)(listed)
    router.get(register.page + "/{key:path}")(one)


for _each in REGISTERS.values():
    _add(_each)


@router.post("/portal/kept/{name}/form/{key:path}")
async def write(request: Request, visitor: SignedIn, name: str, key: str) -> Response:
    """Keep a document under its key, or try it out."""
    register = _named(name)
    given = (await form_of(request, AnyForm, ROOM)).fields
    given = documents.compact(register.parts, given)
    services = services_for(request, visitor)
    tried = None
    try:
        old = None if key == NEW else await queries.get_entry(services, register, key)
        body = documents.read(register.parts, given, _kept(register, old))
        body |= {"key": old.key} if old else {}
        if given.get("do") != "try":
            is_new = key == NEW and "key" in body
            expect = given.get("version", "")
            version = int(expect) if expect.isdecimal() else None
            answer = await services.act(
                "target", register.name, body, expect=version, is_new=is_new
            )
            target = f"{register.page}/{quote(answer.json()['key'])}"
            return RedirectResponse(told_done(target, "kept"), status_code=303)
        tried = await queries.try_out(services, register, body)
    except DomainError as error:
        trouble = Trouble(error=_placed(register, given, error), form="form", given=given)
        return await _form(request, visitor, register, key, trouble)
    trouble = Trouble(form="form", given=given)
    return await _form(request, visitor, register, key, trouble, {"tried": tried})


@router.post("/portal/kept/{name}/{what}/{key:path}")
async def take_step(
    request: Request, visitor: SignedIn, name: str, what: str, key: str
) -> Response:
    """Do something to a document: submit, approve, send it back, take it back and the like."""
    register = _named(name)

    async def work(services: Services, given: Given) -> str:
        if what == "withdrawal":
            await _withdraw(services, register, key, given)
            return told_done(register.page, "withdrawn")
        path, body, expect = _asked(register, what, given)
        answer = await services.act("target", f"{name}/{quote(key)}/{path}", body, expect=expect)
        if what == DUTIES:
            return f"/sheets/tasks/{quote(answer.json()['key'])}"
        return told_done(f"{register.page}/{quote(key)}", "taken")

    again = partial(_one, request, visitor, register, key)
    return await act(request, visitor, work, again, what, ROOM)


def _asked(register: Register, what: str, given: Given) -> tuple[str, Any, int | None]:
    """Return path, body and version of something that is done.

    Raises:
        GoneError: there is no such thing to do.
    """
    version = given.get("version", "")
    expect = int(version) if version.isdecimal() else None
    if step := register.step(what):
        said = {each: given[each] for each in step.takes if each in given} | dict(step.says)
        is_bare = not step.takes and not step.says
        return step.path or step.name, None if is_bare else said, expect
    if what == DUTIES and register.name in HAVE_DUTIES:
        said = {name: given[name] for name in _OF_A_TASK if given.get(name)}
        return f"duties/{quote(given.get('duty', ''), safe='')}/task", said, None
    if register.name != "assessment-runs" or what not in MORE:
        raise GoneError("没有这样的办理", "there is no such act")
    if what == "decisions":
        return what, register_forms.decision(given), None
    if what == "answers":
        number = given.get("number", "0")
        return f"objections/{quote(number, safe='')}/answer", register_forms.answer(given), None
    return what, register_forms.lines(what, given), None


async def _withdraw(services: Services, register: Register, key: str, given: Given) -> None:
    path = f"{register.name}/{quote(key)}"
    if register.withdrawal == "reason":
        path += f"?reason={quote(given.get('reason', ''))}"
    version = given.get("version", "")
    expect = int(version) if version.isdecimal() else None
    await services.act("target", path, None, method="DELETE", expect=expect)


def _kept(register: Register, old: Entry | None) -> dict[str, Any] | None:
    """Return of what is there what a form does not ask, to be sent again."""
    if old is None:
        return None
    told = old.document
    if register.is_wrapped:
        inner = old.told("document")
        return {**inner, "key": old.key, "title": old.title} if inner else told
    tops = {part.name.partition(".")[0] for part in register.parts}
    return {name: told[name] for name in tops if name in told}


def _placed(register: Register, given: Given, error: DomainError) -> DomainError:
    if not error.fields:
        return error
    fields = documents.place_faults(register.parts, given, error.fields)
    return InvalidError(error.zh, error.en, fields=fields)


def _may(visitor: Visitor | None, needed: tuple[str, ...]) -> bool:
    return visitor is not None and any(visitor.caller.may(each) for each in needed)


async def _list(request: Request, visitor: Visitor | None, register: Register) -> Response:
    asked = request.query_params
    wanted = {name: asked.get(name) or None for name in register.filters}
    number = page_number(request)

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        listed = await queries.entries(services, register, number, wanted)
        people = [each for row in listed.rows for each in _people(row.document)]
        told = {"register": register, "listed": listed, "wanted": wanted, "number": number}
        told |= {"names": await names(services, people), "units": await services.units.get()}
        return told | {"writes": _may(visitor, register.writes), "others": OTHERS}

    return await show(request, visitor, "register.html", load)


async def _one(
    request: Request, visitor: Visitor | None, register: Register, key: str, trouble: Trouble
) -> Response:
    asked = request.query_params.get("version", "")
    version = int(asked) if asked.isdecimal() and len(asked) < 9 else None

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        entry = await queries.get_entry(services, register, key, version)
        told = await queries.beside(services, register, entry, request.query_params)
        old = None
        if register.has_versions and entry.version > 1:
            old = await queries.get_entry(services, register, key, entry.version - 1)
        changes = documents.differences(register.parts, old.document, entry.document) if old else ()
        told |= {"changes": list(changes), "is_old": version is not None}
        told |= {"register": register, "entry": entry, "writes": _may(visitor, register.writes)}
        told |= {"refs": await queries.named_in(services, entry)}
        told |= {"steps": _steps(visitor, register, entry), "units": await services.units.get()}
        people = _people(entry.document, told)
        people += (
            [str(row.told("scope")) for row in told["chosen"].rows] if "chosen" in told else []
        )
        return told | {"names": await names(services, people)}

    return await show(request, visitor, "register_entry.html", load, trouble)


def _steps(visitor: Visitor | None, register: Register, entry: Entry) -> list[Any]:
    state = entry.told(register.state) if register.state else ""
    steps = [
        each
        for each in register.steps
        if _may(visitor, each.needs) and (not each.states or state in each.states)
    ]
    if register.name == "plans":
        may = entry.told("may") or {}
        return [each for each in steps if may.get(each.name)]
    if register.name == "assessment-schemes":
        is_draft, opt_in = not entry.told("approved_by"), entry.document.get("opt_in")
        return [each for each in steps if (is_draft if each.name == "approve" else opt_in)]
    return steps


def _people(document: Mapping[str, Any], told: Mapping[str, Any] | None = None) -> list[str]:
    """Return the keys in a document, and beside it, whose names are wanted."""
    singles = ("scope", "owner", "unit", "approver", "approved_by", "author", "updated_by")
    found = [document.get(name) for name in (*singles, "changed_by", "opened_by", "published_by")]
    for rows, name in (("members", "party"), ("steps", "party"), ("subjects", "subject")):
        told_rows = document.get(rows)
        listed = told_rows if isinstance(told_rows, list) else []
        found += [row.get(name) for row in listed if isinstance(row, Mapping)]
    for name in ("results", "objections", "acts"):
        part = (told or {}).get(name)
        listed = getattr(part.value, "rows", part.value) if part and part.value else []
        for row in listed:
            found += [getattr(row, each, None) for each in ("subject", "by", "raised_by")]
    return [each for each in found if isinstance(each, str) and each]


async def _form(
    request: Request,
    visitor: Visitor | None,
    register: Register,
    key: str,
    trouble: Trouble,
    more: Mapping[str, Any] | None = None,
) -> Response:
    asked = request.query_params if key == NEW else {}

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        if not _may(visitor, register.writes):
            raise NotAllowedError("没有修改权限", "you may not change this")
        entry = None if key == NEW else await queries.get_entry(services, register, key)
        if entry is not None and not register.is_changed:
            raise GoneError("建立后不再修改", "it is not changed once it is there")
        filled = documents.fill(register.parts, entry.document if entry else asked)
        if trouble.form:
            filled = dict(trouble.given)
        told: dict[str, Any] = {"register": register, "entry": entry, "filled": filled}
        told |= {"new": NEW}
        told |= {"rows": documents.count_rows, "units": await services.units.get(), "tried": None}
        return {**told, **(more or {})}

    return await show(request, visitor, "register_form.html", load, trouble)
