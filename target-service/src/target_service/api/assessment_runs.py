"""Assessment runs over REST: steps, what is handed in, objections, decisions."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from shared.contracts.vocabulary import PeriodKey
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.depending import made
from shared.kit.etags import Expect, etag_of
from shared.kit.identity import Caller
from shared.kit.openapi import also_there
from shared.kit.strict_json import StrictJsonRoute
from target_service.api.acting import TakesPart, actor_of
from target_service.api.assessors import Official, Reads
from target_service.api.saving import READER, Db, Saves, Wanted, Writer, answer_list
from target_service.domain.assessing.runs import Act, RunState, Step
from target_service.queries import assessments as queries
from target_service.schemas.assessment_views import (
    ActView,
    ObjectionView,
    RunDetail,
    RunView,
    TakenView,
)
from target_service.schemas.assessments import (
    AnswerBody,
    DecisionsBody,
    MarksBody,
    ObjectionBody,
    PublicationBody,
    RunBody,
    StepBody,
    TalliesBody,
    Word,
)
from target_service.usecases import assessing
from target_service.usecases.assessing import Clerk

router = APIRouter(route_class=StrictJsonRoute)

TAGS: Any = ["assessments 考核"]
RunKey = Annotated[Word, Path()]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@dataclass(frozen=True, slots=True)
class Doing:
    """What a step of a run needs."""

    request: Request
    response: Response
    db: Db
    expect: Expect

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Open the transaction of the request."""
        return self.db.transaction(correlation=self.request.state.request_id)

    async def step(self, key: str, step: Step, reason: str, caller: Caller) -> RunView:
        """Take a run one step on."""
        act = Act(step=step, reason=reason, by=caller.subject, at=now())
        async with self.transaction() as tx:
            run = await assessing.take_step(tx, key, act, self.expect)
            self.response.headers["ETag"] = etag_of(run.version)
            return RunView.model_validate(run)


Does = Annotated[Doing, Depends(made(Doing))]


@router.post(
    "/assessment-runs",
    status_code=201,
    summary="考核轮次：建立",
    tags=TAGS,
    responses=also_there(RunView),
)
async def put_assessment_run(body: RunBody, saving: Saves) -> RunView:
    put = partial(assessing.open_run, by=saving.caller.subject)
    return await saving.save("assessment-runs", body, put, RunView.model_validate)


@router.get("/assessment-runs", summary="考核轮次列表", tags=TAGS, dependencies=READER)
async def list_assessment_runs(
    response: Response,
    db: Db,
    wanted: Wanted,
    scheme: Annotated[Word | None, Query()] = None,
    state: Annotated[RunState | None, Query()] = None,
    period: Annotated[PeriodKey | None, Query()] = None,
) -> list[RunView]:
    async with db.transaction() as tx:
        listed = await queries.list_runs(tx, wanted, scheme=scheme, state=state, period=period)
    return answer_list(response, wanted, listed)


@router.get(
    "/assessment-runs/{key}",
    summary="考核轮次的进展，以及尚不能公布的原因",
    tags=TAGS,
)
async def get_assessment_run(key: RunKey, db: Db, response: Response, reader: Reads) -> RunDetail:
    async with db.transaction() as tx:
        run = await queries.get_run(tx, key, now(), assessing.blocking, reader)
    # No 304: marks and objections come without a new version.
    response.headers["ETag"] = etag_of(run.version)
    return run


@router.post("/assessment-runs/{key}/steps", summary="考核轮次：下一步", tags=TAGS)
async def step_assessment_run(key: RunKey, body: StepBody, doing: Does, caller: Writer) -> RunView:
    return await doing.step(key, body.step, body.reason, caller)


@router.post(
    "/assessment-runs/{key}/publication", summary="公布考核结果（建立人以外的人）", tags=TAGS
)
async def publish_assessment_run(
    key: RunKey, body: PublicationBody, doing: Does, caller: Official
) -> RunView:
    return await doing.step(key, Step.PUBLISH, body.reason, caller)


@router.post("/assessment-runs/{key}/marks", summary="提交评分", tags=TAGS)
async def mark_in_assessment(
    key: RunKey, body: MarksBody, request: Request, db: Db, caller: TakesPart
) -> TakenView:
    """Without ``target:write``: one's own mark of oneself, or as the leader of who is marked."""
    clerk = Clerk(actor=actor_of(caller), hands_in_all=caller.may("target:write"))
    async with db.transaction(correlation=request.state.request_id) as tx:
        await assessing.take_marks(tx, key, body, now(), clerk)
    return TakenView(taken=len(body.marks))


@router.post("/assessment-runs/{key}/tallies", summary="登记事件、奖项、级别", tags=TAGS)
async def tally_in_assessment(
    key: RunKey, body: TalliesBody, request: Request, db: Db, caller: Writer
) -> TakenView:
    async with db.transaction(correlation=request.state.request_id) as tx:
        await assessing.take_tallies(tx, key, body, now(), caller.subject)
    return TakenView(taken=len(body.tallies))


@router.post("/assessment-runs/{key}/objections", status_code=201, summary="提出异议", tags=TAGS)
async def object_to_assessment(
    key: RunKey, body: ObjectionBody, request: Request, db: Db, reader: Reads
) -> ObjectionView:
    async with db.transaction(correlation=request.state.request_id) as tx:
        row = await assessing.object_to(tx, key, body, now(), reader)
        return ObjectionView.model_validate(row)


@router.get("/assessment-runs/{key}/objections", summary="异议与答复", tags=TAGS)
async def list_assessment_objections(key: RunKey, db: Db, reader: Reads) -> list[ObjectionView]:
    async with db.transaction() as tx:
        return await queries.list_objections(tx, key, reader)


@router.post(
    "/assessment-runs/{key}/objections/{number}/answer",
    summary="答复异议（提出人以外的人）",
    tags=TAGS,
)
async def answer_assessment_objection(
    key: RunKey, number: Number, body: AnswerBody, request: Request, db: Db, caller: Official
) -> ObjectionView:
    async with db.transaction(correlation=request.state.request_id) as tx:
        row = await assessing.answer(tx, key, number, body, now(), caller.subject)
        return ObjectionView.model_validate(row)


@router.post("/assessment-runs/{key}/decisions", summary="对提名、并列、红黄牌作出决定", tags=TAGS)
async def decide_in_assessment(
    key: RunKey, body: DecisionsBody, request: Request, db: Db, caller: Official
) -> RunView:
    async with db.transaction(correlation=request.state.request_id) as tx:
        run = await assessing.decide(tx, key, body, now(), caller.subject)
        return RunView.model_validate(run)


@router.get("/assessment-runs/{key}/acts", summary="审计：谁在何时做了什么", tags=TAGS)
async def list_assessment_acts(key: RunKey, db: Db, reader: Reads) -> list[ActView]:
    async with db.transaction() as tx:
        return await queries.list_acts(tx, key, reader)
