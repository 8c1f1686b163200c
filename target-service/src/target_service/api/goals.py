"""Goals over REST."""

from fastapi import APIRouter, Response

from shared.kit.etags import etag_of
from shared.kit.strict_json import StrictJsonRoute
from target_service import queries, usecases
from target_service.api.saving import (
    READER,
    AsOf,
    Db,
    KeyPath,
    OfIndicator,
    OfScope,
    Saves,
    Wanted,
    add_withdrawal,
    answer_list,
    hear_of,
)
from target_service.schemas import GoalBody, GoalDetail, GoalView

router = APIRouter(route_class=StrictJsonRoute)


@router.post("/goals", status_code=201, summary="目标：新建或修改", tags=["goals 目标"])
async def put_goal(body: GoalBody, saving: Saves) -> GoalView:
    await hear_of(saving.db, body.scope, body.indicator)
    return await saving.save("goals", body, usecases.put_goal, GoalView.model_validate)


@router.get("/goals", summary="目标列表", tags=["goals 目标"], dependencies=READER)
async def list_goals(
    response: Response,
    db: Db,
    wanted: Wanted,
    scope: OfScope = None,
    indicator: OfIndicator = None,
) -> list[GoalView]:
    async with db.transaction() as tx:
        listed = await queries.list_goals(tx, wanted, scope=scope, indicator=indicator)
    return answer_list(response, wanted, listed)


@router.get("/goals/{key:path}", summary="目标及其达成", tags=["goals 目标"], dependencies=READER)
async def get_goal(key: KeyPath, db: Db, response: Response, as_of: AsOf = None) -> GoalDetail:
    async with db.transaction() as tx:
        goal = await queries.get_goal(tx, key, as_of)
    # No 304: the attainments inside change without a new version of the goal.
    response.headers["ETag"] = etag_of(goal.version)
    return goal


add_withdrawal(
    router,
    "goals 目标",
    "目标：撤回",
    usecases.withdraw_goal,
    "Only where no binding uses it (409 in-use names them); it stays readable by its key.",
)
