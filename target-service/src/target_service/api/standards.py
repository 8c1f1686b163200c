"""Standards over REST."""

from enum import Enum
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from shared.contracts.vocabulary import PeriodKey
from shared.kit.clock import now
from shared.kit.etags import Expect, etag_of, unless_not_modified
from shared.kit.identity import Caller, require
from shared.kit.openapi import also_there
from shared.kit.strict_json import StrictJsonRoute
from target_service import queries, usecases
from target_service.api.saving import (
    READER,
    Db,
    Judging,
    Saves,
    Wanted,
    Writer,
    answer_list,
    hear_of,
)
from target_service.domain.standards import Decider, Decision
from target_service.schemas import (
    ComparisonView,
    DecisionBody,
    LintView,
    StandardBody,
    StandardFilter,
    StandardView,
    SupportView,
    examples,
)
from target_service.schemas.common import Key

KeyPath = Annotated[Key, Path(examples=[examples.STANDARD["key"]])]
router = APIRouter(route_class=StrictJsonRoute)

TAGS: Final[list[str | Enum]] = ["standards 标准"]
Approver = Annotated[Caller, Depends(require("target:approve"))]
OneVersion = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@router.post(
    "/standards",
    status_code=201,
    summary="标准：新版本",
    tags=TAGS,
    responses=also_there(StandardView),
)
async def put_standard(body: StandardBody, saving: Saves) -> StandardView:
    await hear_of(saving.db, body.scope, body.indicator)
    put = partial(usecases.put_standard, author=saving.caller.subject)
    return await saving.save("standards", body, put, StandardView.model_validate)


@router.post("/standards/{key:path}/decision", summary="标准：批准或退回待批准的稿", tags=TAGS)
async def decide_standard(  # noqa: PLR0913, PLR0917 — what the edge has to know
    key: KeyPath,
    body: DecisionBody,
    request: Request,
    response: Response,
    db: Db,
    rules: Judging,
    expect: Expect,
    caller: Approver,
) -> StandardView:
    decider = Decider(
        subject=caller.subject,
        roles=caller.roles,
        is_everywhere=caller.may("target:every-scope"),
    )
    approves = body.decision == "approve"
    decision = Decision(approves=approves, reason=body.reason, decider=decider)
    async with db.transaction(correlation=request.state.request_id) as tx:
        row = await usecases.decide_standard(tx, key, decision, expect, now(), rules)
        response.headers["ETag"] = etag_of(row.version)
        return StandardView.model_validate(row)


@router.get("/standards", summary="标准列表", tags=TAGS, dependencies=READER)
async def list_standards(
    response: Response, db: Db, wanted: Wanted, only: Annotated[StandardFilter, Query()]
) -> list[StandardView]:
    async with db.transaction() as tx:
        listed = await queries.list_standards(tx, wanted, only)
    return answer_list(response, wanted, listed)


@router.get(
    "/standards/{key:path}/compare",
    summary="标准两个版本逐项比较",
    tags=TAGS,
    dependencies=READER,
)
async def compare_standards(
    key: KeyPath,
    db: Db,
    before: Annotated[int, Query(alias="from", ge=1, le=2**31 - 1)],
    after: Annotated[int, Query(alias="to", ge=1, le=2**31 - 1)],
) -> ComparisonView:
    async with db.transaction() as tx:
        return await queries.compare_standards(tx, key, before, after)


@router.get(
    "/standards/{key:path}/lint",
    summary="人才培养方案：学时、实践、公共基础、选修检查",
    tags=TAGS,
    dependencies=READER,
)
async def lint_standard(key: KeyPath, db: Db, version: OneVersion = None) -> LintView:
    async with db.transaction() as tx:
        return await queries.lint_standard(tx, key, version)


@router.get(
    "/standards/{key:path}/support",
    summary="人才培养方案：课程支撑毕业要求达成度",
    tags=TAGS,
    dependencies=READER,
)
async def get_support(
    key: KeyPath, period: PeriodKey, db: Db, rules: Judging, version: OneVersion = None
) -> SupportView:
    async with db.transaction() as tx:
        return await queries.get_support(tx, key, version, period, rules.minimum_coverage)


@router.get(
    "/standards/{key:path}",
    summary="标准的一个版本",
    tags=TAGS,
    dependencies=READER,
    response_model=StandardView,
)
async def get_standard(
    key: KeyPath, db: Db, request: Request, response: Response, version: OneVersion = None
) -> Any:
    async with db.transaction() as tx:
        standard = await queries.get_standard(tx, key, version)
    if standard.withdrawn_at or standard.state != "approved":
        response.headers["ETag"] = etag_of(standard.version)
        return standard
    return unless_not_modified(request, response, standard.version) or standard


@router.delete(
    "/standards/{key:path}",
    status_code=204,
    summary="标准：撤回",
    description="With all its versions, only where no binding uses it (409 in-use names them).",
    tags=TAGS,
)
async def withdraw_standard(
    key: KeyPath, request: Request, db: Db, expect: Expect, caller: Writer
) -> None:
    async with db.transaction(correlation=request.state.request_id) as tx:
        await usecases.withdraw_standard(tx, key, expect, now(), caller.subject)
