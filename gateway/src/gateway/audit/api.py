"""The audit over HTTP, and the circumstances of a request that others record with it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from gateway.access.api import Door, address_of, allowed
from gateway.access.schemas import Visitor
from gateway.access.usecases import Doorkeeper
from shared.kit.admin import Db
from shared.kit.audit.deeds import Circumstances, trace_id
from shared.kit.audit_api import AuditBlock, AuditEntry, AuditQuery, read_audit, read_blocks
from shared.kit.depending import made
from shared.kit.paging import Page, page
from shared.kit.strict_json import StrictJsonRoute

router = APIRouter(prefix="/api/gateway/v1", tags=["audit 审计"], route_class=StrictJsonRoute)

Auditor = Annotated[Visitor, Depends(allowed("audit:read"))]


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


@router.get("/audit", summary="审计记录（最新在前）")
async def list_audit(
    response: Response,
    db: Db,
    wanted: Annotated[Page, Depends(page)],
    asked: Annotated[AuditQuery, Depends(made(AuditQuery))],
    _: Auditor,
) -> list[AuditEntry]:
    found = await read_audit(response, db, wanted, asked)
    return [AuditEntry.model_validate(each) for each in found]


@router.get("/audit/blocks", summary="审计封存块（最新在前）")
async def list_audit_blocks(
    response: Response, db: Db, wanted: Annotated[Page, Depends(page)], _: Auditor
) -> list[AuditBlock]:
    return await read_blocks(response, db, wanted)
