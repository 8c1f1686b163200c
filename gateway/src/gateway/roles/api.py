"""Roles over HTTP: who holds which, lending one's own, what the places of a body give."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from gateway.access.api import Door, SignedIn, allowed
from gateway.access.schemas import Visitor
from gateway.audit.api import Now
from gateway.roles import queries, usecases
from gateway.roles.domain.deriving import Place
from gateway.roles.schemas import (
    BodyRules,
    BodyView,
    GrantView,
    NewDelegation,
    NewGrant,
    Person,
    Role,
)
from shared.contracts.vocabulary import ScopeKey
from shared.kit.admin import Db
from shared.kit.identity import NotAllowedError
from shared.kit.paging import Page, page
from shared.kit.strict_json import StrictJsonRoute

router = APIRouter(prefix="/api/gateway/v1", tags=["roles 角色"], route_class=StrictJsonRoute)

Administrator = Annotated[Visitor, Depends(allowed("gateway:write"))]
Overseer = Annotated[Visitor, Depends(allowed("gateway:read"))]


@router.get("/grants", summary="授权：谁在哪个对象上有什么角色")
async def list_grants(
    db: Db,
    wanted: Annotated[Page, Depends(page)],
    _: Overseer,
    person: Annotated[Person | None, Query()] = None,
    scope: Annotated[ScopeKey | None, Query()] = None,
    role: Annotated[Role | None, Query()] = None,
    revoked: Annotated[bool, Query()] = False,  # noqa: FBT002 — a query parameter
) -> list[GrantView]:
    async with db.transaction() as tx:
        return await queries.list_grants(
            tx,
            person=person,
            scope=scope,
            role=role,
            revoked=revoked,
            limit=wanted.limit,
            offset=wanted.offset,
        )


@router.post("/grants", status_code=201, summary="授予角色")
async def grant_role(body: NewGrant, db: Db, door: Door, now: Now, _: Administrator) -> GrantView:
    async with db.transaction(correlation=now.request) as tx:
        row = await usecases.grant(tx, body, now)
        await tx.session.refresh(row)
        view = GrantView.model_validate(row, from_attributes=True)
    door.forget_person(body.person)
    return view


@router.delete("/grants/{grant_id}", status_code=204, summary="收回角色")
async def revoke_role(grant_id: UUID, db: Db, door: Door, now: Now, _: Administrator) -> None:
    async with db.transaction(correlation=now.request) as tx:
        person = await usecases.take_back(tx, grant_id, now, may_all=True, lent_only=False)
    door.forget_person(person)


@router.get("/delegations", summary="我的委托：借出与借入的角色")
async def list_delegations(db: Db, visitor: SignedIn) -> list[GrantView]:
    async with db.transaction() as tx:
        return await queries.delegations_of(tx, visitor.caller.subject)


@router.post("/delegations", status_code=201, summary="委托自己的角色（限期）")
async def lend_role(
    body: NewDelegation, db: Db, door: Door, visitor: SignedIn, now: Now
) -> GrantView:
    if visitor.by != "session":
        raise NotAllowedError("委托须本人登录", "to lend a role, sign in yourself")
    async with db.transaction(correlation=now.request) as tx:
        row = await usecases.lend(tx, body, visitor.held, now)
        await tx.session.refresh(row)
        view = GrantView.model_validate(row, from_attributes=True)
    door.forget_person(body.to)
    return view


@router.delete("/delegations/{grant_id}", status_code=204, summary="结束委托")
async def end_delegation(grant_id: UUID, db: Db, door: Door, visitor: SignedIn, now: Now) -> None:
    may_all = visitor.caller.may("gateway:write")
    async with db.transaction(correlation=now.request) as tx:
        person = await usecases.take_back(tx, grant_id, now, may_all=may_all, lent_only=True)
    door.forget_person(person)


@router.get("/bodies", summary="机构及其职位所给的角色")
async def list_bodies(db: Db, _: Overseer) -> list[BodyView]:
    async with db.transaction() as tx:
        return await queries.list_bodies(tx)


@router.post("/bodies/{body_id}/rules", status_code=204, summary="机构的职位给哪些角色（整体替换）")
async def put_body_rules(
    body_id: str, body: BodyRules, db: Db, door: Door, now: Now, _: Administrator
) -> None:
    places = [Place(each.place, each.role, each.scope) for each in body.rules]
    async with db.transaction(correlation=now.request) as tx:
        changed = await usecases.put_rules(tx, body_id, places, now)
    for person in changed:
        door.forget_person(person)
