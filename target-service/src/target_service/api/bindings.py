"""Bindings over REST."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from shared.kit.clock import now
from shared.kit.etags import Expect, etag_of
from shared.kit.known import wait_until_known
from shared.kit.openapi import also_there
from shared.kit.strict_json import StrictJsonRoute
from target_service import queries, usecases
from target_service.api.saving import (
    READER,
    WRITER,
    Db,
    Judging,
    KeyPath,
    Saves,
    Wanted,
    answer_list,
)
from target_service.schemas import BindingBody, BindingDetail, BindingFilter, BindingView

router = APIRouter(route_class=StrictJsonRoute)


@router.post(
    "/bindings",
    status_code=201,
    summary="绑定：新建或修改",
    tags=["bindings 绑定"],
    responses=also_there(BindingView),
)
async def put_binding(body: BindingBody, saving: Saves) -> BindingView:
    await wait_until_known(saving.db, lambda tx: usecases.knows_what_is_bound(tx, body))
    return await saving.save("bindings", body, usecases.put_binding, queries.read_binding)


@router.get("/bindings", summary="绑定列表", tags=["bindings 绑定"], dependencies=READER)
async def list_bindings(
    response: Response,
    db: Db,
    wanted: Wanted,
    filter_: Annotated[BindingFilter, Query()],
) -> list[BindingView]:
    async with db.transaction() as tx:
        listed = await queries.list_bindings(tx, wanted, filter_)
    return answer_list(response, wanted, listed)


@router.get(
    "/bindings/{key:path}", summary="绑定及其达成", tags=["bindings 绑定"], dependencies=READER
)
async def get_binding(key: KeyPath, db: Db, response: Response) -> BindingDetail:
    async with db.transaction() as tx:
        binding = await queries.get_binding(tx, key)
    response.headers["ETag"] = etag_of(binding.version)
    return binding


@router.delete(
    "/bindings/{key:path}",
    status_code=204,
    summary="绑定：撤回",
    description="It judges no more, its open alert ends (withdrawn); the same key may be put anew."
    " What a selector made is excluded there (409 held-by-selector).",
    tags=["bindings 绑定"],
    dependencies=WRITER,
)
async def withdraw_binding(
    key: KeyPath, request: Request, db: Db, expect: Expect, rules: Judging
) -> None:
    async with db.transaction(correlation=request.state.request_id) as tx:
        await usecases.withdraw_binding(tx, key, expect, now(), rules)
