"""What people do with corrections, over REST; every answer is the correction as it stands then."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Request, Response

from shared.kit.app import new_router
from shared.kit.database import Transaction
from shared.kit.depending import made
from shared.kit.etags import Expect, Precondition, etag_of
from spiral_service.api.common import Acting, Db
from spiral_service.queries import corrections as queries
from spiral_service.schemas.correcting import (
    AssignBody,
    EvidenceBody,
    JoinBody,
    PlanBody,
    ReasonBody,
    VerifyBody,
)
from spiral_service.schemas.corrections import CorrectionDetail
from spiral_service.usecases import corrections
from spiral_service.usecases.corrections import Act

Body = TypeVar("Body")
Does = Callable[[Transaction, UUID, Body, Precondition, Act], Awaitable[None]]
"""What every step is: with a correction, by what was said, on a version, by somebody."""

router = new_router(prefix="/corrections/{correction}", tags=["corrections 纠偏"])


@dataclass(frozen=True, slots=True)
class Step:
    """What every step with a correction needs, and how it is answered."""

    correction: UUID
    request: Request
    response: Response
    db: Db
    expect: Expect
    act: Acting

    async def take(self, do: Does[Body], body: Body) -> CorrectionDetail:
        """Take the step in one transaction; return the correction as it stands then."""
        async with self.db.transaction(correlation=self.request.state.request_id) as tx:
            await do(tx, self.correction, body, self.expect, self.act)
            answer = await queries.get_correction(tx, self.correction, self.act.by)
        self.response.headers["ETag"] = etag_of(answer.version)
        return answer


Steps = Annotated[Step, Depends(made(Step))]


@router.post("/assignment", summary="纠偏：指派责任人")
async def assign_correction(body: AssignBody, step: Steps) -> CorrectionDetail:
    """By who leads its scope, or one above it."""
    return await step.take(corrections.assign, body)


@router.post("/plan", summary="纠偏：原因与整改措施")
async def plan_correction(body: PlanBody, step: Steps) -> CorrectionDetail:
    """By its owner. It changes tasks alone; a goal or a standard is changed in the stage loop."""
    return await step.take(corrections.plan, body)


@router.post("/evidence", summary="纠偏：提交佐证")
async def hand_in_evidence(body: EvidenceBody, step: Steps) -> CorrectionDetail:
    """By its owner, who uploaded the files before (``POST /evidence``)."""
    return await step.take(corrections.hand_in_evidence, body)


@router.post("/verification", summary="纠偏：核验成效")
async def verify_correction(body: VerifyBody, step: Steps) -> CorrectionDetail:
    """By another leader: never by its owner, or by who planned it or handed evidence in."""
    return await step.take(corrections.verify, body)


@router.post("/join", summary="纠偏：并案")
async def join_corrections(body: JoinBody, step: Steps) -> CorrectionDetail:
    """By who owns or leads both."""
    return await step.take(corrections.join, body)


@router.post("/split", summary="纠偏：分案")
async def split_correction(body: ReasonBody, step: Steps) -> CorrectionDetail:
    """By who owns or leads it."""
    return await step.take(corrections.split, body)
