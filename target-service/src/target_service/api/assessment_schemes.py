"""Assessment schemes over REST."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from shared.kit.clock import now
from shared.kit.etags import Expect, etag_of
from shared.kit.openapi import also_there
from shared.kit.strict_json import StrictJsonRoute
from target_service.api.assessors import Official, Reads
from target_service.api.saving import (
    READER,
    Db,
    Saves,
    Wanted,
    Writer,
    answer_list,
)
from target_service.domain.assessing.scheme import Purpose
from target_service.queries import assessments as queries
from target_service.schemas.assessment_views import SchemeView
from target_service.schemas.assessments import ConsentBody, SchemeBody, Word
from target_service.usecases import assessing

router = APIRouter(route_class=StrictJsonRoute)

TAGS: Any = ["assessments 考核"]
SchemeKey = Annotated[Word, Path()]


@router.post(
    "/assessment-schemes",
    status_code=201,
    summary="考核方案：起草新版本",
    tags=TAGS,
    responses=also_there(SchemeView),
)
async def put_assessment_scheme(body: SchemeBody, saving: Saves) -> SchemeView:
    put = partial(assessing.put_scheme, author=saving.caller.subject)
    return await saving.save("assessment-schemes", body, put, SchemeView.model_validate)


@router.get("/assessment-schemes", summary="考核方案列表", tags=TAGS, dependencies=READER)
async def list_assessment_schemes(
    response: Response,
    db: Db,
    wanted: Wanted,
    purpose: Annotated[Purpose | None, Query()] = None,
) -> list[SchemeView]:
    async with db.transaction() as tx:
        listed = await queries.list_schemes(tx, wanted, purpose=purpose)
    return answer_list(response, wanted, listed)


@router.get(
    "/assessment-schemes/{key}",
    summary="考核方案的一个版本",
    tags=TAGS,
    dependencies=READER,
)
async def get_assessment_scheme(
    key: SchemeKey,
    db: Db,
    response: Response,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> SchemeView:
    async with db.transaction() as tx:
        scheme = await queries.get_scheme(tx, key, version)
    # No 304: its approval comes without a new version.
    response.headers["ETag"] = etag_of(scheme.version)
    return scheme


@router.post(
    "/assessment-schemes/{key}/approval",
    summary="考核方案：批准（起草人以外的人）",
    tags=TAGS,
)
async def approve_assessment_scheme(
    key: SchemeKey, request: Request, db: Db, expect: Expect, caller: Official
) -> SchemeView:
    async with db.transaction(correlation=request.state.request_id) as tx:
        row = await assessing.approve(tx, key, expect, now(), caller.subject)
        return SchemeView.model_validate(row)


@router.delete(
    "/assessment-schemes/{key}",
    status_code=204,
    summary="考核方案：撤回",
    tags=TAGS,
)
async def withdraw_assessment_scheme(
    key: SchemeKey, request: Request, db: Db, expect: Expect, caller: Writer
) -> None:
    async with db.transaction(correlation=request.state.request_id) as tx:
        await assessing.withdraw_scheme(tx, key, expect, now(), caller.subject)


@router.post(
    "/assessment-schemes/{key}/consent",
    status_code=204,
    summary="本人是否同意参加该方案的排名",
    tags=TAGS,
)
async def consent_to_assessment_ranking(
    key: SchemeKey, body: ConsentBody, request: Request, db: Db, reader: Reads
) -> None:
    async with db.transaction(correlation=request.state.request_id) as tx:
        await assessing.consent(tx, key, reader, now(), given=body.given)
