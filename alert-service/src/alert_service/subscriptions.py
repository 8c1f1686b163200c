"""Events in: bindings and judgements, what corrections did, names and units from the hub."""

from collections.abc import Sequence

from alert_service import usecases
from alert_service.domain.life import Hours
from shared.contracts.datahub import IndicatorPublished, ScopeChanged
from shared.contracts.spiral import (
    CorrectionFact,
    CorrectionPlanned,
    CorrectionReopened,
    CorrectionVerified,
)
from shared.contracts.target import AttainmentChanged, BindingChanged
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription


def make_subscriptions(hours: Hours) -> list[Subscription]:
    """Return the consumers of this service."""

    async def on_target(tx: Transaction, received: Sequence[Received]) -> None:
        events = [
            each.event
            for each in received
            if isinstance(each.event, BindingChanged | AttainmentChanged)
        ]
        await usecases.follow_target(tx, events, now(), hours)

    async def on_corrections(tx: Transaction, received: Sequence[Received]) -> None:
        events = [each.event for each in received if isinstance(each.event, CorrectionFact)]
        await usecases.follow_corrections(tx, events, now(), hours)

    async def on_scopes(tx: Transaction, received: Sequence[Received]) -> None:
        items = [
            item
            for each in received
            if isinstance(each.event, ScopeChanged)
            for item in each.event.items
        ]
        await usecases.learn_scopes(tx, items, now(), hours)

    async def on_indicators(tx: Transaction, received: Sequence[Received]) -> None:
        told = [each.event for each in received if isinstance(each.event, IndicatorPublished)]
        await usecases.learn_units(tx, told)

    return [
        # One consumer for both: a binding must be known before its judgement.
        Subscription(
            name="alert-attainment",
            stream="QA_EVT",
            events=(BindingChanged, AttainmentChanged),
            handler=on_target,
        ),
        Subscription(
            name="alert-corrections",
            stream="QA_EVT",
            events=(CorrectionPlanned, CorrectionReopened, CorrectionVerified),
            handler=on_corrections,
        ),
        Subscription(
            name="alert-scopes", stream="QA_DATA", events=(ScopeChanged,), handler=on_scopes
        ),
        # Of its own, so that it also hears of what was published before it was there.
        Subscription(
            name="alert-indicators",
            stream="QA_DATA",
            events=(IndicatorPublished,),
            handler=on_indicators,
        ),
    ]
