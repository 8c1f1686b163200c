"""The audit of all services, and what followed from a request, over HTTP."""

from dataclasses import asdict
from enum import Enum
from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from gateway.access.api import allowed
from gateway.access.schemas import Visitor
from gateway.audit.api import Now
from gateway.oversight import queries, usecases
from gateway.oversight.queries import GATEWAY, Question, TooDeepError
from gateway.oversight.schemas import (
    EntryOfPart,
    ErasureOrder,
    ErasureProof,
    FindingOfPart,
    Part,
    Trace,
)
from gateway.proxy.upstream import Upstream
from shared.kit.admin import Db
from shared.kit.audit import rows
from shared.kit.audit.deeds import Deed
from shared.kit.audit.verifying import verify
from shared.kit.audit_api import AUDITS, AuditQuery
from shared.kit.clock import now
from shared.kit.depending import made
from shared.kit.paging import INT64, MAX_PAGE, Page, PageTokenError, answer_page, page
from shared.kit.strict_json import StrictJsonRoute
from shared.persons.edge import EXPORTS, WhichKey, WhichKind

TRACED: Final = """\
由请求号（`X-Request-Id`）、`traceparent` 的追溯号或消息号，依次给出：请求、批次、变更、测量值、
达成、预警、纠偏、报告。

From the id of a request (`X-Request-Id`), of a trace (`traceparent`) or of a message: request,
batch, change, value, attainment, alert, correction, report."""

router = APIRouter(prefix="/api/gateway/v1", route_class=StrictJsonRoute)

Auditor = Annotated[Visitor, Depends(allowed(AUDITS))]
Operator = Annotated[Visitor, Depends(allowed("operations:read"))]


async def get_upstream(request: Request) -> Upstream:
    """Return the pool of connections to the services."""
    upstream: Upstream = request.app.state.upstream
    return upstream


Up = Annotated[Upstream, Depends(get_upstream)]


@router.get(
    "/audit/all",
    summary="全套件审计记录（最新在前）",
    tags=["audit 审计"],
    description="网关与各服务的审计合在一起；`service` 只要其中几个。\n\n"
    "The audits of the gateway and of all services as one; `service` names some of them.",
)
async def search_audits(  # noqa: PLR0913, PLR0917 — where, what, how much
    response: Response,
    db: Db,
    upstream: Up,
    paging: Annotated[Page, Depends(page)],
    asked: Annotated[AuditQuery, Depends(made(AuditQuery))],
    visitor: Auditor,
    service: Annotated[list[Part] | None, Query()] = None,
) -> list[EntryOfPart]:
    named: list[str] = [*(service or ())]
    parts = [*dict.fromkeys(named or [GATEWAY, *upstream.routes])]

    async def own(before: int | None, limit: int) -> list[dict[str, Any]]:
        async with db.transaction() as tx:
            return await rows.search(tx, asked.wanted(), before=before, limit=limit)

    deep = paging.limit + paging.offset
    if deep > MAX_PAGE:  # each audit is asked for so many
        raise TooDeepError(
            f"limit 与 offset 之和至多 {MAX_PAGE}；往后请用 pageSize 与 pageToken",
            f"limit and offset are {MAX_PAGE} together at most: page on by pageSize and pageToken",
        )
    question = Question(asked=asked.as_query(), parts=parts, limit=deep, places=_places(paging))
    asking = queries.on_behalf(visitor.caller, AUDITS)
    told, reached = await queries.search_all(upstream, asking, own, question)
    is_more = len(told) == question.limit
    answer_page(response, paging, total=None, next_after=[reached] if is_more else None)
    return told[paging.offset :]


def _places(paging: Page) -> dict[str, int]:
    match paging.after:
        case None:
            return {}
        case [dict() as places] if all(
            isinstance(each, int) and 0 <= each <= INT64 for each in places.values()
        ):
            return places
        case _:
            raise PageTokenError(
                "pageToken 不是本服务给出的", "this service did not give that pageToken"
            )


@router.get("/audit/all/verification", summary="核对全套件审计封存块", tags=["audit 审计"])
async def verify_audits(db: Db, upstream: Up, visitor: Auditor) -> list[FindingOfPart]:
    found = {GATEWAY: asdict(await verify(db))}
    asking = queries.on_behalf(visitor.caller, AUDITS)
    found |= await queries.findings_of(upstream, asking, list(upstream.routes))
    return [FindingOfPart.model_validate({**each, "service": name}) for name, each in found.items()]


@router.get(
    "/trace/{id}",
    summary="追溯：一次请求引起了什么",
    tags=["trace 追溯"],
    description=TRACED,
)
async def get_trace(
    db: Db,
    upstream: Up,
    visitor: Operator,
    id_: Annotated[
        str,
        Path(alias="id", pattern=r"^[A-Za-z0-9._:-]{1,128}$", examples=["demo-trace"]),
    ],
) -> Trace:
    async with db.transaction() as tx:
        recorded = await queries.requests_of(tx, id_)
    return await queries.trace(upstream, visitor.caller, id_, recorded)


Eraser = Annotated[Visitor, Depends(allowed("persons:erase"))]
Exporter = Annotated[Visitor, Depends(allowed(EXPORTS))]
PERSONS: Final[list[str | Enum]] = ["persons 个人信息"]


@router.post("/erasures", status_code=201, summary="删除某人的个人信息（不可撤销）", tags=PERSONS)
async def order_erasure(
    db: Db, response: Response, body: ErasureOrder, now_: Now, _: Eraser
) -> ErasureProof:
    async with db.transaction(correlation=now_.request) as tx:
        id_ = await usecases.order(tx, body.scope, body.reason, now_, now())
        proof = await usecases.find_proof(tx, id_)
    response.headers["Location"] = f"{router.prefix}/erasures/{id_}"
    return ErasureProof.model_validate(proof)


@router.get("/erasures/{erasure}", summary="删除的证明：各服务做了什么", tags=PERSONS)
async def get_erasure(db: Db, erasure: UUID, _: Eraser) -> ErasureProof:
    async with db.transaction() as tx:
        return ErasureProof.model_validate(await usecases.find_proof(tx, erasure))


@router.get(
    "/persons/{kind}/{key}",
    summary="某人的全部数据（个保法 §45）",
    tags=PERSONS,
    description="各服务所存关于此人的数据，原样；每次读取留痕。\n\n"
    "What every service holds of somebody, whole; each time is on record.",
)
async def get_person(
    db: Db, upstream: Up, kind: WhichKind, key: WhichKey, now_: Now, visitor: Exporter
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    async with db.transaction() as tx:
        await rows.append(tx, now_, [Deed(kind="exported", about=f"{kind}/{key}")])
        found = {GATEWAY: await usecases.own_data(tx, f"{kind}/{key}")}
    asking = queries.on_behalf(visitor.caller, EXPORTS)
    return found | await queries.data_of(
        upstream, asking, f"/v1/persons/{kind}/{quote(key, safe='')}"
    )
