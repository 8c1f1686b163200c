"""Corrections over REST."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from shared.kit.etags import etag_of
from shared.kit.paging import answer_page
from shared.kit.strict_json import StrictJsonRoute
from spiral_service.api.common import READ, Db, Paging, Reader
from spiral_service.queries import corrections as queries
from spiral_service.queries.correction_statistics import count
from spiral_service.schemas.corrections import (
    CorrectionCount,
    CorrectionDetail,
    CorrectionFilter,
    CorrectionListed,
    StatisticsFilter,
)

router = APIRouter(prefix="/corrections", tags=["corrections 纠偏"], route_class=StrictJsonRoute)


@router.get("", summary="纠偏列表", dependencies=[READ])
async def list_corrections(
    response: Response,
    db: Db,
    wanted: Paging,
    by: Reader,
    only: Annotated[CorrectionFilter, Query()],
) -> list[CorrectionListed]:
    async with db.transaction() as tx:
        items, total, after = await queries.list_corrections(tx, only, wanted, by)
    answer_page(response, wanted, total=total, next_after=after)
    return items


@router.get("/statistics", summary="纠偏成效统计", dependencies=[READ])
async def count_corrections(
    db: Db, only: Annotated[StatisticsFilter, Query()]
) -> list[CorrectionCount]:
    """Effect, days to close and recurrence, the most frequent first; at most 500 keys."""
    async with db.transaction() as tx:
        return await count(tx, only)


@router.get("/{correction}", summary="纠偏及其经过", dependencies=[READ])
async def get_correction(
    response: Response, correction: UUID, db: Db, by: Reader
) -> CorrectionDetail:
    async with db.transaction() as tx:
        answer = await queries.get_correction(tx, correction, by)
    # No 304: what the caller may do changes without a new version.
    response.headers["ETag"] = etag_of(answer.version)
    return answer
