"""Whether a report is what it says: open to anybody who holds its number, without signing in."""

import re
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from gateway.access.api import count_stranger
from gateway.portal.api.rendering import page
from gateway.proxy.upstream import Upstream
from shared.kit.identity import Caller

router = APIRouter(include_in_schema=False, dependencies=[Depends(count_stranger)])

NUMBER: Final = re.compile(r"[A-Z]{2}-[0-9]{8}-[0-9A-F]{8}")
_ASKER: Final = Caller(subject="system/verification", scopes=frozenset({"report:read"}))
"""The gateway asks in its own name: who holds the number needs none."""

_ISSUED: Final = frozenset({"issued", "superseded"})


@router.get("/verify")
async def verify_form(request: Request) -> Response:
    """Answer the form, or the page of the number that was typed into it."""
    typed = request.query_params.get("number", "").strip().upper()
    if NUMBER.fullmatch(typed):
        return RedirectResponse(f"/verify/{typed}", status_code=303)
    return _page(request, typed, [], 404 if typed else 200)


@router.get("/verify/{number}")
async def verify(request: Request, number: str) -> Response:
    """Answer what is known of a number: issued when, superseded by what, the files' digests."""
    found = await _found(request, number) if NUMBER.fullmatch(number) else []
    status = 200 if found else 404
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(found, status, headers={"Vary": "Accept", "Cache-Control": "no-store"})
    return _page(request, number, found, status)


async def _found(request: Request, number: str) -> list[dict[str, Any]]:
    """Return the issued reports that bear a number; a draft is nobody's business yet."""
    upstream: Upstream = request.app.state.upstream
    answer = await upstream.ask("report", f"/v1/verifications/{quote(number)}", _ASKER)
    told: list[dict[str, Any]] = answer.json() if answer.status == 200 else []
    return [each for each in told if each["state"] in _ISSUED]


def _page(request: Request, number: str, found: list[dict[str, Any]], status: int) -> Response:
    return page(request, "verify.html", None, status, number=number, found=found)
