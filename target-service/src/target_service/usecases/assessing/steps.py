"""What waits for somebody in assessments: a scheme, an objection, and a run to be taken on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple
from urllib.parse import quote

from shared.contracts.steps import StepHow, StepKind, TargetStepClosed, TargetStepOpened
from shared.kit.clock import CAMPUS
from shared.kit.database import Transaction
from target_service.domain.assessing.runs import RunState
from target_service.repository import assessments
from target_service.tables import (
    AssessmentObjectionRow,
    AssessmentRunRow,
    AssessmentSchemeRow,
)

APPROVE: Final = "target:approve"
WRITE: Final = "target:write"

TIME: Final = timedelta(days=7)
"""Until it should be done; of what is announced, after the last day for objections. Source: our
default."""


class _Stage(NamedTuple):
    """What is done next with a run."""

    kind: StepKind
    zh: str
    en: str


_STAGES: Final[Mapping[RunState, _Stage]] = {
    RunState.OPEN: _Stage("move", "启动考核", "Begin an assessment"),
    RunState.COLLECTING: _Stage("form", "收齐评分并计算", "Collect the marks and reckon"),
    RunState.COMPUTED: _Stage("move", "公示考核结果", "Announce the results"),
    RunState.REVIEWED: _Stage("approval", "公布考核结果", "Publish the results"),
}
"""By where it stands. It is of who opened it; publishing is another's (approval)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A step that waits for somebody."""

    id: str
    zh: str
    en: str
    not_by: str
    opened_at: datetime
    due_at: datetime
    link: str
    kind: StepKind = "approval"
    permission: str = APPROVE
    owner: str = ""
    """Empty: whoever leads the school."""


async def open_approval(tx: Transaction, row: AssessmentSchemeRow, at: datetime) -> None:
    """Tell that a draft of a scheme waits for another person."""
    step = _Step(
        id=_approval_of(row),
        zh=f"批准考核方案：{row.title}",
        en=f"Approve an assessment scheme: {row.title}",
        not_by=row.author,
        opened_at=at,
        due_at=at + TIME,
        link=_page_of_scheme(row),
    )
    await _open(tx, step)


async def open_answer(tx: Transaction, run: AssessmentRunRow, row: AssessmentObjectionRow) -> None:
    """Tell that an objection waits for an answer; it says neither whose nor to what."""
    step = _Step(
        id=_answer_of(row),
        zh=f"答复异议：{run.title}",
        en=f"Answer an objection: {run.title}",
        not_by=row.raised_by,
        opened_at=row.raised_at,
        due_at=row.raised_at + TIME,
        link=_page(run.key),
    )
    await _open(tx, step)


_HOW: Final[Mapping[RunState, StepHow]] = {
    RunState.PUBLISHED: "approved",
    RunState.CANCELLED: "withdrawn",
}
"""How the step of a run is closed by what it comes to; it is taken on otherwise."""


async def open_stage(tx: Transaction, run: AssessmentRunRow, at: datetime) -> None:
    """Tell that a run waits to be taken on; one that is over waits for nobody."""
    if (stage := _STAGES.get(RunState(run.state))) is None:
        return
    is_his = stage.kind != "approval"
    opener = run.opened_by.replace("person/", "teacher/", 1)
    step = _Step(
        id=await _stage_of(tx, run),
        kind=stage.kind,
        zh=f"{stage.zh}：{run.title}",
        en=f"{stage.en}: {run.title}",
        not_by="" if is_his else run.opened_by,
        permission=WRITE if is_his else APPROVE,
        owner=opener if is_his and opener.startswith("teacher/") else "",
        opened_at=at,
        due_at=TIME
        + (at if is_his or run.objections_until is None else _end(run.objections_until)),
        link=_page(run.key),
    )
    await _open(tx, step)


async def close_stage(tx: Transaction, run: AssessmentRunRow, to: RunState, by: str) -> None:
    """Tell that a run is taken on; before it is, and before that is written down."""
    how: StepHow = _HOW.get(to, "moved")
    kind = _STAGES[RunState(run.state)].kind
    await _close(tx, await _stage_of(tx, run), kind, _page(run.key), how, by)


async def close_approval(tx: Transaction, row: AssessmentSchemeRow, how: StepHow, by: str) -> None:
    """Tell that a draft of a scheme waits no more."""
    await _close(tx, _approval_of(row), "approval", _page_of_scheme(row), how, by)


async def close_answer(tx: Transaction, row: AssessmentObjectionRow, how: StepHow, by: str) -> None:
    """Tell that an objection waits no more."""
    await _close(tx, _answer_of(row), "approval", _page(row.run), how, by)


def _approval_of(row: AssessmentSchemeRow) -> str:
    return f"target/assessment-scheme/{row.key}@{row.version}"


def _answer_of(row: AssessmentObjectionRow) -> str:
    return f"target/assessment-objection/{row.run}/{row.number}"


async def _stage_of(tx: Transaction, run: AssessmentRunRow) -> str:
    return f"target/assessment-run/{run.key}/{await assessments.count_steps(tx, run.key)}"


def _page(run: str) -> str:
    return f"/assessments/{quote(run)}"


def _page_of_scheme(row: AssessmentSchemeRow) -> str:
    return f"/assessment-schemes/{quote(row.key)}"


def _end(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), CAMPUS)


async def _open(tx: Transaction, step: _Step) -> None:
    """Before the hub told of the school, nobody is asked."""
    school = await assessments.find_school(tx)
    if school is None:
        return
    opened = TargetStepOpened(
        step=step.id,
        kind=step.kind,
        title_zh=step.zh,
        title_en=step.en,
        scope=school,
        period=None,
        role="owner" if step.owner else "leader",
        owners=(step.owner,) if step.owner else (),
        permission=step.permission,
        not_by=step.not_by,
        opened_at=step.opened_at,
        due_at=step.due_at,
        link=step.link,
    )
    tx.publish(opened, key=step.id, subject=school)


async def _close(
    tx: Transaction, step: str, kind: StepKind, link: str, how: StepHow, by: str
) -> None:
    school = await assessments.find_school(tx)
    if school:
        closed = TargetStepClosed(step=step, kind=kind, scope=school, link=link, how=how, by=by)
        tx.publish(closed, key=step, subject=school)
