"""Standards over REST."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from shared.kit.etags import unless_not_modified
from shared.kit.strict_json import StrictJsonRoute
from target_service import queries, usecases
from target_service.api.saving import (
    READER,
    Db,
    KeyPath,
    OfIndicator,
    Saves,
    Wanted,
    add_withdrawal,
    answer_list,
    hear_of,
)
from target_service.schemas import StandardBody, StandardView

router = APIRouter(route_class=StrictJsonRoute)


@router.post("/standards", status_code=201, summary="标准：批准新版本", tags=["standards 标准"])
async def put_standard(body: StandardBody, saving: Saves) -> StandardView:
    await hear_of(saving.db, None, body.indicator)
    put = partial(usecases.put_standard, approver=saving.caller.subject)
    return await saving.save("standards", body, put, StandardView.model_validate)


@router.get("/standards", summary="标准列表", tags=["standards 标准"], dependencies=READER)
async def list_standards(
    response: Response, db: Db, wanted: Wanted, indicator: OfIndicator = None
) -> list[StandardView]:
    async with db.transaction() as tx:
        listed = await queries.list_standards(tx, wanted, indicator=indicator)
    return answer_list(response, wanted, listed)


@router.get(
    "/standards/{key:path}",
    summary="标准的一个版本",
    tags=["standards 标准"],
    dependencies=READER,
    response_model=StandardView,
)
async def get_standard(
    key: KeyPath,
    db: Db,
    request: Request,
    response: Response,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Any:
    async with db.transaction() as tx:
        standard = await queries.get_standard(tx, key, version)
    if standard.withdrawn_at:
        return standard
    return unless_not_modified(request, response, standard.version) or standard


add_withdrawal(
    router,
    "standards 标准",
    "标准：撤回",
    usecases.withdraw_standard,
    "With all its versions, only where no binding uses it (409 in-use names them).",
)
