"""Diagnoses over REST, and what follows from assessments."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response

from shared.kit.app import new_router
from shared.kit.etags import etag_of
from shared.kit.openapi import also_there
from spiral_service.api.common import READ, Db, Reader
from spiral_service.api.doing import Do
from spiral_service.api.seen import OF_A_DIAGNOSIS
from spiral_service.queries import diagnoses as queries
from spiral_service.schemas.common import CycleKey
from spiral_service.schemas.diagnoses import (
    AskBody,
    ContributeBody,
    DiagnosisView,
    DraftBody,
    IncentiveView,
    SignBody,
)
from spiral_service.usecases import diagnoses as usecases
from spiral_service.usecases import voices

TAGS: Final = ["diagnoses 诊断"]
router = new_router(tags=TAGS, dependencies=OF_A_DIAGNOSIS)
OfCycle = Annotated[CycleKey, Query(alias="cycle", description="诊改周期")]


@router.get("/diagnoses", summary="周期的逐项诊断", dependencies=[READ])
async def list_diagnoses(cycle: OfCycle, db: Db, reader: Reader) -> list[DiagnosisView]:
    """One per goal, pre-filled from facts whether or not anybody has drafted it."""
    async with db.transaction() as tx:
        return await queries.list_diagnoses(tx, cycle, reader)


@router.post("/diagnoses", status_code=201, summary="起草诊断", responses=also_there(DiagnosisView))
async def draft_diagnosis(body: DraftBody, do: Do) -> DiagnosisView:
    """By who owns the goal, or holds a role of the cycle; again: to change the draft."""
    await do.sees(lambda tx: queries.check_drafts(tx, body.cycle, body.goal))
    async with do.transaction() as tx:
        drafted, is_new = await usecases.draft(tx, body, do.turn)
        do.created(f"diagnoses/{drafted.id}", drafted.version, is_new=is_new)
        return await queries.get_diagnosis(tx, drafted.id, do.actor)


@router.get("/diagnoses/{diagnosis}", summary="诊断", dependencies=[READ])
async def get_diagnosis(
    diagnosis: UUID, response: Response, db: Db, reader: Reader
) -> DiagnosisView:
    async with db.transaction() as tx:
        answer = await queries.get_diagnosis(tx, diagnosis, reader)
    response.headers["ETag"] = etag_of(answer.version)
    return answer


@router.post("/diagnoses/{diagnosis}/contributions", summary="诊断：提交一方意见")
async def contribute_to_diagnosis(diagnosis: UUID, body: ContributeBody, do: Do) -> DiagnosisView:
    """Students, peers and experts speak for themselves; the rest is entered by who holds a role."""
    async with do.transaction() as tx:
        changed = await usecases.contribute(tx, diagnosis, body, do.turn)
        do.created("", changed.version, is_new=False)
        return await queries.get_diagnosis(tx, diagnosis, do.actor)


@router.post("/diagnoses/{diagnosis}/voices", summary="诊断：请多方发表意见")
async def ask_for_voices(diagnosis: UUID, body: AskBody, do: Do) -> DiagnosisView:
    """By who holds a role. Each who is asked has it among his work, and need not see the cycle."""
    async with do.transaction() as tx:
        found = await voices.ask(tx, diagnosis, body, do.turn)
        do.created("", found.version, is_new=False)
        return await queries.get_diagnosis(tx, diagnosis, do.actor)


@router.post("/diagnoses/{diagnosis}/signature", summary="诊断：签署结论")
async def sign_diagnosis(diagnosis: UUID, body: SignBody, do: Do) -> DiagnosisView:
    """By another than the drafter; what was known then is kept with it."""
    async with do.transaction() as tx:
        signed = await usecases.sign(tx, diagnosis, body.note, do.turn)
        do.created("", signed.version, is_new=False)
        return await queries.get_diagnosis(tx, diagnosis, do.actor)


@router.get("/incentives", summary="周期的考核激励", dependencies=[READ])
async def list_incentives(cycle: OfCycle, db: Db) -> list[IncentiveView]:
    """Published results, honours and accountability that the incentive step reads."""
    async with db.transaction() as tx:
        return await queries.list_incentives(tx, cycle)
