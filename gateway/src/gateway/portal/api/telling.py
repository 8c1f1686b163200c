"""S6, S15: one's inbox; S7: the channels, and the policy that says who is told of which alert."""

import re
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
from gateway.portal.domain import documents, policy_forms
from gateway.portal.domain.refusals import InvalidError
from gateway.portal.domain.words import Words
from gateway.portal.queries import telling as queries
from gateway.portal.queries.services import Services, names
from gateway.portal.schemas import AnyForm
from shared.errors import DomainError
from shared.kit.identity import NotAllowedError

router = APIRouter(include_in_schema=False)

INBOX: Final = "/inbox"
CHANNELS: Final = "/channels"
POLICY: Final = "/notification-policy"
NEW: Final = "_new"
WRITE: Final = "alert:write"
_OF_KIND: Final = re.compile(r"^\$\.settings\.(webhook|email|wecom|dingtalk|feishu)\.")


@router.get(INBOX)
async def inbox_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the letters of the visitor, the newest first."""
    return await _inbox(request, visitor, NO_TROUBLE)


@router.post("/portal/inbox/read")
async def read_letters(request: Request, visitor: SignedIn) -> Response:
    """Note that one letter was read, or all of them up to one."""

    async def work(services: Services, given: Given) -> str:
        name = "up_to" if "up_to" in given else "id"
        number = int(given[name]) if given.get(name, "").isdecimal() else 0
        body = {"up_to": number} if name == "up_to" else {"ids": [number]}
        await services.act("alert", "inbox/read", body)
        return INBOX

    return await act(request, visitor, work, partial(_inbox, request, visitor), "read")


async def _inbox(request: Request, visitor: Visitor | None, trouble: Trouble) -> Response:
    number = page_number(request)

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        listed, unread = await queries.inbox(services, number)
        return {"listed": listed, "unread": unread, "number": number}

    return await show(request, visitor, "inbox.html", load, trouble)


@router.get(CHANNELS)
async def channels_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the channels, and how each gets on."""

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        found = await queries.channels(services)
        return {"channels": found, "kinds": policy_forms.KINDS}

    return await show(request, visitor, "channels.html", load)


@router.get(CHANNELS + "/{key}")
async def channel_page(request: Request, visitor: MaybeVisitor, key: str) -> Response:
    """Answer a channel with its form; the form of a new one."""
    return await _channel(request, visitor, key, NO_TROUBLE)


@router.post("/portal/channels/{what}/{key}")
async def change_channel(request: Request, visitor: SignedIn, what: str, key: str) -> Response:
    """Keep a channel, try it, or drop it."""

    async def work(services: Services, given: Given) -> str:
        name = given.get("key", "") if key == NEW else key
        path = f"channels/{quote(name, safe='')}"
        if what == "test":
            await services.act("alert", f"{path}/test", None)
            return told_done(f"{CHANNELS}/{quote(name, safe='')}", "channel-tested")
        if what == "drop":
            await services.act("alert", path, None, method="DELETE")
            return told_done(CHANNELS, "channel-dropped")
        body = policy_forms.channel(given.get("kind", ""), given)
        version = given.get("version", "")
        expect = int(version) if version.isdecimal() else None
        await services.act("alert", path, body, expect=expect, method="PUT", is_new=key == NEW)
        return told_done(f"{CHANNELS}/{quote(name, safe='')}", "channel-saved")

    return await act(request, visitor, work, partial(_channel, request, visitor, key), what)


async def _channel(
    request: Request, visitor: Visitor | None, key: str, trouble: Trouble
) -> Response:
    kind = trouble.given.get("kind") or request.query_params.get("kind", "webhook")

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        if key == NEW and not services.caller.may(WRITE):
            raise NotAllowedError("没有修改权限", "you may not change this")
        told: dict[str, Any] = {"channel": None, "told": None, "new": NEW}
        if key != NEW:
            told |= await queries.get_channel(services, key)
        shown = told["channel"].kind if told["channel"] else kind
        if shown not in policy_forms.KINDS:
            shown = "webhook"
        told |= {"kind": shown, "fields": policy_forms.KINDS[shown]}
        return told | {"secret_names": policy_forms.SECRETS}

    return await show(request, visitor, "channel.html", load, _in_settings(trouble))


def _in_settings(trouble: Trouble) -> Trouble:
    """Put the faults of a channel's settings at the fields of its form."""
    error = trouble.error
    if error is None or not error.fields:
        return trouble
    fields = {_OF_KIND.sub("$.settings.", path): reasons for path, reasons in error.fields.items()}
    told = InvalidError(error.zh, error.en, fields=fields)
    return Trouble(error=told, form=trouble.form, given=trouble.given)


@router.get(POLICY)
async def policy_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer who is told of which alert, and its form."""
    return await _policy(request, visitor, NO_TROUBLE)


@router.post("/portal/notification-policy")
async def write_policy(request: Request, visitor: SignedIn) -> Response:
    """Keep a policy as a new version, or try which way an alert would go."""
    given = (await form_of(request, AnyForm)).fields
    services = services_for(request, visitor)
    try:
        if given.get("do") == "try":
            way = await queries.try_way(services, policy_forms.labels(given))
            trouble = Trouble(form="try", given=given)
            return await _policy(request, visitor, trouble, {"way": way})
        given = documents.compact(policy_forms.POLICY, given)
        now, _ = await queries.policy(services)
        body = policy_forms.policy(given, now.policy)
        await services.act("alert", "notification-policy", body, method="PUT")
    except DomainError as error:
        form = "try" if given.get("do") == "try" else "form"
        trouble = Trouble(error=_placed(error, given), form=form, given=given)
        return await _policy(request, visitor, trouble)
    return RedirectResponse(told_done(POLICY, "policy-saved"), status_code=303)


def _placed(error: DomainError, given: Given) -> DomainError:
    if not error.fields:
        return error
    found: dict[str, list[str]] = {}
    for path, reasons in error.fields.items():
        place = policy_forms.place_of(path, given) if path.startswith("$.root") else path
        found.setdefault(place, []).extend(reasons)
    fields = documents.place_faults(policy_forms.POLICY, given, found)
    return InvalidError(error.zh, error.en, fields=fields)


async def _policy(
    request: Request,
    visitor: Visitor | None,
    trouble: Trouble,
    more: dict[str, Any] | None = None,
) -> Response:
    async def load(services: Services, _words: Words) -> dict[str, Any]:
        now, versions = await queries.policy(services)
        flat = policy_forms.flat(now.policy)
        filled = documents.fill(policy_forms.POLICY, flat)
        if trouble.form == "form":
            filled = dict(trouble.given)
        told = {"policy": now, "flat": flat, "versions": versions, "filled": filled, "way": None}
        told |= {"parts": policy_forms.POLICY, "rows": documents.count_rows, "units": {}}
        known = await names(services, [now.made_by, *(each.made_by for each in versions)])
        return {**told, "names": known, **(more or {})}

    return await show(request, visitor, "notification_policy.html", load, trouble)
