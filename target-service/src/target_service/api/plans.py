"""Plans over REST."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response

from shared.kit.etags import etag_of
from shared.kit.openapi import also_there
from shared.kit.strict_json import StrictJsonRoute
from target_service import queries, usecases
from target_service.api.saving import (
    READER,
    Acts,
    Db,
    SavesOwn,
    Wanted,
    add_withdrawal,
    answer_list,
    hear_of,
)
from target_service.api.seen import OF_A_PLAN
from target_service.domain.plans import PlanKind, PlanStep
from target_service.domain.standing import check_own_plan
from target_service.schemas import (
    GoalFilter,
    GoalNode,
    PlanBody,
    PlanDetail,
    PlanFilter,
    PlanView,
    examples,
)
from target_service.schemas.common import Key

KeyPath = Annotated[Key, Path(examples=[examples.PLAN["key"]])]
router = APIRouter(route_class=StrictJsonRoute, dependencies=OF_A_PLAN)

TAG: Final = "plans 规划"
_STEPS: Final = {
    PlanStep.SUBMIT: "规划：提交",
    PlanStep.APPROVE: "规划：批准",
    PlanStep.REJECT: "规划：退回",
}


@router.post(
    "/plans",
    status_code=201,
    summary="规划：新建或修改",
    tags=[TAG],
    responses=also_there(PlanView),
)
async def put_plan(body: PlanBody, saving: SavesOwn) -> PlanView:
    """Who takes part without ``target:write`` writes his own personal plan alone."""
    if saving.own:  # first of all: how long it takes tells nobody which scopes there are
        check_own_plan(saving.own, body.scope, is_personal=body.kind is PlanKind.PERSONAL)
    await hear_of(saving.db, body.scope, None)
    put = partial(usecases.put_plan, by=saving.caller.subject, own=saving.own)
    return await saving.save("plans", body, put, PlanView.model_validate)


@router.get("/plans", summary="规划列表", tags=[TAG], dependencies=READER)
async def list_plans(
    response: Response, db: Db, wanted: Wanted, only: Annotated[PlanFilter, Query()]
) -> list[PlanView]:
    async with db.transaction() as tx:
        listed = await queries.list_plans(tx, wanted, only)
    return answer_list(response, wanted, listed)


@router.get(
    "/plans/{key:path}/goals", summary="规划的目标，逐层展开", tags=[TAG], dependencies=READER
)
async def list_goals_of_plan(
    key: KeyPath,
    response: Response,
    db: Db,
    wanted: Wanted,
    parent: Annotated[str, Query(max_length=400)] = queries.ROOTS,
) -> list[GoalNode]:
    """Without ``parent``: the goals of the plan that are parts of no goal; else its children."""
    only = GoalFilter(plan=key, parent=parent)
    async with db.transaction() as tx:
        await queries.get_plan(tx, key, None)
        listed = await queries.list_goals(tx, wanted, only)
    return answer_list(response, wanted, listed)


def _add_step(step: PlanStep, summary: str) -> None:
    async def handle(key: KeyPath, acting: Acts) -> PlanView:
        async with acting.transaction() as tx:
            row = await usecases.take_plan_step(tx, key, step, acting.turn())
            acting.answer(row.version)
            return PlanView.model_validate(row)

    router.post(
        f"/plans/{{key:path}}/{step.value}", summary=summary, tags=[TAG], name=f"{step.value}_plan"
    )(handle)


for _step, _summary in _STEPS.items():
    _add_step(_step, _summary)


@router.get("/plans/{key:path}", summary="规划及其版本", tags=[TAG], dependencies=READER)
async def get_plan(
    key: KeyPath,
    db: Db,
    response: Response,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> PlanDetail:
    async with db.transaction() as tx:
        plan = await queries.get_plan(tx, key, version)
    response.headers["ETag"] = etag_of(plan.version)
    return plan


add_withdrawal(
    router,
    TAG,
    "规划：撤回",
    usecases.withdraw_plan,
    "Only where no goal and no plan belongs to it (409 in-use names them).",
)
