"""Events in: everything a report tells is taken into the read model."""

from collections.abc import Sequence
from typing import ClassVar, Final

from report_service.usecases import read_model
from shared.contracts.alert import (
    AlertAcknowledged,
    AlertAssigned,
    AlertDismissed,
    AlertEscalated,
    AlertHeld,
    AlertMerged,
    AlertRaised,
    AlertReopened,
    AlertSettled,
)
from shared.contracts.base import Event
from shared.contracts.datahub import IndicatorMeasured, IndicatorPublished, ScopeChanged
from shared.contracts.spiral import (
    CorrectionChanged,
    CorrectionClosed,
    CorrectionEvidenced,
    CorrectionOpened,
    CorrectionPlanned,
    CorrectionReopened,
    CorrectionVerified,
    CycleClosed,
    CycleMoved,
    CycleOpened,
    CycleReplanned,
    DiagnosisSigned,
    MeasureCarried,
    MeasureVerified,
)
from shared.contracts.target import (
    AssessmentPublished,
    AttainmentChanged,
    BindingChanged,
    GoalPublished,
    GoalWithdrawn,
)
from shared.contracts.target_tasks import (
    TaskAccepted,
    TaskCancelled,
    TaskDone,
    TaskIssued,
    TaskOverdue,
    TaskProgressed,
)
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription


class NoTimeError(DomainError):
    """An event does not say when it was stated, so no report could say "as of"."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "event-without-time"


async def on_facts(tx: Transaction, batch: Sequence[Received]) -> None:
    """Take a batch of facts into the read model."""
    facts = []
    for each in batch:
        if each.envelope.time is None:
            raise NoTimeError("事件没有时间", f"event {each.envelope.id} has no time")
        facts.append((each.event, each.envelope.time))
    await read_model.take_in(tx, facts)


DATA: Final[tuple[type[Event], ...]] = (IndicatorMeasured, IndicatorPublished, ScopeChanged)
DECISIONS: Final[tuple[type[Event], ...]] = (
    BindingChanged,
    GoalPublished,
    GoalWithdrawn,
    AttainmentChanged,
    AlertRaised,
    AlertMerged,
    AlertHeld,
    AlertAcknowledged,
    AlertAssigned,
    AlertEscalated,
    AlertReopened,
    AlertSettled,
    AlertDismissed,
    CycleOpened,
    CycleMoved,
    CycleReplanned,
    CycleClosed,
    DiagnosisSigned,
    MeasureCarried,
    MeasureVerified,
    TaskIssued,
    TaskAccepted,
    TaskProgressed,
    TaskOverdue,
    TaskDone,
    TaskCancelled,
    AssessmentPublished,
    CorrectionOpened,
    CorrectionChanged,
    CorrectionPlanned,
    CorrectionEvidenced,
    CorrectionVerified,
    CorrectionReopened,
    CorrectionClosed,
)

SUBSCRIPTIONS: Final = (
    Subscription(name="report-data", stream="QA_DATA", events=DATA, handler=on_facts),
    Subscription(name="report-decisions", stream="QA_EVT", events=DECISIONS, handler=on_facts),
)
