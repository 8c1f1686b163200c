"""Goals over REST: the tree a level at a time, how goals are divided, handed on and published."""

from functools import partial
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from shared.kit.clock import now
from shared.kit.etags import etag_of
from shared.kit.openapi import also_there
from shared.kit.strict_json import StrictJsonRoute
from target_service import queries, usecases
from target_service.api.acting import TakesPart
from target_service.api.saving import (
    READER,
    Acting,
    Acts,
    AsOf,
    Db,
    Saves,
    SeenDb,
    Wanted,
    add_withdrawal,
    answer_list,
    hear_of,
)
from target_service.api.seen import OF_A_GOAL
from target_service.domain.distribution import Step
from target_service.schemas import (
    CommentBody,
    CommentView,
    Coverage,
    DecomposeBody,
    DecompositionView,
    Finding,
    GoalBody,
    GoalDetail,
    GoalFilter,
    GoalNode,
    GoalView,
    NoteBody,
    ReasonBody,
    TransferRate,
    WaiverBody,
    examples,
)
from target_service.schemas.common import Key

KeyPath = Annotated[Key, Path(examples=[examples.GOAL["key"]])]
router = APIRouter(route_class=StrictJsonRoute, dependencies=OF_A_GOAL)

TAG: Final = "goals 目标"
_NO_NOTE: Final = NoteBody()
_STEPS: Final = {
    Step.DISTRIBUTE: "目标：下达",
    Step.ACCEPT: "目标：接受",
    Step.SIGN: "目标：签订",
    Step.PUBLISH: "目标：发布",
}


@router.post(
    "/goals",
    status_code=201,
    summary="目标：新建或修改",
    tags=[TAG],
    responses=also_there(GoalView),
)
async def put_goal(body: GoalBody, saving: Saves) -> GoalView:
    await hear_of(saving.db, body.scope, body.indicator)
    put = partial(usecases.put_goal, by=saving.caller.subject)
    return await saving.save("goals", body, put, GoalView.model_validate)


@router.get("/goals", summary="目标列表；parent 逐层展开", tags=[TAG], dependencies=READER)
async def list_goals(
    response: Response, db: Db, wanted: Wanted, only: Annotated[GoalFilter, Query()]
) -> list[GoalNode]:
    async with db.transaction() as tx:
        listed = await queries.list_goals(tx, wanted, only)
    return answer_list(response, wanted, listed)


@router.get("/goals/lint", summary="目标体检：悬空、无源、破五唯", tags=[TAG], dependencies=READER)
async def lint_goals(
    request: Request,
    response: Response,
    db: Db,
    wanted: Wanted,
    rule: Literal["hanging", "rootless", "papers-only"] | None = None,
) -> list[Finding]:
    papers: frozenset[str] = request.app.state.papers_and_titles
    async with db.transaction() as tx:
        listed = await queries.list_findings(tx, wanted, papers, rule)
    return answer_list(response, wanted, listed)


@router.get("/goals/transfer", summary="各层面目标传导率", tags=[TAG], dependencies=READER)
async def list_transfer_rates(db: Db) -> list[TransferRate]:
    async with db.transaction() as tx:
        return await queries.list_transfer_rates(tx)


@router.get("/coverage", summary="五纵五横：目标与任务的覆盖", tags=[TAG], dependencies=READER)
async def get_coverage(db: Db) -> Coverage:
    async with db.transaction() as tx:
        return await queries.get_coverage(tx)


@router.get(
    "/goals/{key:path}/decomposition", summary="目标分解与余量", tags=[TAG], dependencies=READER
)
async def get_decomposition(key: KeyPath, db: Db) -> DecompositionView:
    async with db.transaction() as tx:
        return await queries.get_decomposition(tx, key)


@router.post("/goals/{key:path}/decompose", summary="目标：一次分解给全部下级", tags=[TAG])
async def decompose_goal(
    key: KeyPath, body: DecomposeBody, acting: Acts, db: SeenDb
) -> DecompositionView:
    async with db.transaction(correlation=acting.request.state.request_id) as tx:
        row = await usecases.decompose_goal(tx, key, body, acting.turn(), acting.rules)
        acting.answer(row.version)
        return await queries.get_decomposition(tx, key)


@router.get("/goals/{key:path}/comments", summary="目标的意见", tags=[TAG], dependencies=READER)
async def list_comments(key: KeyPath, db: Db) -> list[CommentView]:
    async with db.transaction() as tx:
        return await queries.list_comments(tx, key)


@router.post("/goals/{key:path}/comments", status_code=201, summary="目标：提意见", tags=[TAG])
async def comment_on_goal(
    key: KeyPath, body: CommentBody, request: Request, db: SeenDb, caller: TakesPart
) -> CommentView:
    async with db.transaction(correlation=request.state.request_id) as tx:
        await queries.check_goal(tx, key)
        said = await usecases.comment_on_goal(tx, key, body.text, now(), caller.subject)
        return CommentView.model_validate(said)


@router.post("/goals/{key:path}/waivers", summary="目标：豁免 SMART 一项", tags=[TAG])
async def waive_letter(key: KeyPath, body: WaiverBody, acting: Acts) -> GoalView:
    async with acting.transaction() as tx:
        row = await usecases.waive_letter(tx, key, body.letter, body.reason, acting.turn())
        acting.answer(row.version)
        return GoalView.model_validate(row)


@router.post("/goals/{key:path}/negotiate", summary="目标：协商", tags=[TAG])
async def negotiate_goal(key: KeyPath, body: ReasonBody, acting: Acts) -> GoalView:
    return await _take(key, Step.NEGOTIATE, body.note, acting)


def _add_step(step: Step, summary: str) -> None:
    async def handle(key: KeyPath, acting: Acts, body: NoteBody = _NO_NOTE) -> GoalView:
        return await _take(key, step, body.note, acting)

    router.post(
        f"/goals/{{key:path}}/{step.value}",
        summary=summary,
        tags=[TAG],
        name=f"{step.value}_goal",
    )(handle)


for _step, _summary in _STEPS.items():
    _add_step(_step, _summary)


@router.get("/goals/{key:path}", summary="目标及其达成", tags=[TAG], dependencies=READER)
async def get_goal(
    key: KeyPath,
    db: Db,
    response: Response,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    as_of: AsOf = None,
) -> GoalDetail:
    """What it says and how it stands: now, on a day (`asOf`), or in an older `version`."""
    async with db.transaction() as tx:
        goal = await queries.get_goal(tx, key, version, as_of)
    # No 304: the attainments inside change without a new version of the goal.
    response.headers["ETag"] = etag_of(goal.version)
    return goal


add_withdrawal(
    router,
    TAG,
    "目标：撤回",
    usecases.withdraw_goal,
    "Only where no binding uses it and no goal is a part of it (409 in-use names them); it stays"
    " readable by its key.",
)


async def _take(key: str, step: Step, note: str, acting: Acting) -> GoalView:
    async with acting.transaction() as tx:
        row = await usecases.take_step(tx, key, step, note, acting.turn())
        acting.answer(row.version)
        return GoalView.model_validate(row)
