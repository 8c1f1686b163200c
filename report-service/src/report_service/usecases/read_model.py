"""Take in what the other services state: the newest word on each thing, by sets."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from report_service import repository
from report_service.repository import Record
from report_service.tables import (
    AlertRow,
    BindingRow,
    CorrectionRow,
    CycleRow,
    GoalRow,
    IndicatorRow,
    JudgementRow,
    Known,
    MeasurementRow,
    ScopeRow,
)
from shared.contracts.alert import AlertDismissed, AlertFact, AlertHeld, AlertSettled
from shared.contracts.base import Event, Model
from shared.contracts.datahub import (
    IndicatorMeasured,
    IndicatorPublished,
    MeasuredValue,
    ScopeChanged,
    ScopeItem,
)
from shared.contracts.spiral import CorrectionClosed, CorrectionFact, CycleFact
from shared.contracts.target import (
    Attainment,
    AttainmentChanged,
    BindingChanged,
    GoalFact,
    GoalPublished,
    GoalWithdrawn,
)
from shared.kit.database import Transaction

_ITEMS: Final[dict[type[Event], type[Known]]] = {
    IndicatorMeasured: MeasurementRow,
    ScopeChanged: ScopeRow,
    AttainmentChanged: JudgementRow,
}
"""Facts that carry items, each with its own ``seq``."""

_SINGLES: Final[dict[type[Event], type[Known]]] = {
    IndicatorPublished: IndicatorRow,
    BindingChanged: BindingRow,
    GoalPublished: GoalRow,
    GoalWithdrawn: GoalRow,
}
"""Facts about one thing, with a ``version``."""


async def take_in(tx: Transaction, facts: Sequence[tuple[Event, datetime]]) -> None:
    """Bring the read model up to date with a batch of facts and when each was stated."""
    kinds: defaultdict[type[Known], list[Record]] = defaultdict(list)
    for fact, stated_at in facts:
        kind, records = _records(fact, stated_at)
        kinds[kind] += records
    # One order of tables for every batch, or two consumers could deadlock.
    for kind in sorted(kinds, key=lambda each: each.__name__):
        await repository.keep_newest(tx, kind, kinds[kind])


def _records(fact: Event, stated_at: datetime) -> tuple[type[Known], Iterable[Record]]:
    match fact:
        case IndicatorMeasured() | ScopeChanged() | AttainmentChanged():
            items = [_record(item, stated_at, version=item.seq) for item in _items(fact)]
            return _ITEMS[type(fact)], items
        case IndicatorPublished() | BindingChanged() | GoalPublished() | GoalWithdrawn():
            return _SINGLES[type(fact)], [_record(fact, stated_at, **_ending(fact))]
        case AlertFact():
            return AlertRow, [_record(fact, fact.at, **_phase(fact))]
        case CycleFact():
            return CycleRow, [_record(fact, fact.at)]
        case CorrectionFact():
            closed = isinstance(fact, CorrectionClosed)
            return CorrectionRow, [_record(fact, fact.at, is_closed=closed)]
        case _:
            raise TypeError(f"no table keeps {fact.event_type()}")


def _items(
    fact: IndicatorMeasured | ScopeChanged | AttainmentChanged,
) -> Sequence[MeasuredValue | ScopeItem | Attainment]:
    """Return the items that a report is told from: of judgements, those of bindings."""
    if isinstance(fact, AttainmentChanged):
        return [item for item in fact.items if item.binding is not None]
    return fact.items


def _record(model: Model, stated_at: datetime, **more: Any) -> Record:
    return model.model_dump(mode="json") | {"at": stated_at.isoformat()} | more


def _ending(fact: Event) -> Record:
    """Return whether a goal is in force no more; other facts say so themselves."""
    return {"withdrawn": isinstance(fact, GoalWithdrawn)} if isinstance(fact, GoalFact) else {}


def _phase(fact: AlertFact) -> Record:
    match fact:
        case AlertSettled() | AlertDismissed():
            return {"phase": "settled", "settled_at": fact.at.isoformat()}
        case AlertHeld():
            return {"phase": "held"}
        case _:
            return {"phase": "open"}
