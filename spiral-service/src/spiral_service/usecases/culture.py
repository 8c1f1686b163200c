"""Quality culture: campaigns and surveys are recorded, advice to students is put on record."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from shared.contracts.gateway import PersonSignedIn
from shared.contracts.spiral_culture import CampaignRecorded, SurveyRecorded
from shared.errors import UnknownReferenceError
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from spiral_service.domain.culture import NoScoreError, points_of
from spiral_service.domain.standing import NotYoursError
from spiral_service.repository.culture import add_sign_ins, advises, measured
from spiral_service.repository.evidence import uploaded_by
from spiral_service.repository.records import keep_row
from spiral_service.repository.scopes import leads
from spiral_service.schemas.culture import AdviceBody, CampaignBody, SurveyBody
from spiral_service.tables import AdviceRow, CampaignRow, SurveyRow
from spiral_service.usecases.moving import Turn
from spiral_service.usecases.scopes import unknown_scope


async def record_campaign(tx: Transaction, body: CampaignBody, turn: Turn) -> UUID:
    """Record something that was done for the culture of quality; return its id.

    Raises:
        UnknownReferenceError: there is no such scope, or the caller did not upload a material.
        NotYoursError: the caller does not lead the scope, or one above it.
    """
    turn.expect(None)
    # First of all: who may not is not told which scopes there are.
    if not (turn.actor.is_everywhere or await leads(tx, body.scope, turn.actor.member)):
        raise NotYoursError(
            f"由 {body.scope} 或其上级的负责人登记",
            f"it is for who leads {body.scope}, or a scope above it",
            fixes=["请负责人或质量办登记 (ask whoever leads it, or the quality office)"],
        )
    await _check_scope(tx, body.scope)
    digests = [each.digest for each in body.materials]
    own = await uploaded_by(tx, digests, turn.act.by)
    reason = "您没有上传过这个文件，先 POST /evidence (you have not uploaded it: do so first)"
    foreign = {
        f"$.materials[{at}].digest": [reason] for at, each in enumerate(digests) if each not in own
    }
    if foreign:
        raise UnknownReferenceError(
            "活动材料还没有上传", "a material was not uploaded yet", fields=foreign
        )
    id_ = uuid7()
    said = body.model_dump(exclude={"materials"})
    materials = [each.model_dump() for each in body.materials]
    more = {"id": id_, "materials": materials, "by": turn.act.by, "recorded_at": turn.act.at}
    await keep_row(tx, CampaignRow, said | more)
    told = {"campaign": str(id_), "materials": materials, "by": turn.act.by, "at": turn.act.at}
    fact = CampaignRecorded.model_validate(said | told)
    tx.publish(fact, key=body.scope)
    return id_


async def record_survey(tx: Transaction, body: SurveyBody, turn: Turn) -> None:
    """Record what a survey found of one level and measure; again: state it anew.

    Raises:
        UnknownReferenceError: there is no such scope.
        NoScoreError: the indicator has no value there, or none between 0 and 100.
    """
    await _check_scope(tx, body.scope)
    score = body.score if body.indicator is None else await _measured(tx, body, body.indicator)
    said = body.model_dump(exclude={"score"})
    await keep_row(tx, SurveyRow, said | {"score": score, "by": turn.act.by, "at": turn.act.at})
    fact = SurveyRecorded(**said, score=format(score, "f"), by=turn.act.by, at=turn.act.at)
    tx.publish(fact, key=body.scope)


async def advise(tx: Transaction, body: AdviceBody, turn: Turn) -> UUID:
    """Put advice to a student on record; return its id.

    Raises:
        UnknownReferenceError: there is no such student.
        NotYoursError: the caller does not answer for the student.
    """
    turn.expect(None)
    if not (turn.actor.is_everywhere or await advises(tx, body.student, turn.actor.member)):
        raise NotYoursError(
            f"{body.student} 不由您指导",
            f"you do not answer for {body.student}",
            fixes=["请其辅导员、班主任或导师登记 (ask the counsellor, head teacher or tutor)"],
        )
    await _check_scope(tx, body.student, "$.student")
    id_ = uuid7()
    more = {"id": id_, "by": turn.act.by, "at": turn.act.at}
    await keep_row(tx, AdviceRow, body.model_dump() | more)
    return id_


async def count_sign_ins(tx: Transaction, events: Sequence[PersonSignedIn]) -> None:
    """Keep on which days persons signed in; how often on one day does not count."""
    await add_sign_ins(tx, sorted({(each.person, each.on) for each in events}))


async def _check_scope(tx: Transaction, scope: str, path: str = "$.scope") -> None:
    unknown = await unknown_scope(tx, scope)
    if unknown:
        unknown.fields = dict.fromkeys([path], unknown.fields["$.scope"])
        raise unknown


async def _measured(tx: Transaction, body: SurveyBody, indicator: str) -> Decimal:
    value = await measured(tx, body.scope, body.period, indicator)
    if value is None:
        raise NoScoreError(
            f"指标 {indicator} 在该对象该周期没有测量值",
            f"indicator {indicator} has no measured value there",
            fields={"$.indicator": ["没有测量值 (no measured value)"]},
            fixes=["为它设置绑定，或直接填报 score (bind it, or hand in a score)"],
        )
    return points_of(Decimal(value))
