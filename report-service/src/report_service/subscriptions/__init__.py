"""Events in: everything a report tells is taken into the read model.

``again``  the same facts, read again from the streams or from the services that published them
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar, Final

from nats.aio.msg import Msg
from pydantic import ValidationError

from report_service.usecases import read_model, schedules
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
from shared.contracts.base import Envelope, Event
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
    CycleFact,
    CycleMoved,
    CycleOpened,
    CycleReassigned,
    CycleReplanned,
    DiagnosisSigned,
    LessonLearnt,
    MeasureCarried,
    MeasureVerified,
)
from shared.contracts.spiral_culture import CampaignRecorded, SurveyRecorded
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
from shared.kit.worker import PoisonError, Received, Subscription, read_envelope


class NoTimeError(DomainError):
    """An event does not say when it was stated, so no report could say "as of"."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "event-without-time"


Fact = tuple[Event, datetime]


async def on_facts(tx: Transaction, batch: Sequence[Received]) -> None:
    """Take a batch of facts into the read model."""
    facts = [_fact(each.envelope, each.event) for each in batch]
    await read_model.take_in(tx, facts)
    await schedules.follow_cycles(tx, [each for each, _ in facts if isinstance(each, CycleFact)])


def read_facts(messages: Sequence[Msg], subscription: Subscription) -> list[Fact]:
    """Return the facts that messages of a stream hold; what became a dead letter is passed over."""
    facts: list[Fact] = []
    for message in messages:
        with suppress(PoisonError, ValidationError, NoTimeError):
            envelope = read_envelope(message)
            model = subscription.by_type[envelope.type]
            facts.append(_fact(envelope, model.model_validate(envelope.data)))
    return facts


def read_fact(event: Mapping[str, Any], by_type: Mapping[str, type[Event]]) -> Fact:
    """Return the fact that a service kept of what it published.

    Raises:
        NoTimeError: it does not say when it was stated.
    """
    envelope = Envelope.model_validate(event)
    return _fact(envelope, by_type[envelope.type].model_validate(envelope.data))


def _fact(envelope: Envelope, event: Event) -> Fact:
    if envelope.time is None:
        raise NoTimeError("事件没有时间", f"event {envelope.id} has no time")
    return event, envelope.time


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
    CycleReassigned,
    CycleReplanned,
    CycleClosed,
    DiagnosisSigned,
    LessonLearnt,
    CampaignRecorded,
    SurveyRecorded,
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
