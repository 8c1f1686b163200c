"""Take in what the other services state: the newest word on each thing, by sets."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from report_service.repository.known import Record, keep_newest
from report_service.tables import (
    AlertRow,
    AssessmentRow,
    BindingRow,
    CampaignRow,
    CorrectionRow,
    CycleRow,
    DiagnosisRow,
    GoalRow,
    IndicatorRow,
    JudgementRow,
    Known,
    LessonRow,
    MeasurementRow,
    MeasureRow,
    ScopeRow,
    StandingRow,
    SurveyRow,
    TaskRow,
)
from shared.access.families import title_of
from shared.contracts.alert import AlertDismissed, AlertFact, AlertHeld, AlertSettled
from shared.contracts.base import Event, Model
from shared.contracts.datahub import IndicatorMeasured, IndicatorPublished, ScopeChanged
from shared.contracts.spiral import (
    CorrectionClosed,
    CorrectionFact,
    CycleFact,
    DiagnosisSigned,
    LessonLearnt,
    MeasureFact,
)
from shared.contracts.spiral_culture import CampaignRecorded, SurveyRecorded
from shared.contracts.target import (
    AssessmentPublished,
    Attainment,
    AttainmentChanged,
    BindingChanged,
    GoalFact,
    GoalWithdrawn,
)
from shared.contracts.target_tasks import TaskDone, TaskFact, TaskOverdue, TaskProgressed
from shared.kit.database import Transaction

Told = tuple[type[Known], Record]

_SINGLES: Final[dict[type[Event], type[Known]]] = {
    IndicatorPublished: IndicatorRow,
    BindingChanged: BindingRow,
    DiagnosisSigned: DiagnosisRow,
}
"""Facts about one thing that are kept as they are, with a ``version``."""


async def take_in(tx: Transaction, facts: Sequence[tuple[Event, datetime]]) -> None:
    """Bring the read model up to date with a batch of facts and when each was stated."""
    kinds: defaultdict[type[Known], list[Record]] = defaultdict(list)
    for fact, stated_at in facts:
        for kind, record in _records(fact, stated_at):
            kinds[kind].append(record)
    # One order of tables for every batch, or two consumers could deadlock.
    for kind in sorted(kinds, key=lambda each: each.__name__):
        await keep_newest(tx, kind, kinds[kind])


def _records(fact: Event, stated_at: datetime) -> Iterator[Told]:
    match fact:
        case IndicatorMeasured() | ScopeChanged() | AttainmentChanged():
            yield from _of_items(fact, stated_at)
        case AlertFact() | CycleFact() | CorrectionFact() | MeasureFact() | TaskFact():
            yield _living(fact)
        case GoalFact():
            yield GoalRow, _record(fact, stated_at, withdrawn=isinstance(fact, GoalWithdrawn))
        case CampaignRecorded():
            yield CampaignRow, _record(fact, fact.at, version=1)
        case SurveyRecorded():
            survey = f"{fact.scope}|{fact.period}|{fact.level}|{fact.measure}"
            version = int(fact.at.timestamp() * 1000)
            yield SurveyRow, _record(fact, fact.at, survey=survey, version=version)
        case LessonLearnt():
            # It is told once, and never changes.
            yield LessonRow, _record(fact, fact.at, version=1)
        case AssessmentPublished():
            key = f"{fact.id}#{fact.part}"
            yield AssessmentRow, _record(fact, stated_at, assessment=key, about=fact.kind)
        case _:
            yield _SINGLES[type(fact)], _record(fact, stated_at)


def _of_items(
    fact: IndicatorMeasured | ScopeChanged | AttainmentChanged, stated_at: datetime
) -> Iterator[Told]:
    match fact:
        case IndicatorMeasured():
            # As the hub's history says it, from which a lost read model is made again.
            at = fact.measured_at or stated_at
            for measured in fact.items:
                yield MeasurementRow, _record(measured, at, version=measured.seq)
        case ScopeChanged():
            for scope in fact.items:
                yield ScopeRow, _record(scope, stated_at, version=scope.seq)
        case AttainmentChanged():
            for judged in fact.items:
                yield _judged(judged, stated_at)


def _living(fact: AlertFact | CycleFact | CorrectionFact | MeasureFact | TaskFact) -> Told:
    """Return facts about what lives: each says itself when it was stated."""
    match fact:
        case AlertFact():
            title = title_of(fact.family, fact.title)
            return AlertRow, _record(fact, fact.at, title=title, **_phase(fact))
        case CycleFact():
            return CycleRow, _record(fact, fact.at)
        case CorrectionFact():
            return CorrectionRow, _record(
                fact, fact.at, is_closed=isinstance(fact, CorrectionClosed)
            )
        case MeasureFact():
            found = {
                "effective": getattr(fact, "effective", None),
                "note": getattr(fact, "note", ""),
            }
            return MeasureRow, _record(fact, fact.at, **found)
        case TaskFact():
            return TaskRow, _task(fact)


def _judged(item: Attainment, stated_at: datetime) -> Told:
    """Return how a binding stands, or a goal on its parts."""
    record = _record(item, stated_at, version=item.seq)
    return (StandingRow if item.binding is None else JudgementRow), record


def _task(fact: TaskFact) -> Record:
    is_late = isinstance(fact, TaskOverdue) or (fact.due_at is not None and fact.at >= fact.due_at)
    return _record(
        fact,
        fact.at,
        task=fact.id,
        task_kind=fact.kind,
        overdue=is_late,
        # Both tell of the same version of a task that is done, and the first one is kept.
        done_on=fact.done_on if isinstance(fact, TaskDone | TaskProgressed) else None,
    )


def _record(model: Model, stated_at: datetime, **more: Any) -> Record:
    return model.model_dump(mode="json") | {"at": stated_at.isoformat()} | more


def _phase(fact: AlertFact) -> Record:
    match fact:
        case AlertSettled() | AlertDismissed():
            return {"phase": "settled", "settled_at": fact.at.isoformat()}
        case AlertHeld():
            return {"phase": "held"}
        case _:
            return {"phase": "open"}
