"""S7, the rule workshop: rules by family, one with what it does, its form, its trial on history."""

from functools import partial
from typing import Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from gateway.access.api import SignedIn
from gateway.access.schemas import Visitor
from gateway.portal.api.pages import form_of, services_for
from gateway.portal.api.rendering import words_of
from gateway.portal.api.screens import (
    NO_TROUBLE,
    Given,
    MaybeVisitor,
    Trouble,
    act,
    show,
    told_done,
)
from gateway.portal.domain import rule_forms
from gateway.portal.domain.refusals import GoneError, InvalidError
from gateway.portal.domain.texts import one_language
from gateway.portal.domain.words import WORDS, Words
from gateway.portal.queries import ruling as queries
from gateway.portal.queries.services import Services
from gateway.portal.schemas import AnyForm
from shared.errors import DomainError
from shared.kit.clock import CAMPUS
from shared.kit.identity import NotAllowedError

router = APIRouter(include_in_schema=False)

PAGE: Final = "/rules"
NEW: Final = "_new"
"""In place of the key of a rule that is not there yet; no key is like that."""

NOWHERE: Final = "new-rule"
"""Key under which a rule without one is tried; it is not kept."""

WRITE: Final = "alert:write"
FAMILIES: Final = tuple(
    each.removeprefix("family-") for each in WORDS if each.startswith("family-")
)
ON: Final = {"on": "true", "off": "false"}
CELLS: Final = ("firing", "pending", "near", "cooling", "no-data", "thin", "stale", "error")

Act = Literal["publication", "enable", "disable", "drop"]


