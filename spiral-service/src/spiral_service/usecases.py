"""What the spiral service can do: one function, one transaction.

Use cases decide nothing. They lock, load, ask ``domain``, store and publish.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from shared.calendar import CAMPUS
from shared.calendar.table import read_calendar
from shared.contracts.datahub import ScopeItem
from shared.contracts.spiral import (
    CorrectionChanged,
    CorrectionClosed,
    CorrectionFact,
    CorrectionOpened,
    CycleOpened,
)
from shared.contracts.steps import StepClosed, StepOpened
from shared.contracts.target import PlanImported
from shared.errors import UnknownReferenceError, no_such
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from shared.scopes import belongs_to
from spiral_service import repository
from spiral_service.domain.correction import AlertNews, Correction, attach, hear, open_correction
from spiral_service.domain.cycle import Cycle, check_free, check_same, cycle_for
from spiral_service.domain.handing_over import ENTITY, record_of
from spiral_service.domain.proposal import covers, key_of, refuse_unfit, running_period
from spiral_service.repository import UnknownDefinitionError, find_definition, history_entry
from spiral_service.schemas import DEFAULT_DEFINITION, OpenCycle, OpenedCycles

AT_ONCE: Final = 500
"""Cycles that one request opens at most. Source: our default."""


async def open_cycle(tx: Transaction, wanted: OpenCycle, now: datetime) -> tuple[Cycle, bool]:
    """Open the cycle of a scope, and take in the corrections that waited for it.

    Returns:
        The cycle, and whether it was opened just now; a repeat changes nothing.

    Raises:
        CyclePinnedError: it is there, with something else.
        UnknownReferenceError: there is no such scope.
        UnknownDefinitionError: there is no such definition; an unknown scope is told as well.
        CycleTakenError: another one of the scope and period is open.
    """
    await repository.lock(tx, [f"cycle:{wanted.key}", wanted.scope])
    present = await repository.find_cycle(tx, wanted.key)
    name, version = wanted.named_definition()
    if present is not None:
        check_same(
            present, scope=wanted.scope, period=wanted.period, definition=name, version=version
        )
        return present, False
    unknown = await _unknown_scope(tx, wanted.scope)
    try:
        definition = find_definition(name or DEFAULT_DEFINITION, version)
    except UnknownDefinitionError as error:
        error.fields |= unknown.fields if unknown else {}
        raise
    if unknown:
        raise unknown
    rivals = await repository.open_cycles(tx, [wanted.scope])
    check_free(next((each for each in rivals if each.period == wanted.period), None))
    cycle = Cycle(
        key=wanted.key,
        version=1,
        scope=wanted.scope,
        period=wanted.period,
        definition=definition.definition,
        definition_version=definition.version,
        step=definition.start,
        state="open",
        opened_at=now,
    )
    await repository.add_cycle(tx, cycle)
    tx.publish(_cycle_opened(cycle), key=cycle.key, subject=cycle.scope)
    await _take_in_waiting(tx, cycle, now)
    return cycle, True


async def propose_cycles(tx: Transaction, plan: PlanImported) -> None:
    """Keep the rhythms of diagnosis that a plan sets; somebody opens cycles by them."""
    await repository.lock(tx, [f"plan:{plan.id}"])
    of_plan = {
        "plan": plan.id,
        "plan_version": plan.version,
        "title": plan.title,
        "scope": plan.scope,
        "period": plan.period,
    }
    rows = [of_plan | each.model_dump(mode="json") for each in plan.cycles]
    await repository.save_proposals(tx, plan.id, plan.version, rows)


async def open_proposed(tx: Transaction, number: int, now: datetime) -> OpenedCycles:
    """Open the cycles that a plan proposes for a level, in the period that runs now.

    A scope that has an open cycle of the period keeps it. At most `AT_ONCE` are opened; the answer
    tells how many are left.

    Raises:
        ProposalNotFoundError: none has that number.
        ProposalUnfitError: it only warns, or no period of its rhythm runs now.
    """
    row = await repository.get_proposal(tx, number)
    day = now.astimezone(CAMPUS).date()
    period = running_period(row.rhythm, row.period, day, await read_calendar(tx))
    running = refuse_unfit(row.rhythm, period, warning_only=row.warning_only)
    which = covers(row.level, row.scope)
    scopes, count = await repository.scopes_without_cycle(tx, which, running, AT_ONCE)
    # All at once and in one order: two who open the same cannot wait for each other.
    keys = [key_of(running, scope) for scope in scopes]
    await repository.lock(tx, [*scopes, *(f"cycle:{key}" for key in keys)])
    opened = [
        key
        for key, scope in zip(keys, scopes, strict=True)
        if (await open_cycle(tx, OpenCycle(key=key, scope=scope, period=running), now))[1]
    ]
    return OpenedCycles(period=running, opened=opened, left=count - len(scopes))


async def knows_scope(tx: Transaction, scope: str) -> bool:
    """Return whether the hub has told of a scope."""
    return await repository.has_scope(tx, scope)


async def follow_alerts(tx: Transaction, news: Sequence[AlertNews]) -> None:
    """Open, update and close the corrections of a batch of facts about alerts, in their order.

    The record of one is another when it opens and when it closes: then it is handed over.
    """
    scopes = {each.scope for each in news}
    await repository.lock(tx, scopes)
    known = await repository.corrections_of(tx, [each.alert for each in news])
    cycles: defaultdict[str, list[Cycle]] = defaultdict(list)
    for cycle in await repository.open_cycles(tx, scopes):
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


async def learn_scopes(tx: Transaction, items: Sequence[ScopeItem]) -> None:
    """Keep the newest names of the scopes in a batch."""
    newest: dict[str, ScopeItem] = {}
    for item in items:
        if item.scope not in newest or newest[item.scope].seq < item.seq:
            newest[item.scope] = item
    await repository.save_scopes(
        tx,
        [
            {
                "scope": item.scope,
                "name_zh": item.name_zh,
                "name_en": item.name_en,
                "parents": list(item.parents),
                "owners": [owner.model_dump() for owner in item.owners],
                "gone": item.gone,
                "seq": item.seq,
            }
            for item in newest.values()
        ],
    )


async def add_work(tx: Transaction, step: StepOpened) -> None:
    """Put a human step on the work list; one that was there stays as it is."""
    await repository.add_work(tx, step.model_dump() | {"state": "open"})


async def close_work(tx: Transaction, step: StepClosed, at: datetime) -> None:
    """Take a human step off the work list."""
    await repository.close_work(tx, step.step, how=step.how, by=step.by, at=at)


async def _unknown_scope(tx: Transaction, scope: str) -> UnknownReferenceError | None:
    if await repository.has_scope(tx, scope):
        return None
    reason = no_such("诊改对象", "scope", scope, await repository.scopes_like(tx, scope))
    return UnknownReferenceError(
        f"没有诊改对象 {scope}",
        f"there is no scope {scope}",
        fields={"$.scope": [reason]},
        fixes=[
            "GET /api/datahub/v1/scopes 列出全部对象 (lists every scope)",
            "记录刚推送的请稍后再试 (if its record was pushed just now, try again in a moment)",
        ],
    )


async def _take_in_waiting(tx: Transaction, cycle: Cycle, now: datetime) -> None:
    attached = [
        attach(each, cycle.key) for each in await repository.waiting_corrections(tx, cycle.scope)
    ]
    for correction in attached:
        _publish(tx, correction, now)
    await repository.save_corrections(
        tx, attached, [history_entry(each, "attached", now) for each in attached]
    )


async def _hand_over(tx: Transaction, corrections: Sequence[Correction]) -> None:
    """Hand corrections over to the hub as they stand."""
    if not corrections:
        return
    places = await belongs_to(tx, {each.scope for each in corrections})
    for each in corrections:
        tx.hand_over(ENTITY, str(each.id), record_of(each, places[each.scope]))


def _cycle_opened(cycle: Cycle) -> CycleOpened:
    return CycleOpened(
        cycle=cycle.key,
        version=cycle.version,
        scope=cycle.scope,
        period=cycle.period,
        definition=f"{cycle.definition}@{cycle.definition_version}",
        step=cycle.step,
        at=cycle.opened_at,
    )


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
