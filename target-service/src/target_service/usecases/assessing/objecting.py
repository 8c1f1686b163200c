"""Objections to results, their answers, and what people decide."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from shared.errors import DomainError, ErrorKind
from shared.kit.clock import CAMPUS
from shared.kit.database import Transaction
from target_service.domain.assessing.conditions import Verdict
from target_service.domain.assessing.ranking import Choice
from target_service.domain.assessing.runs import (
    FOLLOWING,
    RunState,
    RunStateError,
    check_other_hand,
    check_state,
)
from target_service.domain.assessing.scheme import PRIVATE
from target_service.domain.assessing.seeing import Reader, sees_result
from target_service.domain.units import Faults
from target_service.repository import assessments
from target_service.repository.chain import flush, not_found
from target_service.schemas.assessments import (
    AnswerBody,
    DecisionBody,
    DecisionsBody,
    ObjectionBody,
)
from target_service.tables import AssessmentObjectionRow, AssessmentResultRow, AssessmentRunRow
from target_service.usecases.assessing.judging import rule_of
from target_service.usecases.assessing.steps import close_answer, open_answer


class DecisionError(DomainError):
    """Nothing is to be decided there; nothing was."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "assessment-decision"
    title_zh: ClassVar = "没有待决定的事项"
    title_en: ClassVar = "There is nothing to decide"


async def object_to(
    tx: Transaction, key: str, body: ObjectionBody, at: datetime, reader: Reader
) -> AssessmentObjectionRow:
    """Object to a result while it is announced.

    Raises:
        RunStateError: the run is not announced, or the days for objections are over.
        NotFoundError: no such one is assessed, or by no such item, or he may not see it.
    """
    run = await assessments.get_run(tx, key)
    check_state(RunState(run.state), frozenset({RunState.REVIEWED}), "异议", "objections")
    day = at.astimezone(CAMPUS).date()
    if run.objections_until and day > run.objections_until:
        raise RunStateError(
            f"异议须在 {run.objections_until} 及以前提出",
            f"objections were taken until {run.objections_until}",
        )
    await assessments.find_result(tx, key, body.subject)
    await _check_sees(tx, run, body.subject, reader)
    if body.item and body.item not in (await rule_of(tx, run)).items_by_key:
        raise DecisionError(
            f"没有考核项 {body.item}",
            f"there is no item {body.item}",
            fields={"$.item": [f"没有考核项 {body.item} (no such item)"]},
        )
    row = AssessmentObjectionRow(
        run=key,
        number=len(await assessments.list_objections(tx, key)) + 1,
        raised_by=reader.subject,
        raised_at=at,
        **body.model_dump(),
    )
    assessments.add(tx, row)
    await open_answer(tx, run, row)
    await assessments.record(
        tx, run, "object", reader.subject, at, number=row.number, subject=body.subject
    )
    return row


async def answer(
    tx: Transaction, key: str, number: int, body: AnswerBody, at: datetime, by: str
) -> AssessmentObjectionRow:
    """Answer an objection, once; who raised it does not.

    Raises:
        NotFoundError: there is no such objection.
        OtherHandError: who raised it cannot answer it.
        RunStateError: it is answered already.
    """
    run = await assessments.get_run(tx, key)
    row = await assessments.find_objection(tx, key, number)
    if row.answered_at is not None:
        raise RunStateError(f"异议 {number} 已答复", f"objection {number} is answered already")
    check_other_hand(by, row.raised_by, "答复异议", "answering an objection")
    row.upheld, row.answer, row.answered_by, row.answered_at = body.upheld, body.answer, by, at
    await close_answer(tx, row, "approved" if body.upheld else "rejected", by)
    await assessments.record(tx, run, "answer", by, at, number=number, upheld=body.upheld)
    return row


async def decide(
    tx: Transaction, key: str, body: DecisionsBody, at: datetime, by: str
) -> AssessmentRunRow:
    """Decide on those who are nominated, tied, chosen, red or yellow; all of it or none.

    Raises:
        RunStateError: there are no results now, or they are published.
        OtherHandError: who opened the run does not decide in it.
        DecisionError: there is nothing to decide on one of them.
    """
    run = await assessments.get_run(tx, key)
    check_state(RunState(run.state), FOLLOWING, "决定", "decisions")
    check_other_hand(by, run.opened_by, "决定", "deciding")
    rows = {row.subject: row for row in await assessments.list_results(tx, key)}
    _refuse_needless(body, rows)
    for each in body.decisions:
        row = rows[each.subject]
        row.decision, row.decision_reason = each.decision, each.reason
        row.decided_by, row.decided_at = by, at
        detail = each.model_dump()
        await assessments.record(tx, run, "decide", by, at, **detail)
        await flush(tx)
    run.version += 1
    return run


async def _check_sees(tx: Transaction, run: AssessmentRunRow, subject: str, reader: Reader) -> None:
    led = await assessments.led_among(tx, [subject], reader.scope)
    if not sees_result(reader, subject, is_personal=run.kind in PRIVATE, leads=bool(led)):
        raise not_found("考核对象", "one assessed", subject)


def _refuse_needless(body: DecisionsBody, rows: Mapping[str, AssessmentResultRow]) -> None:
    found: Faults = []
    for place, each in enumerate(body.decisions):
        if not _is_open(each, rows):
            reason = f"{each.subject} 没有提名、名次或红黄牌待决定 (nothing to decide on)"
            found.append((f"$.decisions[{place}].subject", reason))
    if found:
        raise DecisionError(
            f"{len(found)} 处没有待决定的事项，均未记录",
            f"{len(found)} have nothing to decide on, so nothing was recorded",
            fields={path: [reason] for path, reason in found},
        )


def _is_open(each: DecisionBody, rows: Mapping[str, AssessmentResultRow]) -> bool:
    row = rows.get(each.subject)
    return row is not None and (
        row.choice in {Choice.CHOSEN, Choice.TIED} or bool({*row.verdicts} - {Verdict.ELIGIBLE})
    )
