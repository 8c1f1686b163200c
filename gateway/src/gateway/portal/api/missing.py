"""What a browser sees where there is no page."""

from contextlib import suppress

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from gateway.access.api import arrival_of, get_doorkeeper
from gateway.access.schemas import Visitor
from gateway.portal.api.rendering import page, words_of
from shared.errors import DomainError
from shared.kit.problems import STATUS, domain_error, http_error, retry_after


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
        return await doorkeeper.visitor(arrival_of(request, doorkeeper, "GET"))
    return None


async def refused(request: Request, error: Exception) -> Response:
    """Answer a page to a browser that was on its way to sign in, else a problem document."""
    assert isinstance(error, DomainError)
    is_page = "text/html" in request.headers.get("accept", "")
    if not is_page or not request.url.path.startswith("/login/"):
        return await domain_error(request, error)
    words, status = words_of(request), STATUS[error.kind]
    why = error.en if words.language == "en" else error.zh
    answer = page(
        request, "sign_in_failed.html", None, status, title=words("sign-in-failed"), why=why
    )
    seconds = error.retry_after
    answer.headers.update(retry_after(status) if seconds is None else {"Retry-After": str(seconds)})
    return answer
