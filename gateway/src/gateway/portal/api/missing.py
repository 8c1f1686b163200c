"""What a browser sees where there is no page."""

from contextlib import suppress

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from gateway.access.api import get_doorkeeper
from gateway.access.schemas import Visitor
from gateway.portal.api.rendering import page, words_of
from shared.errors import DomainError
from shared.kit.problems import http_error


async def missing(request: Request, error: Exception) -> Response:
    """Answer a page to a browser, and a problem document to a program or below ``/api/``."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    if "text/html" not in request.headers.get("accept", "") or path.startswith("/api/"):
        return await http_error(request, error)
    words = words_of(request)
    title, why = words("page-missing"), words("page-missing-hint", path)
    visitor = await _visitor(request)
    status = error.status_code
    answer = page(request, "message.html", visitor, status, title=title, why=why, target="/")
    answer.headers.update(error.headers or {})
    return answer


async def _visitor(request: Request) -> Visitor | None:
    """Return who asks, for the bar above the page; nobody where that cannot be told."""
    doorkeeper = await get_doorkeeper(request)
    with suppress(DomainError):
        return await doorkeeper.visitor("GET", request.headers)
    return None
