"""Profiles of the five levels."""

from datetime import datetime
from typing import Annotated

from fastapi import Query

from report_service.api.common import READ, Db
from report_service.schemas.common import Moment
from report_service.schemas.profiles import InfluenceOut, ProfileOut
from report_service.usecases.profiling import influences_on, profile_of
from shared.contracts.vocabulary import PeriodKey, ScopeKey
from shared.kit.app import new_router

router = new_router(tags=["profiles 画像"])


Of = Annotated[ScopeKey, Query(description="对象", examples=["course/C0001"])]
In = Annotated[PeriodKey, Query(description="周期", examples=["term:2026-2027-1"])]
AsOf = Annotated[Moment | None, Query(description="数据截至此刻；不填为现在")]


@router.get("/profile", summary="画像：对标、历年、标签与事件", dependencies=[READ])
async def get_profile(db: Db, scope: Of, period: In, as_of: AsOf = None) -> ProfileOut:
    """Groups of fewer than five are masked; every value leads to its rows."""
    moment: datetime | None = as_of
    async with db.transaction() as tx:
        return await profile_of(tx, scope, period, moment)


@router.get("/influences", summary="影响因素：与未达标质控点同时变化的指标", dependencies=[READ])
async def list_influences(db: Db, scope: Of, period: In, as_of: AsOf = None) -> list[InfluenceOut]:
    """Coefficients of correlation over the objects of the kind; that is no cause."""
    moment: datetime | None = as_of
    async with db.transaction() as tx:
        return await influences_on(tx, scope, period, moment)
