"""What becomes of corrections is stored, told as events and steps, and handed over to the hub."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from shared.access.families import title_of, words_of
from shared.contracts.spiral import (
    CorrectionChanged,
    CorrectionClosed,
    CorrectionFact,
    CorrectionPlanned,
)
from shared.contracts.steps import SpiralStepClosed, SpiralStepOpened, StepHow
from shared.kit.database import Transaction
from shared.kit.timers import set_timers
from shared.scopes import belongs_to
from spiral_service.domain.correcting import Group
from spiral_service.domain.correction import Correction, Plan
from spiral_service.domain.handing_over import ENTITY, record_of
from spiral_service.domain.standing import TAKE_PART
from spiral_service.domain.waiting import Kind, Waiting, due_of, waits_for
from spiral_service.repository import steps as told
from spiral_service.repository.steps import CORRECTION_STEP
from spiral_service.tables import ToldStepRow

SELF: Final = "system/spiral"
"""Who closes a step that nobody took."""

_TITLES: Final[dict[Kind, tuple[str, str]]] = {
    "assignment": ("指派整改责任人", "Name the owner of a correction"),
    "plan": ("制定整改措施", "Plan a correction"),
    "evidence": ("落实整改并提交佐证", "Carry a correction out"),
    "verification": ("核验整改成效", "Verify a correction"),
}
_LINK: Final = "/corrections"


def subject_of(correction: Correction) -> str:
    """Return whose steps they are: those of one cause have theirs together."""
    return str(correction.joined or correction.id)


def publish(
    tx: Transaction,
    correction: Correction,
    at: datetime,
    event: type[CorrectionFact] = CorrectionChanged,
    **more: Any,
) -> None:
    """State how the correction stands after what happened to it."""
    plan = correction.plan
    fact: dict[str, Any] = {
        "correction": str(correction.id),
        "version": correction.version,
        "cycle": correction.cycle,
        "alert": correction.alert,
        "scope": correction.scope,
        "period": correction.period,
        "severity": correction.severity,
        "indicator": correction.indicator,
        "title": title_of(correction.family, correction.title),
        "owner": correction.responsible,
        "stage": correction.stage,
        "joined": str(correction.joined) if correction.joined else None,
        "reopened": correction.reopened,
        "cause": correction.cause,
        "measure": words_of(correction.family, plan.measure) if plan else None,
        "work_due_on": plan.due_on if plan else None,
        "remeasured": correction.remeasured.value if correction.remeasured else None,
        "crossed": correction.crossed,
        "worst": correction.worst,
        "value_before": correction.value_before,
        "value": correction.value,
        "opened_at": correction.opened_at,
        "due_at": correction.due_at,
        "acknowledged_by": correction.acknowledged_by,
        "acknowledged_at": correction.acknowledged_at,
        "at": at,
    }
    tx.publish(event.model_validate(fact | more), key=str(correction.id), subject=correction.scope)


def publish_closed(tx: Transaction, correction: Correction, at: datetime) -> None:
    """State how the correction ended; again, under a higher version, what came late."""
    outcome = {name: getattr(correction, name) for name in ("how", "value_after", "effect")}
    publish(tx, correction, at, CorrectionClosed, **outcome)


def publish_planned(tx: Transaction, correction: Correction, plan: Plan, at: datetime) -> None:
    """State that the correction has a measure: from now on its alert waits to be verified."""
    more = {"by": plan.by, "back_to": plan.back_to, "tasks": plan.tasks}
    publish(tx, correction, at, CorrectionPlanned, **more)


async def hand_over(tx: Transaction, corrections: Sequence[Correction]) -> None:
    """Hand corrections over to the hub as they stand."""
    if not corrections:
        return
    places = await belongs_to(tx, {each.scope for each in corrections})
    for each in corrections:
        tx.hand_over(ENTITY, str(each.id), record_of(each, places[each.scope]))


async def tell_steps(
    tx: Transaction,
    groups: Mapping[str, Group],
    at: datetime,
    *,
    how: StepHow | None = None,
    by: str = SELF,
) -> None:
    """Close the human steps that wait no more, and open those that wait now.

    Args:
        groups: by subject; empty where nothing is open any more.
        how: what became of the step; None where it is for nobody's act.
    """
    known = await told.told_steps(tx, groups.keys())
    entries = []
    for subject, group in sorted(groups.items()):
        row, waiting = known.get(subject), waits_for(group)
        before = _waiting(row) if row and row.is_open else None
        if waiting == before:
            continue
        number = row.number if row else 0
        if before:
            end = how or ("replaced" if waiting else "withdrawn")
            _close(tx, step_id(subject, number), before, end, by)
        if waiting:
            number += 1
            _open(tx, step_id(subject, number), waiting, group[0], at)
        entries.append(_entry(subject, number, waiting, before, at))
    # Timers first: whoever fires one holds it before what was told.
    looks = {each["subject"]: at if each["is_open"] else None for each in entries}
    await set_timers(tx, CORRECTION_STEP, looks)
    await told.save_told(tx, entries)


def _open(tx: Transaction, step: str, waiting: Waiting, first: Correction, at: datetime) -> None:
    zh, en = titles(waiting.kind, first)
    opened = SpiralStepOpened(
        step=step,
        kind=waiting.kind,
        title_zh=zh,
        title_en=en,
        scope=waiting.scope,
        period=first.period,
        role="owner" if waiting.owners else "leader",
        owners=waiting.owners,
        permission=TAKE_PART,
        not_by=waiting.not_by,
        opened_at=at,
        due_at=due_of(waiting, at),
        link=link_of(waiting.scope),
    )
    tx.publish(opened, key=step, subject=waiting.scope)


def _close(tx: Transaction, step: str, waiting: Waiting, how: StepHow, by: str) -> None:
    closed = SpiralStepClosed(
        step=step,
        kind=waiting.kind,
        scope=waiting.scope,
        link=link_of(waiting.scope),
        how=how,
        by=by,
    )
    tx.publish(closed, key=step, subject=waiting.scope)


def step_id(subject: str, number: int) -> str:
    """Return the id of the human step of corrections."""
    return f"spiral/correction/{subject}/{number}"


def link_of(scope: str) -> str:
    """Return the page of the portal where corrections of a scope are worked on."""
    return f"{_LINK}?scope={quote(scope)}"


def titles(kind: Kind, first: Correction) -> tuple[str, str]:
    """Return how the work list calls a step of a correction."""
    zh, en = _TITLES[kind]
    title = title_of(first.family, first.title)
    return f"{zh}：{title}", f"{en}: {title}"


def _waiting(row: ToldStepRow) -> Waiting:
    return Waiting(
        kind=row.kind,  # type: ignore[arg-type]
        scope=row.scope,
        owners=tuple(row.owners),
        not_by=row.not_by,
        due_on=row.due_on,
    )


def _entry(
    subject: str, number: int, waiting: Waiting | None, before: Waiting | None, at: datetime
) -> dict[str, Any]:
    last = waiting or before
    assert last is not None
    return {
        "subject": subject,
        "number": number,
        "kind": last.kind,
        "scope": last.scope,
        "owners": list(last.owners),
        "not_by": last.not_by,
        "due_on": last.due_on,
        "is_open": waiting is not None,
        "due_at": due_of(waiting, at) if waiting else None,
        "told": 0,
    }
