"""Selectors over REST."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from shared.kit.clock import now
from shared.kit.etags import Expect, etag_of
from shared.kit.openapi import also_there
from shared.kit.strict_json import StrictJsonRoute
from target_service import queries, usecases
from target_service.api.saving import (
    READER,
    WRITER,
    Db,
    Judging,
    KeyPath,
    OfIndicator,
    Saves,
    Wanted,
    answer_list,
    hear_of,
)
from target_service.repository.rehearsing import undone
from target_service.schemas.selectors import SelectionView, SelectorBody, SelectorView

router = APIRouter(route_class=StrictJsonRoute)

TAGS: Final[list[Any]] = ["selectors 选择器"]


@router.post(
    "/selectors",
    status_code=201,
    summary="选择器：新建或修改，dryRun=true 只预览",
    description="Binds the indicator to every scope that it chooses. A dry run takes the same path"
    " and is rolled back: it tells which scopes are chosen, and how each would be judged.",
    tags=TAGS,
    responses=also_there(SelectionView),
)
async def put_selector(
    body: SelectorBody,
    saving: Saves,
    dry_run: Annotated[bool, Query(alias="dryRun")] = False,  # noqa: FBT002 — a query parameter
) -> SelectionView:
    await hear_of(saving.db, None, body.indicator)
    transaction = saving.db.transaction(correlation=saving.request.state.request_id)
    async with transaction as tx, undone(tx, when=dry_run):
        put, selection = await usecases.put_selector(tx, body, saving.expect, now(), saving.rules)
        view = await queries.view_selection(tx, put.row, selection, dry_run=dry_run)
        if not dry_run:
            saving.answer("selectors", put)
    if dry_run:
        saving.response.status_code = 200
    return view


@router.get("/selectors", summary="选择器列表", tags=TAGS, dependencies=READER)
async def list_selectors(
    response: Response, db: Db, wanted: Wanted, indicator: OfIndicator = None
) -> list[SelectorView]:
    async with db.transaction() as tx:
        listed = await queries.list_selectors(tx, wanted, indicator=indicator)
    return answer_list(response, wanted, listed)


@router.get("/selectors/{key:path}", summary="选择器", tags=TAGS, dependencies=READER)
async def get_selector(key: KeyPath, db: Db, response: Response) -> SelectorView:
    async with db.transaction() as tx:
        selector = await queries.get_selector(tx, key)
    response.headers["ETag"] = etag_of(selector.version)
    return selector


@router.delete(
    "/selectors/{key:path}",
    status_code=204,
    summary="选择器：撤回",
    description="With all bindings that it made; another selector may take their cells.",
    tags=TAGS,
    dependencies=WRITER,
)
async def withdraw_selector(
    key: KeyPath, request: Request, db: Db, expect: Expect, rules: Judging
) -> None:
    async with db.transaction(correlation=request.state.request_id) as tx:
        await usecases.withdraw_selector(tx, key, expect, now(), rules)
