"""Events in: bindings, judgements and tasks, what corrections did, names and units from the hub."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from alert_service import usecases
from alert_service.domain.life import Hours
from alert_service.usecases.ruling import Judge
from shared.calendar.table import calendar_subscription, read_calendar
from shared.contracts.datahub import IndicatorPublished, ScopeChanged
from shared.contracts.spiral import (
    CorrectionFact,
    CorrectionPlanned,
    CorrectionReopened,
    CorrectionVerified,
)
from shared.contracts.target import AttainmentChanged, BindingChanged
from shared.contracts.target_tasks import (
    TaskAccepted,
    TaskCancelled,
    TaskDone,
    TaskFact,
    TaskIssued,
    TaskOverdue,
    TaskProgressed,
)
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription

_TASKS: Final = (
    *(TaskIssued, TaskAccepted, TaskProgressed),
    *(TaskOverdue, TaskDone, TaskCancelled),
)


async def on_indicators(tx: Transaction, received: Sequence[Received]) -> None:
    """Keep the units of indicators."""
    told = [each.event for each in received if isinstance(each.event, IndicatorPublished)]
    await usecases.learn_units(tx, told)


INDICATORS: Final = Subscription(
    # Of its own, so that it also hears of what was published before it was there.
    name="alert-indicators",
    stream="QA_DATA",
    events=(IndicatorPublished,),
    handler=on_indicators,
)


def make_followers(judge: Judge) -> list[Subscription]:
    """Return the consumers of what alerts follow."""
    hours = judge.hours

    async def on_target(tx: Transaction, received: Sequence[Received]) -> None:
        events = [
            each.event
            for each in received
            if isinstance(each.event, BindingChanged | AttainmentChanged)
        ]
        await usecases.follow_target(tx, events, now(), judge)

    async def on_tasks(tx: Transaction, received: Sequence[Received]) -> None:
        facts = [each.event for each in received if isinstance(each.event, TaskFact)]
        await usecases.follow_tasks(tx, facts, now(), judge)

    async def on_scopes(tx: Transaction, received: Sequence[Received]) -> None:
        items = [
            item
            for each in received
            if isinstance(each.event, ScopeChanged)
            for item in each.event.items
        ]
        await usecases.learn_scopes(tx, items, now(), hours)

    return [
        # One consumer for both: a binding must be known before its judgement.
        Subscription(
            name="alert-attainment",
            stream="QA_EVT",
            events=(BindingChanged, AttainmentChanged),
            handler=on_target,
        ),
        # One consumer for all of them: their order is kept only within one.
        Subscription(name="alert-tasks", stream="QA_EVT", events=_TASKS, handler=on_tasks),
        _corrections(hours),
        Subscription(
            name="alert-scopes", stream="QA_DATA", events=(ScopeChanged,), handler=on_scopes
        ),
        INDICATORS,
        _calendar(),
    ]


def _calendar() -> Subscription:
    kept = calendar_subscription("alert")

    async def on_calendar(tx: Transaction, received: Sequence[Received]) -> None:
        before = await read_calendar(tx)
        await kept.handler(tx, received)
        await usecases.follow_calendar(tx, before, now())

    return replace(kept, handler=on_calendar)


def _corrections(hours: Hours) -> Subscription:
    async def on_corrections(tx: Transaction, received: Sequence[Received]) -> None:
        events = [each.event for each in received if isinstance(each.event, CorrectionFact)]
        await usecases.follow_corrections(tx, events, now(), hours)

    return Subscription(
        name="alert-corrections",
        stream="QA_EVT",
        events=(CorrectionPlanned, CorrectionReopened, CorrectionVerified),
        handler=on_corrections,
    )
