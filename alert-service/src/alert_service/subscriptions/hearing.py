"""Events in that only rules read: measured values, cycles, feeds."""

from collections.abc import Sequence
from typing import Final

from alert_service import usecases
from alert_service.usecases import hearing
from alert_service.usecases.ruling import Judge, hear_signals
from shared.contracts.datahub import FeedLate, FeedQualityFailed, IndicatorMeasured
from shared.contracts.spiral import (
    CycleClosed,
    CycleFact,
    CycleMigrated,
    CycleMoved,
    CycleOpened,
    CycleReplanned,
)
from shared.contracts.steps import SpiralStepClosed, SpiralStepOpened
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription

LANES: Final = 4
"""Values of different indicators are judged beside each other."""


def make_hearers(judge: Judge) -> list[Subscription]:
    """Return the consumers of what rules read beside judgements and tasks."""

    async def on_measured(tx: Transaction, received: Sequence[Received]) -> None:
        at = now()
        told = [each.event for each in received if isinstance(each.event, IndicatorMeasured)]
        await hear_signals(tx, hearing.read_measured(told, at), at, judge)

    async def on_feeds(tx: Transaction, received: Sequence[Received]) -> None:
        at = now()
        told = [
            (each.event, each.stream_seq, each.stored_at)
            for each in received
            if isinstance(each.event, FeedLate | FeedQualityFailed)
        ]
        await hear_signals(tx, hearing.read_feeds(told, at), at, judge)

    return [
        Subscription(
            name="alert-measured",
            stream="QA_DATA",
            events=(IndicatorMeasured,),
            handler=on_measured,
            lanes=LANES,
        ),
        Subscription(
            name="alert-feeds",
            stream="QA_DATA",
            events=(FeedLate, FeedQualityFailed),
            handler=on_feeds,
        ),
        _cycles(judge),
        _cycle_steps(judge),
    ]


def _cycles(judge: Judge) -> Subscription:
    async def on_cycles(tx: Transaction, received: Sequence[Received]) -> None:
        at = now()
        facts = [each.event for each in received if isinstance(each.event, CycleFact)]
        await hear_signals(tx, hearing.read_cycles(facts, at), at, judge)
        closed = [each for each in facts if isinstance(each, CycleClosed)]
        await usecases.carry_over(tx, closed, at)

    return Subscription(
        name="alert-cycles",
        stream="QA_EVT",
        events=(CycleOpened, CycleMoved, CycleClosed, CycleMigrated, CycleReplanned),
        handler=on_cycles,
    )


def _cycle_steps(judge: Judge) -> Subscription:
    async def on_steps(tx: Transaction, received: Sequence[Received]) -> None:
        at = now()
        told = [
            each.event
            for each in received
            if isinstance(each.event, SpiralStepOpened | SpiralStepClosed)
        ]
        await hear_signals(tx, hearing.read_cycle_steps(told, at), at, judge)

    return Subscription(
        name="alert-cycle-steps",
        stream="QA_EVT",
        events=(SpiralStepOpened, SpiralStepClosed),
        handler=on_steps,
    )
