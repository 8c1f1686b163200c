"""Corrections (纠偏) follow their alerts, and find their cycles."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.contracts.spiral import (
    CorrectionChanged,
    CorrectionClosed,
    CorrectionFact,
    CorrectionOpened,
)
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from shared.scopes import belongs_to
from spiral_service.domain.correction import AlertNews, Correction, attach, hear, open_correction
from spiral_service.domain.cycle import Cycle, cycle_for
from spiral_service.domain.handing_over import ENTITY, record_of
from spiral_service.repository import corrections as repository
from spiral_service.repository.corrections import history_entry
from spiral_service.repository.cycles import open_cycles
from spiral_service.repository.locks import lock


async def follow_alerts(tx: Transaction, news: Sequence[AlertNews]) -> None:
    """Open, update and close the corrections of a batch of facts about alerts, in their order.

    The record of one is another when it opens and when it closes: then it is handed over.
    """
    scopes = {each.scope for each in news}
    await lock(tx, scopes)
    known = await repository.corrections_of(tx, [each.alert for each in news])
    cycles: defaultdict[str, list[Cycle]] = defaultdict(list)
    for cycle in await open_cycles(tx, scopes):
        cycles[cycle.scope].append(cycle)
    changed: dict[str, Correction] = {}
    turned: set[str] = set()
    history: list[dict[str, Any]] = []
    for each in news:
        before = known.get(each.alert)
        if before is None:
            before = open_correction(uuid7(), each, cycle_for(each.period, cycles[each.scope]))
            changed[each.alert] = before
            turned.add(each.alert)
            history.append(history_entry(before, "raised", each.raised_at))
            _publish(tx, before, each.at, CorrectionOpened)
        after = hear(before, each)
        known[each.alert] = after
        if after.state != before.state:
            turned.add(each.alert)
        if after is not before:
            changed[each.alert] = after
            history.append(history_entry(after, each.what, each.at))
            _publish(tx, after, each.at)
    await repository.save_corrections(tx, list(changed.values()), history)
    await _hand_over(tx, [changed[alert] for alert in sorted(turned)])


async def hand_over_page(tx: Transaction, after: str) -> str | None:
    """Hand over the corrections that follow an id; return the last, None where there are none."""
    corrections = await repository.next_corrections(tx, after)
    await _hand_over(tx, corrections)
    return str(corrections[-1].id) if corrections else None


async def take_in_waiting(tx: Transaction, cycle: Cycle, now: datetime) -> None:
    """Attach to a cycle that opened the corrections that waited for one."""
    attached = [
        attach(each, cycle.key) for each in await repository.waiting_corrections(tx, cycle.scope)
    ]
    for correction in attached:
        _publish(tx, correction, now)
    await repository.save_corrections(
        tx, attached, [history_entry(each, "attached", now) for each in attached]
    )


async def let_go(tx: Transaction, closed: Cycle, at: datetime) -> None:
    """Let the open corrections of a cycle that closed go on in another open one, or wait for it."""
    others = await open_cycles(tx, [closed.scope])
    freed = [
        attach(each, cycle_for(each.period, others))
        for each in await repository.open_corrections(tx, closed.key)
    ]
    for correction in freed:
        _publish(tx, correction, at)
    await repository.save_corrections(
        tx, freed, [history_entry(each, "attached", at) for each in freed]
    )


async def _hand_over(tx: Transaction, corrections: Sequence[Correction]) -> None:
    """Hand corrections over to the hub as they stand."""
    if not corrections:
        return
    places = await belongs_to(tx, {each.scope for each in corrections})
    for each in corrections:
        tx.hand_over(ENTITY, str(each.id), record_of(each, places[each.scope]))


def _publish(
    tx: Transaction,
    correction: Correction,
    at: datetime,
    event: type[CorrectionOpened | CorrectionChanged] = CorrectionChanged,
) -> None:
    """State how the correction stands: opened, changed while it is open, or closed.

    Closed is stated again, under a higher version, when the value before came late.
    """
    fact: dict[str, Any] = {
        "correction": str(correction.id),
        "version": correction.version,
        "cycle": correction.cycle,
        "alert": correction.alert,
        "scope": correction.scope,
        "period": correction.period,
        "severity": correction.severity,
        "indicator": correction.indicator,
        "title": correction.title,
        "owner": correction.owner,
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
    told: CorrectionFact
    if correction.state == "open":
        told = event.model_validate(fact)
    else:
        outcome = {
            "how": correction.how,
            "value_after": correction.value_after,
            "effect": correction.effect,
        }
        told = CorrectionClosed.model_validate(fact | outcome)
    tx.publish(told, key=str(correction.id), subject=correction.scope)
