"""API keys over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends

from gateway.access.api import Door, allowed
from gateway.access.schemas import Visitor
from gateway.audit.api import Now
from gateway.identity import queries
from gateway.identity.schemas import KeyView, MadeKey, NewKey, Rotation
from gateway.identity.usecases import keys
from shared.kit.admin import Db
from shared.kit.idempotency import unkeyed
from shared.kit.strict_json import StrictJsonRoute

router = APIRouter(prefix="/api/gateway/v1", tags=["identity 身份"], route_class=StrictJsonRoute)

Administrator = Annotated[Visitor, Depends(allowed("gateway:write"))]
Overseer = Annotated[Visitor, Depends(allowed("gateway:read"))]


@router.post("/keys", status_code=201, summary="新建 API 密钥（只显示一次）")
@unkeyed
async def make_key(body: NewKey, db: Db, visitor: Administrator, now: Now) -> MadeKey:
    async with db.transaction() as tx:
        return await keys.make_key(tx, body, visitor.caller, now)


@router.get("/keys", summary="API 密钥列表")
async def list_keys(db: Db, _: Overseer) -> list[KeyView]:
    async with db.transaction() as tx:
        return await queries.list_keys(tx)


@router.post("/keys/{key_id}/rotation", status_code=201, summary="轮换：新密钥，旧的在重叠期后失效")
@unkeyed
async def rotate_key(
    key_id: str, body: Rotation, db: Db, door: Door, visitor: Administrator, now: Now
) -> MadeKey:
    async with db.transaction() as tx:
        made = await keys.rotate_key(tx, key_id, body.overlap_hours, visitor.caller, now)
    door.forget_key(key_id)
    return made


@router.delete("/keys/{key_id}", status_code=204, summary="吊销 API 密钥")
async def revoke_key(key_id: str, db: Db, door: Door, now: Now, _: Administrator) -> None:
    async with db.transaction() as tx:
        await keys.revoke_key(tx, key_id, now)
    door.forget_key(key_id)
