"""What waits for somebody in assessments: a scheme for approval, an objection for an answer."""

from datetime import datetime, timedelta
from typing import Final, Literal

from shared.contracts.steps import TargetStepClosed, TargetStepOpened
from shared.kit.database import Transaction
from target_service.repository import assessments
from target_service.tables import (
    AssessmentObjectionRow,
    AssessmentRunRow,
    AssessmentSchemeRow,
)

APPROVE: Final = "target:approve"

TIME: Final = timedelta(days=7)
"""Until it should be done. Source: our default."""

How = Literal["approved", "rejected", "withdrawn", "replaced"]


async def open_approval(tx: Transaction, row: AssessmentSchemeRow, at: datetime) -> None:
    """Tell that a draft of a scheme waits for another person."""
    words = (f"批准考核方案：{row.title}", f"Approve an assessment scheme: {row.title}")
    await _open(tx, approval_of(row), words, row.author, at)


async def open_answer(tx: Transaction, run: AssessmentRunRow, row: AssessmentObjectionRow) -> None:
    """Tell that an objection waits for an answer; it says neither whose nor to what."""
    words = (f"答复异议：{run.title}", f"Answer an objection: {run.title}")
    await _open(tx, answer_of(row), words, row.raised_by, row.raised_at)


async def close(tx: Transaction, step: str, how: How, by: str) -> None:
    """Tell that a step waits no more."""
    school = await assessments.find_school(tx)
    if school:
        closed = TargetStepClosed(
            step=step, kind="approval", scope=school, link="/assessments", how=how, by=by
        )
        tx.publish(closed, key=step, subject=school)


def approval_of(row: AssessmentSchemeRow) -> str:
    """Return the id of the step by which a version of a scheme is approved."""
    return f"target/assessment-scheme/{row.key}@{row.version}"


def answer_of(row: AssessmentObjectionRow) -> str:
    """Return the id of the step by which an objection is answered."""
    return f"target/assessment-objection/{row.run}/{row.number}"


async def _open(
    tx: Transaction, step: str, words: tuple[str, str], not_by: str, at: datetime
) -> None:
    """Whoever leads the school does it; before the hub told of the school, nobody is asked."""
    school = await assessments.find_school(tx)
    if school is None:
        return
    opened = TargetStepOpened(
        step=step,
        kind="approval",
        title_zh=words[0],
        title_en=words[1],
        scope=school,
        period=None,
        role="leader",
        permission=APPROVE,
        not_by=not_by,
        opened_at=at,
        due_at=at + TIME,
        link="/assessments",
    )
    tx.publish(opened, key=step, subject=school)
