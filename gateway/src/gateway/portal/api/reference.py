"""The documentation: every operation, every event; open to whoever reaches the port."""

from functools import cache
from itertools import groupby
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from gateway.access.api import PAGE_POLICY, Door, visitor_or_none
from gateway.access.schemas import Visitor
from gateway.docs.api import Us
from gateway.docs.domain.events import EventPage, envelope_rows, event_pages
from gateway.docs.domain.operations import Operation, operations_of
from gateway.docs.domain.pushes import push_pages
from gateway.portal.api.rendering import page, words_of

router = APIRouter(include_in_schema=False)

MaybeVisitor = Annotated[Visitor | None, Depends(visitor_or_none)]


@router.get("/docs")
async def docs(request: Request, about: Us, visitor: MaybeVisitor, q: str = "") -> Response:
    """List every operation, or those in which every word of ``q`` occurs."""
    merged = (await about.openapi.get()).document
    listed = [each for each in operations_of(merged) if each.matches(q.split())]
    services = (*about.upstream.routes, "gateway")
    found = {name: [each for each in listed if each.service == name] for name in services}
    return page(
        request,
        "docs.html",
        visitor,
        q=q,
        found=found,
        total=len(listed),
        away=[name for name in services if name not in merged["x-services"]],
    )


TRY_POLICY: Final = PAGE_POLICY.replace(
    "style-src 'self'; img-src 'self'", "style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)
"""Swagger UI brings styles and pictures along within the page; scripts still come from here."""


@router.get("/docs/_try")
async def try_out(request: Request, visitor: MaybeVisitor) -> Response:
    """Show Swagger UI with every operation, to be asked as whoever is signed in, or with a key."""
    answer = page(request, "docs_try.html", visitor)
    answer.headers["Content-Security-Policy"] = TRY_POLICY
    return answer


@router.get("/docs/{service}")
async def docs_of_service(
    request: Request, about: Us, visitor: MaybeVisitor, door: Door, service: str
) -> Response:
    """Tell everything about the operations of one service."""
    merged = (await about.openapi.get()).document
    services = (*about.upstream.routes, "gateway")
    if service not in merged["x-services"]:
        words = words_of(request)
        is_ours = service in services
        title, status = words("away" if is_ours else "page-missing"), 503 if is_ours else 404
        why = words("away-hint", words(f"service-{service}")) if is_ours else service
        return page(request, "message.html", visitor, status, title=title, why=why, target="/")
    scheme = "https" if door.secure else "http"
    return page(
        request,
        "docs_service.html",
        visitor,
        service=service,
        services=services,
        tags=_by_tag([each for each in operations_of(merged) if each.service == service]),
        problems=merged["x-problems"][service],
        address=f"{scheme}://{request.url.netloc}",
    )


@router.get("/events")
async def events(request: Request, visitor: MaybeVisitor) -> Response:
    """Tell everything about every event."""
    return page(
        request,
        "events.html",
        visitor,
        publishers=_events(),
        pushes=push_pages(),
        envelope=envelope_rows(),
    )


def _by_tag(operations: list[Operation]) -> dict[str, list[Operation]]:
    tags: dict[str, list[Operation]] = {}
    for each in operations:
        tags.setdefault(each.tag, []).append(each)
    return tags


@cache
def _events() -> dict[str, list[EventPage]]:
    """Return the events by their publisher; they change with a release only."""
    return {
        service: list(pages) for service, pages in groupby(event_pages(), key=lambda e: e.service)
    }