@router.get(PAGE)
async def rules_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the rules by family."""
    asked = request.query_params
    family = asked.get("family") if asked.get("family") in FAMILIES else None
    state = asked.get("state") if asked.get("state") in ON else None

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        enabled = ON[state] if state else None
        told = await queries.rules(services, family=family, enabled=enabled)
        return {**told, "family": family, "state": state, "all_families": FAMILIES}

    return await show(request, visitor, "rules.html", load)


@router.get(PAGE + "/{key}")
async def rule_page(request: Request, visitor: MaybeVisitor, key: str) -> Response:
    """Answer a rule in one of its versions; the form of a new one."""
    if key == NEW:
        return await _form(request, visitor, key, NO_TROUBLE)
    return await _rule(request, visitor, key, NO_TROUBLE)


@router.get(PAGE + "/{key}/edit")
async def edit_page(request: Request, visitor: MaybeVisitor, key: str) -> Response:
    """Answer the form of a rule."""
    return await _form(request, visitor, key, NO_TROUBLE)


@router.get("/portal/rules/{what}/{key}")
async def back_to_page(request: Request, what: str, key: str) -> Response:
    """Lead who asks for the address of a form, say in another language, to the page it is on."""
    path = f"{PAGE}/{quote(key)}" + ("/edit" if what == "form" and key != NEW else "")
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(path + query, status_code=303)


@router.post("/portal/rules/form/{key}")
async def write(request: Request, visitor: SignedIn, key: str) -> Response:
    """Check a rule, try it on history, or keep it as a new version."""
    given = (await form_of(request, AnyForm)).fields
    services, words = services_for(request, visitor), words_of(request)
    found: dict[str, Any] = {}
    try:
        document = rule_forms.document(given)
        if given.get("do") == "save":
            saved = await _save(services, key, document, given)
            target = told_done(f"{PAGE}/{quote(saved)}", "rule-saved")
            return RedirectResponse(target, status_code=303)
        found["lint"] = await queries.lint(services, document)
        if given.get("do") == "try":
            body = rule_forms.stretch(given, CAMPUS) | {"rule": document}
            tried = given.get("key", NOWHERE) if key == NEW else key
            found["trial"], found["names"] = await queries.try_rule(services, tried, body)
    except DomainError as error:
        told = error
        if error.fields:
            fields = rule_forms.faults(error.fields, given, lambda said: one_language(said, words))
            told = InvalidError(error.zh, error.en, fields=fields)
        trouble = Trouble(error=told, form="rule", given=given)
        return await _form(request, visitor, key, trouble, found)
    return await _form(request, visitor, key, Trouble(form="rule", given=given), found)


@router.post("/portal/rules/trial/{key}")
async def try_on_history(request: Request, visitor: SignedIn, key: str) -> Response:
    """Show what the newest version of a rule would have done."""
    given = (await form_of(request, AnyForm)).fields
    found: dict[str, Any] = {}
    try:
        body = rule_forms.stretch(given, CAMPUS)
        services = services_for(request, visitor)
        found["trial"], found["trial_names"] = await queries.try_rule(services, key, body)
    except DomainError as error:
        trouble = Trouble(error=error, form="trial", given=given)
        return await _rule(request, visitor, key, trouble)
    return await _rule(request, visitor, key, Trouble(form="trial", given=given), found)


@router.post("/portal/rules/{what}/{key}")
async def take_act(request: Request, visitor: SignedIn, what: Act, key: str) -> Response:
    """Publish a rule, put it in force or out of it, or delete it."""
    path, done = f"rules/{quote(key, safe='')}", f"{PAGE}/{quote(key)}"

    async def work(services: Services, given: Given) -> str:
        said, expect = given.get("counter", ""), None
        expect = int(said) if said.isdecimal() else None
        if what == "drop":
            await services.act("alert", path, None, expect=expect, method="DELETE")
            return told_done(PAGE, "rule-dropped")
        if what == "publication":
            newest = {"version": given["version"]} if "version" in given else {}
            await services.act("alert", f"{path}/publication", newest, expect=expect)
            return told_done(done, "rule-published")
        body = {"enabled": what == "enable"}
        await services.act("alert", f"{path}/enabled", body, expect=expect, method="PUT")
        return told_done(done, f"rule-{what}d")

    return await act(request, visitor, work, partial(_rule, request, visitor, key), what)


async def _save(services: Services, key: str, document: dict[str, Any], given: Given) -> str:
    """Keep a rule; return its key.

    Raises:
        InvalidError: a new one has no key, or that of another one.
    """
    version = given.get("counter", "")
    expect = int(version) if version.isdecimal() else None
    if key == NEW:
        key, expect = given.get("key", ""), None
        why = "须填写编号 (a key is needed)"
        if key:
            try:
                await queries.get_rule(services, key)
            except GoneError:
                why = ""
            else:
                why = "已有这个编号的规则 (there is a rule of that key)"
        if why:
            raise InvalidError("请检查编号", "check the key", fields={"$.key": [why]})
    path = f"rules/{quote(key, safe='')}"
    await services.act("alert", path, document, expect=expect, method="PUT")
    return key


async def _rule(
    request: Request,
    visitor: Visitor | None,
    key: str,
    trouble: Trouble,
    found: dict[str, Any] | None = None,
) -> Response:
    asked = request.query_params
    text, state = asked.get("version", ""), asked.get("cells")
    version = int(text) if text.isdecimal() and len(text) < 7 else None

    async def load(services: Services, words: Words) -> dict[str, Any]:
        rule, counter = await queries.get_rule(services, key, version)
        beside = await queries.around(services, rule, state if state in CELLS else None)
        kinds = {each: words(f"kind-{each}") for each in rule_forms.KINDS}
        known = {
            name: words.pick(each.zh or name, each.en) for name, each in beside["units"].items()
        }
        told = {"rule": rule, "counter": counter, "cell_states": CELLS, "state": state}
        told |= {
            "words_of_rule": rule_forms.spoken(rule.words, kinds | known).replace(
                "：", words.pick("：", ": ")
            )
        }
        return told | {"trial": None, "trial_names": {}} | beside | (found or {})

    return await show(request, visitor, "rule.html", load, trouble)


async def _form(
    request: Request,
    visitor: Visitor | None,
    key: str,
    trouble: Trouble,
    found: dict[str, Any] | None = None,
) -> Response:
    asked = request.query_params

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        if not services.caller.may(WRITE):
            raise NotAllowedError("没有维护规则的权限", "you may not keep rules")
        source = asked.get("like", "") if key == NEW else key
        rule, counter = await queries.get_rule(services, source) if source else (None, 0)
        document = rule.document if rule else {}
        must_write = bool(document) and not rule_forms.is_plain(document)
        written = must_write or asked.get("written") == "1"
        values = trouble.given or rule_forms.filled(document, written=written)
        told: dict[str, Any] = {"key": key, "rule": rule, "counter": counter, "values": values}
        told |= {"must_write": must_write, "written": bool(values.get("written")) or written}
        told |= {"families": FAMILIES, "kinds": rule_forms.KINDS, "periods": rule_forms.PERIODS}
        units = await services.units.get()
        known = sorted({each.unit for each in units.values() if each.unit})
        told |= {"operators": rule_forms.OPERATORS, "rule_units": known, "like": source}
        told |= {"units": units, "lint": None, "trial": None, "names": {}}
        return told | (found or {})

    return await show(request, visitor, "rule_form.html", load, trouble)
