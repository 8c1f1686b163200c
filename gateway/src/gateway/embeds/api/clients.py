"""Sites that embed, the tokens that their back ends mint, and the badge of what is to be done."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import TypeAdapter

from gateway.access.api import SignedIn, SignedInQuietly, allowed
from gateway.access.schemas import Visitor
from gateway.audit.api import Now
from gateway.embeds import repository, usecases
from gateway.embeds.schemas import (
    EmbedClientView,
    EmbedToken,
    NewEmbedClient,
    NewEmbedToken,
    TodoCount,
)
from gateway.portal.api.pages import services_for
from gateway.portal.queries.services import read_answer
from shared.kit.admin import Db
from shared.kit.idempotency import unkeyed
from shared.kit.identity import NotAllowedError
from shared.kit.strict_json import StrictJsonRoute

router = APIRouter(prefix="/api/gateway/v1", tags=["embed 嵌入"], route_class=StrictJsonRoute)

Administrator = Annotated[Visitor, Depends(allowed("gateway:write"))]
Overseer = Annotated[Visitor, Depends(allowed("gateway:read"))]


@router.post("/embed/clients", status_code=201, summary="登记嵌入方：来源、部件、令牌时长")
async def make_embed_client(
    body: NewEmbedClient, db: Db, now: Now, _: Administrator
) -> EmbedClientView:
    async with db.transaction() as tx:
        return EmbedClientView.of(await usecases.add_client(tx, body, now))


@router.get("/embed/clients", summary="嵌入方列表")
async def list_embed_clients(
    db: Db,
    _: Overseer,
    ended: Annotated[bool, Query()] = False,  # noqa: FBT002 — a query parameter
) -> list[EmbedClientView]:
    async with db.transaction() as tx:
        return [EmbedClientView.of(each) for each in await repository.list_clients(tx, ended=ended)]


@router.delete("/embed/clients/{client_id}", status_code=204, summary="停用嵌入方")
async def end_embed_client(client_id: UUID, db: Db, now: Now, _: Administrator) -> None:
    async with db.transaction() as tx:
        await usecases.end_client(tx, client_id, now)


@router.post("/embed/tokens", status_code=201, summary="门户后端为某人换取嵌入令牌")
@unkeyed
async def give_embed_token(body: NewEmbedToken, db: Db, now: Now, visitor: SignedIn) -> EmbedToken:
    """Give a token: the person's own rights, and none that the asking system has not.

    A system asks, by its key or a token of ``/oauth/token``; never a browser.
    """
    if visitor.by == "session":
        raise NotAllowedError(
            "嵌入令牌由门户后端以密钥换取", "embed tokens are for systems that show a key"
        )
    async with db.transaction() as tx:
        return await usecases.give_token(tx, visitor.caller, body, now)


@router.get("/me/todo-count", summary="我的待办数量（门户角标）")
async def count_todo(request: Request, visitor: SignedInQuietly) -> TodoCount:
    answer = await services_for(request, visitor).get("spiral", "work-items/counts")
    return read_answer(TypeAdapter(TodoCount), "spiral", answer)
