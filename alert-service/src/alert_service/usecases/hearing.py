"""What events of others say to rules: as signals."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from alert_service.domain.rules.model import Signal
from alert_service.domain.tasks import period_of
from alert_service.domain.watch import Watch, misses_target
from alert_service.usecases.reading import read_number
from shared.calendar import CAMPUS
from shared.contracts.datahub import FeedLate, FeedQualityFailed, IndicatorMeasured
from shared.contracts.spiral import CycleFact
from shared.contracts.steps import CYCLE_STEP, SpiralStepClosed, SpiralStepOpened
from shared.contracts.target import Attainment, AttainmentChanged
from shared.contracts.target_tasks import TaskFact

_FLAGS: Final = ("warning", "overdue", "thin", "stale", "relative_gap")


def read_measured(events: Iterable[IndicatorMeasured], at: datetime) -> list[Signal]:
    """Return the values of events."""
    return [
        Signal(
            "measured",
            item.indicator,
            item.scope,
            item.period,
            "",
            item.seq,
            at,
            read_number(item.value),
            item.n,
            Decimal(item.coverage),
            item.freshest_at,
        )
        for event in events
        for item in event.items
    ]


def read_judged(
    events: Iterable[AttainmentChanged], watches: Mapping[str, Watch], at: datetime
) -> list[Signal]:
    """Return the judgements of bindings; what a forecast misses is the target of its binding."""
    return [
        Signal(
            "judged",
            item.indicator,
            item.scope,
            item.period,
            item.binding,
            item.seq,
            at,
            read_number(item.value),
            said={
                "state": item.state.value,
                **{name: getattr(item, name) for name in _FLAGS},
                "forecast_misses": _misses(item, watches.get(item.binding)),
            },
        )
        for event in events
        for item in event.items
        if item.binding is not None and item.indicator is not None
    ]


def _misses(item: Attainment, watch: Watch | None) -> bool:
    return watch is not None and misses_target(watch, read_number(item.forecast))


def read_tasks(facts: Iterable[TaskFact], at: datetime) -> list[Signal]:
    """Return how tasks stand."""
    return [
        Signal(
            "task",
            "",
            fact.scope,
            period_of(fact),
            fact.id,
            fact.version,
            at,
            read_number(fact.progress),
            said={
                "state": fact.state,
                "kind": fact.kind,
                "progress": fact.progress,
                "executed": fact.executed,
                "due_at": fact.due_at.isoformat() if fact.due_at else None,
            },
        )
        for fact in facts
    ]


def read_cycles(facts: Iterable[CycleFact], at: datetime) -> list[Signal]:
    """Return how cycles stand."""
    return [
        Signal(
            "cycle",
            "",
            fact.scope,
            fact.period,
            fact.cycle,
            fact.version,
            at,
            said={
                "state": fact.state,
                "step": fact.step,
                "definition": fact.definition,
                "entered_at": (fact.entered_at or fact.at).isoformat(),
                "ends_on": fact.ends_on.isoformat() if fact.ends_on else None,
            },
        )
        for fact in facts
    ]


def read_cycle_steps(
    told: Iterable[SpiralStepOpened | SpiralStepClosed], at: datetime
) -> list[Signal]:
    """Return until when cycles are to leave their steps, and that they have left them.

    Steps about anything else tell nothing.
    """
    return [
        Signal(
            "cycle_step",
            "",
            each.scope,
            each.period,
            each.step,
            # What was closed does not open again.
            1 if isinstance(each, SpiralStepOpened) else 2,
            at,
            said={"state": "open", "due_at": each.due_at.isoformat()}
            if isinstance(each, SpiralStepOpened)
            else {"state": "closed"},
        )
        for each in told
        if each.step.startswith(CYCLE_STEP) and each.period
    ]


def read_feeds(
    told: Iterable[tuple[FeedLate | FeedQualityFailed, int, datetime]], at: datetime
) -> list[Signal]:
    """Return how feeds stand.

    What is late of a feed is one alert, whatever the day: it has no period.

    Args:
        told: with the place in the stream, which orders them, and when it took them.
    """
    return [_feed(event, seq, stored_at, at) for event, seq, stored_at in told]


def _feed(
    event: FeedLate | FeedQualityFailed, seq: int, stored_at: datetime, at: datetime
) -> Signal:
    scope = f"feed/{event.feed}"
    match event:
        case FeedLate():
            said = {"level": event.level, "expected_at": event.expected_at.isoformat()}
            return Signal("feed", "", scope, _ALWAYS, event.entity, seq, at, said=said)
        case FeedQualityFailed():
            about = {"gate": event.gate, "failed": event.failed, "checked": event.checked}
            day = stored_at.astimezone(CAMPUS).date().isoformat()
            return Signal(
                "quality", "", scope, f"day:{day}", event.entity, seq, stored_at, said=about
            )


_ALWAYS: Final = "plan:2000-2099"
"""The period of what has none."""
