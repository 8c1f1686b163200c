"""Quality culture and advice to students over REST."""

from datetime import date
from typing import Annotated, Final

from fastapi import Query, Response

from shared.contracts.vocabulary import PeriodKey, ScopeKey
from shared.kit.app import new_router
from shared.kit.paging import answer_page
from spiral_service.api.common import READ, WRITE, Db, Paging, Reader
from spiral_service.api.doing import Do
from spiral_service.queries import culture as queries
from spiral_service.queries.wall import get_wall
from spiral_service.schemas.culture import (
    AdviceBody,
    AdviceView,
    CampaignBody,
    CampaignView,
    IndexView,
    ParticipationView,
    SurveyBody,
    WallView,
)
from spiral_service.usecases import culture as usecases

TAGS: Final = ["culture 质量文化"]
router = new_router(tags=TAGS)
Scope = Annotated[ScopeKey, Query(examples=["school/19001"])]
Period = Annotated[PeriodKey, Query(examples=["year:2026"])]
Begin = Annotated[date, Query(alias="from", ge=date(2000, 1, 1), examples=["2026-01-01"])]
End = Annotated[date, Query(alias="to", le=date(2199, 12, 31), examples=["2026-12-31"])]


@router.get("/culture/participation", summary="全员全过程全方位参与率", dependencies=[READ])
async def get_participation(db: Db, begin: Begin, end: End) -> ParticipationView:
    """By role, phase and field: counts of persons, cycles and scopes; never names."""
    async with db.transaction() as tx:
        return await queries.participation(tx, begin, end)


@router.get("/culture/index", summary="质量文化指数", dependencies=[READ])
async def get_culture_index(db: Db, scope: Scope, period: Period) -> IndexView:
    """From surveys (three levels by four measures) and from use, with the arithmetic."""
    async with db.transaction() as tx:
        return await queries.get_index(tx, scope, period)


@router.get("/culture/wall", summary="质量成果墙", dependencies=[READ])
async def get_culture_wall(db: Db) -> WallView:
    """What was done for quality, with its materials, and what it brought: for everybody to see."""
    async with db.transaction() as tx:
        return await get_wall(tx)


@router.get("/culture/campaigns", summary="质量文化活动", dependencies=[READ])
async def list_campaigns(
    response: Response, db: Db, wanted: Paging, scope: ScopeKey | None = None
) -> list[CampaignView]:
    async with db.transaction() as tx:
        items, total, after = await queries.list_campaigns(tx, scope, wanted)
    answer_page(response, wanted, total=total, next_after=after)
    return items


@router.post("/culture/campaigns", status_code=201, summary="登记质量文化活动")
async def record_campaign(body: CampaignBody, do: Do) -> CampaignView:
    """Materials are files that were uploaded before: ``POST /evidence``."""
    async with do.transaction() as tx:
        id_ = await usecases.record_campaign(tx, body, do.turn)
        return await queries.get_campaign(tx, id_)


@router.post("/culture/surveys", summary="填报质量文化调查结果", dependencies=[WRITE])
async def record_survey(body: SurveyBody, do: Do) -> IndexView:
    """One level and measure: a score of 100, or the indicator whose value it is."""
    async with do.transaction() as tx:
        await usecases.record_survey(tx, body, do.turn)
        return await queries.get_index(tx, body.scope, body.period)


@router.get("/advice", summary="学生发展指导记录", dependencies=[READ])
async def list_advice(
    db: Db, reader: Reader, student: Annotated[ScopeKey, Query(examples=["student/20260055"])]
) -> list[AdviceView]:
    """For the student, and for who answers for him."""
    async with db.transaction() as tx:
        return await queries.list_advice(tx, student, reader)


@router.post("/advice", status_code=201, summary="登记学生发展指导")
async def give_advice(body: AdviceBody, do: Do) -> list[AdviceView]:
    """By counsellor, tutor or head teacher of the student; the answer is all advice to him."""
    async with do.transaction() as tx:
        await usecases.advise(tx, body, do.turn)
        return await queries.list_advice(tx, body.student, do.actor)
