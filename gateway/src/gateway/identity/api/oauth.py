"""``POST /oauth/token``: a system exchanges its key for a short-lived token.

Source: RFC 6749 §4.4 (client credentials) and §5; RFC 8414 (metadata). The client is a key: its id
(``<id>`` of ``h8k_<id>_<secret>``) and its secret.
"""

import base64
import binascii
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from gateway.access.api import Door, arrival_of
from gateway.access.schemas import Visitor
from gateway.access.usecases import Doorkeeper
from gateway.audit.api import circumstances_of
from gateway.identity.usecases import keys
from shared.kit.admin import Db
from shared.kit.identity import UnauthenticatedError

MAX_FORM: Final = 10_000
"""Bytes."""

FORM: Final = "application/x-www-form-urlencoded"

router = APIRouter(include_in_schema=False)


@router.post("/oauth/token", summary="以密钥换取短期令牌（client credentials）")
async def token(request: Request, db: Db, door: Door) -> JSONResponse:
    """Answer a token, or an error as RFC 6749 §5.2 writes it."""
    form = await _form(request)
    if form is None:
        return _refused("invalid_request", "a form with each parameter once is needed")
    if form.get("grant_type") != "client_credentials":
        await _count(request, door)
        return _refused("unsupported_grant_type", "grant_type must be client_credentials")
    visitor = await _client(request, form, door)
    if visitor is None:
        return _refused("invalid_client", "client_id and client_secret are no live key here", 401)
    who = circumstances_of(request, door, visitor)
    async with db.transaction() as tx:
        given = await keys.give_token(tx, visitor, form.get("scope", "").split(), who)
    if given is None:
        return _refused("invalid_scope", "the key has not every permission that was asked for")
    return _answer(
        {
            "access_token": given.token,
            "token_type": "Bearer",
            "expires_in": given.seconds,
            "scope": " ".join(given.scopes),
        },
        200,
    )


@router.get("/.well-known/oauth-authorization-server", summary="令牌端点的说明")
async def metadata(request: Request) -> dict[str, Any]:
    """Answer what a client library needs to find the endpoint."""
    base = request.app.state.public_url or f"http://{request.headers.get('host', '')}"
    return {
        "issuer": base,
        "token_endpoint": f"{base}/oauth/token",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "response_types_supported": [],
    }


async def _form(request: Request) -> dict[str, str] | None:
    """Return the parameters; None when it is no form, too large, or names one twice."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return None
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM:
            return None
    pairs = parse_qsl(body.decode("utf-8", "replace"))
    form = dict(pairs)
    return form if len(form) == len(pairs) else None


async def _client(request: Request, form: dict[str, str], door: Doorkeeper) -> Visitor | None:
    """Return the key that asks; None when it shows none that is live, or shows it twice."""
    shown = _shown(request.headers.get("authorization"), form)
    arrival = arrival_of(request, door)
    bearer = f"Bearer h8k_{shown[0]}_{shown[1]}" if shown else "Bearer -"
    headers = {**arrival.headers, "authorization": bearer}
    try:
        return await door.admit(replace(arrival, headers=headers))
    except UnauthenticatedError:
        return None


def _shown(authorization: str | None, form: dict[str, str]) -> tuple[str, str] | None:
    in_form = (form.get("client_id"), form.get("client_secret"))
    if authorization is None:
        return (in_form[0], in_form[1]) if in_form[0] and in_form[1] else None
    scheme, _, letters = authorization.partition(" ")
    if scheme.lower() != "basic" or in_form[1]:
        return None
    try:
        pair = base64.b64decode(letters.strip(), validate=True).decode()
    except (ValueError, binascii.Error):
        return None
    name, colon, secret = pair.partition(":")
    return (unquote_plus(name), unquote_plus(secret)) if colon else None


async def _count(request: Request, door: Doorkeeper) -> None:
    arrival = arrival_of(request, door)
    await door.limiter.admit(None, arrival.address, arrival.state)


def _refused(error: str, why: str, status: int = 400) -> JSONResponse:
    answer = _answer({"error": error, "error_description": why}, status)
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="helix8"'
    return answer


def _answer(document: dict[str, Any], status: int) -> JSONResponse:
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return JSONResponse(document, status_code=status, headers=headers)
