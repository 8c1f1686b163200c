"""The audit over HTTP, and the circumstances of a request that others record with it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime

from gateway.access.api import Door, address_of, allowed
from gateway.access.domain.origins import trace_id
from gateway.access.schemas import Visitor
from gateway.access.usecases import Doorkeeper
from gateway.audit import queries
from gateway.audit.queries import Wanted
from gateway.audit.schemas import AuditBlock, AuditEntry, Circumstances, Kind
from shared.kit.admin import Db
from shared.kit.depending import made
from shared.kit.paging import Page, after_number, answer_page, page
from shared.kit.strict_json import StrictJsonRoute

router = APIRouter(prefix="/api/gateway/v1", tags=["audit 审计"], route_class=StrictJsonRoute)

Auditor = Annotated[Visitor, Depends(allowed("audit:read"))]
Asked = Annotated[str | None, Query(min_length=1, max_length=300)]


def circumstances_of(
    request: Request, door: Doorkeeper, visitor: Visitor | None, actor: str = ""
) -> Circumstances:
    """Return who acts in a request, and how it came.

    Args:
        actor: who he says he is, while nobody is signed in.
    """
    role = visitor.acting[0] if visitor and visitor.acting else None
    return Circumstances(
        actor=visitor.caller.subject if visitor else actor,
        by=visitor.by if visitor else "nobody",
        role=role,
        address=address_of(request, door),
        request=getattr(request.state, "request_id", ""),
        trace=trace_id(request.headers.get("traceparent", "")),
    )


async def get_circumstances(request: Request, door: Door) -> Circumstances:
    """Return the circumstances of a request whose visitor is known, or of a stranger's."""
    return circumstances_of(request, door, getattr(request.state, "visitor", None))


Now = Annotated[Circumstances, Depends(get_circumstances)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which entries are asked for; ``about`` that ends in ``*`` is a beginning."""

    actor: Asked = None
    about: Asked = None
    kind: Kind | None = None
    trace: Asked = None
    request: Annotated[str | None, Query(min_length=1, max_length=128)] = None
    address: Asked = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


@router.get("/audit", summary="审计记录（最新在前）")
async def list_audit(
    response: Response,
    db: Db,
    wanted: Annotated[Page, Depends(page)],
    asked: Annotated[AuditQuery, Depends(made(AuditQuery))],
    _: Auditor,
) -> list[AuditEntry]:
    question = Wanted(
        equal={
            "actor": asked.actor,
            "about": asked.about,
            "kind": asked.kind,
            "trace": asked.trace,
            "request": asked.request,
            "address": asked.address,
        },
        since=asked.since,
        until=asked.until,
    )
    async with db.transaction() as tx:
        found = await queries.search(
            tx, question, before=after_number(wanted), limit=wanted.limit, offset=wanted.offset
        )
        total = await queries.count(tx, question) if wanted.total_count else None
    more = [found[-1].seq] if len(found) == wanted.limit else None
    answer_page(response, wanted, total=total, next_after=more)
    return found


@router.get("/audit/blocks", summary="审计封存块（最新在前）")
async def list_audit_blocks(
    response: Response, db: Db, wanted: Annotated[Page, Depends(page)], _: Auditor
) -> list[AuditBlock]:
    async with db.transaction() as tx:
        found = await queries.list_blocks(
            tx, before=after_number(wanted), limit=wanted.limit, offset=wanted.offset
        )
    more = [found[-1].number] if len(found) == wanted.limit else None
    answer_page(response, wanted, total=None, next_after=more)
    return found
