"""Corrections follow their alerts and their values, and find their cycles."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.contracts.spiral import CorrectionOpened
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from spiral_service.domain.correcting import Group
from spiral_service.domain.correction import (
    AlertNews,
    Correction,
    Remeasured,
    attach,
    hear,
    open_correction,
    remeasure,
)
from spiral_service.domain.cycle import Cycle, cycle_for
from spiral_service.repository import corrections as repository
from spiral_service.repository.corrections import history_entry
from spiral_service.repository.cycles import open_cycles
from spiral_service.repository.locks import lock
from spiral_service.usecases.corrections.telling import (
    hand_over,
    publish,
    publish_closed,
    subject_of,
    tell_steps,
)

Cell = tuple[str, str, str]
"""Indicator, scope and period of a value."""


@dataclass(slots=True)
class _Batch:
    """What a batch of facts made of corrections, by alert."""

    known: dict[str, Correction]
    cycles: Mapping[str, list[Cycle]]
    changed: dict[str, Correction] = field(default_factory=dict)
    turned: set[str] = field(default_factory=set)
    """Those of which the record is another."""

    history: list[dict[str, Any]] = field(default_factory=list)


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
    batch = _Batch(known, cycles)
    for each in news:
        _hear(tx, batch, each)
    # Who deals with the others of a cause at the same time must see these.
    await lock(tx, {str(each.joined) for each in batch.changed.values() if each.joined})
    await repository.save_corrections(tx, list(batch.changed.values()), batch.history)
    await hand_over(tx, [batch.changed[alert] for alert in sorted(batch.turned)])
    if news:
        at = max(each.at for each in news)
        await tell_steps(tx, await _groups_of(tx, batch.changed.values()), at)


async def remeasure_all(
    tx: Transaction, found: Sequence[tuple[Cell, Remeasured]], at: datetime
) -> None:
    """Take the newest values of the corrections that have a measure; others have none to show."""
    indicators, scopes = {cell[0] for cell, _ in found}, {cell[1] for cell, _ in found}
    concerned = await repository.planned_of(tx, scopes, indicators)
    if not concerned:
        return
    await lock(tx, {each.scope for each in concerned})
    before = {each.id: each for each in await repository.planned_of(tx, scopes, indicators)}
    after = dict(before)
    for cell, value in found:
        for id_, each in after.items():
            if (each.indicator, each.scope, each.period) == cell:
                after[id_] = remeasure(each, value)
    changed = [each for id_, each in after.items() if each is not before[id_]]
    await repository.save_corrections(
        tx, changed, [history_entry(each, "remeasured", at) for each in changed]
    )
    for each in changed:
        publish(tx, each, at)


async def hand_over_page(tx: Transaction, after: str) -> str | None:
    """Hand over the corrections that follow an id; return the last, None where there are none."""
    corrections = await repository.next_corrections(tx, after)
    await hand_over(tx, corrections)
    return str(corrections[-1].id) if corrections else None


async def tell_earlier_steps(tx: Transaction, after: str, at: datetime) -> str | None:
    """Open the steps of the corrections that follow an id, as far as they wait for somebody.

    Those from before steps were told have none; of the others nothing new is said.
    """
    corrections = await repository.next_corrections(tx, after)
    await tell_steps(tx, await _groups_of(tx, corrections), at)
    return str(corrections[-1].id) if corrections else None


async def take_in_waiting(tx: Transaction, cycle: Cycle, now: datetime) -> None:
    """Attach to a cycle that opened the corrections that waited for one."""
    attached = [
        attach(each, cycle.key) for each in await repository.waiting_corrections(tx, cycle.scope)
    ]
    for correction in attached:
        publish(tx, correction, now)
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
        publish(tx, correction, at)
    await repository.save_corrections(
        tx, freed, [history_entry(each, "attached", at) for each in freed]
    )


def _hear(tx: Transaction, batch: _Batch, news: AlertNews) -> None:
    before = batch.known.get(news.alert)
    if before is None:
        before = open_correction(uuid7(), news, cycle_for(news.period, batch.cycles[news.scope]))
        batch.changed[news.alert] = before
        batch.turned.add(news.alert)
        batch.history.append(history_entry(before, "raised", news.raised_at))
        publish(tx, before, news.at, CorrectionOpened)
    after = hear(before, news)
    batch.known[news.alert] = after
    if after is before:
        return
    batch.changed[news.alert] = after
    batch.history.append(history_entry(after, news.what, news.at))
    if after.state == "open":
        publish(tx, after, news.at)
        return
    publish_closed(tx, after, news.at)
    if before.state == "open":
        batch.turned.add(news.alert)


async def _groups_of(tx: Transaction, corrections: Collection[Correction]) -> dict[str, Group]:
    """Return the open corrections that are dealt with together with these, by subject."""
    shared = await repository.open_groups(tx, {each.joined for each in corrections if each.joined})
    alone: dict[str, Group] = {
        subject_of(each): [each] if each.state == "open" else []
        for each in corrections
        if each.joined is None
    }
    return alone | {str(joined): group for joined, group in shared.items()}
