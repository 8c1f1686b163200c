"""Results of assessments over REST: lists, explanations, documents."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from shared.kit.strict_json import StrictJsonRoute
from target_service.api.assessment_runs import TAGS, RunKey
from target_service.api.assessors import Reads
from target_service.api.saving import READER, Db, Wanted, answer_list
from target_service.queries import assessment_results as queries
from target_service.schemas.assessment_views import (
    DocumentView,
    ResultDetail,
    ResultView,
    Verification,
)
from target_service.usecases import assessing

router = APIRouter(route_class=StrictJsonRoute)

Subject = Annotated[str, Path(max_length=210)]


@router.get("/assessment-runs/{key}/results", summary="考核结果列表", tags=TAGS)
async def list_assessment_results(
    key: RunKey, response: Response, db: Db, wanted: Wanted, reader: Reads
) -> list[ResultView]:
    async with db.transaction() as tx:
        listed = await queries.list_results(tx, wanted, key, reader)
    return answer_list(response, wanted, listed)


@router.get("/assessment-runs/{key}/results/{subject:path}", summary="结果的由来", tags=TAGS)
async def explain_assessment_result(
    key: RunKey, subject: Subject, db: Db, reader: Reads
) -> ResultDetail:
    async with db.transaction() as tx:
        return await queries.explain(tx, key, subject, reader)


@router.get(
    "/assessment-runs/{key}/documents/{document}",
    summary="任务分解表、任务考核表、考核结果、调整建议书",
    tags=TAGS,
)
async def get_assessment_document(
    key: RunKey, document: queries.Kind, db: Db, reader: Reads
) -> DocumentView:
    async with db.transaction() as tx:
        return await queries.get_document(tx, key, document, reader)


@router.get(
    "/assessment-runs/{key}/verification",
    summary="由所存依据重算，是否一致",
    tags=TAGS,
    dependencies=READER,
)
async def verify_assessment(key: RunKey, db: Db) -> Verification:
    async with db.transaction() as tx:
        differs = await assessing.verify(tx, key)
    return Verification(same=not differs, differs=differs)
