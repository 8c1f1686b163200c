"""What people do with alerts, and the clock where they do nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from alert_service.domain import acting
from alert_service.domain.acting import Right
from alert_service.domain.life import Alert, Assignment, Clocks, Hours, How, Step
from alert_service.repository import alerts, boards, exemptions, names
from alert_service.repository.alerts import no_alert
from alert_service.usecases.ruling import RULE
from alert_service.usecases.telling import ESCALATION, tell
from shared.calendar import Calendar
from shared.calendar.table import read_calendar
from shared.contracts.spiral import CycleClosed
from shared.kit.database import Transaction
from shared.kit.identity import NotAllowedError
from shared.kit.ids import uuid7
from shared.kit.timers import see_due, set_timers, take_seen

Precondition = Callable[[int | None], None]
"""Gets the present version under the lock, and refuses what must not be."""

EXEMPTION: Final = "exemption"
"""Kind of the timers that end what is accepted until a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What an act did."""

    alert: Alert
    changed: bool
    """False: it was so before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who acts on which alert, and what he has seen of it."""

    alert: str
    right: Right
    expect: Precondition
    at: datetime


async def acknowledge(tx: Transaction, act: Act, note: str) -> Acted:
    """Record that somebody has seen an alert.

    Raises:
        AlertNotFoundError: no alert has that id.
        NotAllowedError: the caller is neither its owner nor a writer.
        AlertSettledError: it is over.
    """
    alert = await _theirs(tx, act, "签收", "to acknowledge")
    seen = acting.acknowledge(alert, act.right.subject, note, act.at)
    return await _done(tx, alert, seen, Step.ACKNOWLEDGED, act.at)


async def assign(tx: Transaction, act: Act, owner: str, note: str, hours: Hours) -> Acted:
    """Name who answers for an alert; its owner may hand it on.

    Raises:
        AlertNotFoundError: no alert has that id.
        NotAllowedError: the caller is neither its owner nor a writer.
        AlertSettledError: it is over.
    """
    alert = await _theirs(tx, act, "指派", "to assign")
    assigned = Assignment(by=act.right.subject, at=act.at, note=note)
    named = acting.assign(alert, owner, assigned, Clocks(hours, await read_calendar(tx)))
    return await _done(tx, alert, named, Step.ASSIGNED, act.at)


async def dismiss(
    tx: Transaction, act: Act, how: How, reason: str, until: datetime | None
) -> Acted:
    """End an alert whose value did not come back: false alarm, accepted, carried.

    Raises:
        AlertNotFoundError: no alert has that id.
        NotAllowedError: the caller is no writer, or answers for it himself.
        AlertSettledError: it is over.
        DismissalError: the day until which it is accepted is missing, past, or given to another.
    """
    alert = await _find(tx, act)
    mine = Right(subject=act.right.subject, writer=False).covers(alert.owner)
    if not act.right.writer or mine:
        raise NotAllowedError(
            "撤销预警需要权限 alert:write，且不能是该预警的责任人",
            "this needs the permission alert:write, and not to be the owner of the alert",
        )
    act.expect(alert.version)
    return await _dismiss(tx, alert, how, (act.right.subject, reason), until, act.at)


async def carry_over(tx: Transaction, closed: Sequence[CycleClosed], at: datetime) -> None:
    """End the alerts that closed cycles carry to the stage loop, locked in their order."""
    found = [(each.alert, each.reason, event) for event in closed for each in event.carried]
    for key, reason, event in sorted(found, key=lambda each: each[0]):
        alert = await alerts.find_alert(tx, key)
        if alert is not None and alert.settled is None:
            by = event.by or f"cycle/{event.cycle}"
            await _dismiss(tx, alert, How.CARRIED, (by, reason), None, at)


async def escalate_due(tx: Transaction, hours: Hours) -> bool:
    """Call the next one where nobody acknowledged in time; return whether any was due.

    Whoever acts on an alert now has locked it, and then sets its timer: it is looked at after him.
    """
    due = await see_due(tx, ESCALATION)
    if due is None:
        return False
    found = await alerts.lock_free(tx, due.keys)
    await take_seen(tx, ESCALATION, due, {alert.id for alert in found})
    clocks = Clocks(hours, await read_calendar(tx))
    heads = await names.find_heads(tx, {alert.scope for alert in found})
    steps: list[tuple[Step, Alert]] = []
    for alert in found:
        later = acting.escalate(alert, due.at, clocks, heads.get(alert.scope))
        if later is not None:
            steps.append((Step.ESCALATED, later))
    await alerts.save_steps(tx, steps, due.at)
    await tell(tx, steps, due.at)
    return bool(found)


async def follow_calendar(tx: Transaction, before: Calendar, at: datetime) -> None:
    """Let alerts that wait keep their working hours by another calendar (签收时限随校历顺延)."""
    calendar = await read_calendar(tx)
    waiting = await alerts.list_waiting(tx, at)
    # Thousands that were raised together are due together: each instant is reckoned once.
    dues = {each.due_at for each in waiting}
    later = {due: calendar.add(at, before.between(at, due)) for due in dues}
    moved = [
        replace(alert, version=alert.version + 1, due_at=later[alert.due_at])
        for alert in waiting
        if later[alert.due_at] != alert.due_at
    ]
    await alerts.save_alerts(tx, moved, at)
    await set_timers(tx, ESCALATION, {each.id: each.due_at for each in moved})
    await tell(tx, [], at, also=moved)


async def end_exemptions(tx: Transaction, hours: Hours) -> bool:
    """Look again at what was accepted until now; return whether there was any."""
    due = await see_due(tx, EXEMPTION)
    if due is None:
        return False
    # Cells and alerts, exemptions, timers: whoever dismisses locks in that order, too.
    of_rules = [cell for cell in due.keys if cell.startswith("rule/")]
    await _look_again(tx, [cell for cell in due.keys if cell not in of_rules], due.at, hours)
    await exemptions.drop_over(tx, due.keys, due.at)
    await take_seen(tx, EXEMPTION, due)
    await set_timers(tx, RULE, dict.fromkeys(of_rules, due.at))
    return True


async def _look_again(tx: Transaction, cells: Sequence[str], at: datetime, hours: Hours) -> None:
    """Decide about cells of bindings as they are."""
    if not cells:
        return
    await names.share_scopes(tx)
    clocks = Clocks(hours, await read_calendar(tx))
    board = await boards.load_board(tx, cells, clocks=clocks, new_id=_new_id)
    board.owners = await names.find_owners(tx, [each.scope for each in board.watches.values()])
    for cell in cells:
        board.reconsider(cell, at)
    await boards.save_board(tx, board, at)
    await tell(tx, board.steps, at)


async def _theirs(tx: Transaction, act: Act, zh: str, en: str) -> Alert:
    """Return an alert that the caller answers for, or may write."""
    alert = await _find(tx, act)
    if not act.right.answers_for(alert.owner, alert.supervisor):
        raise NotAllowedError(
            f"{zh}需要权限 alert:write，或是该预警的责任人、督办人",
            f"{en} needs the permission alert:write, or to be the owner of the alert or its"
            " supervisor",
        )
    act.expect(alert.version)
    return alert


async def _find(tx: Transaction, act: Act) -> Alert:
    """Return an alert, but not one of a family that the caller does not see."""
    alert = await alerts.get_alert(tx, act.alert)
    if alert.family in act.right.hidden and alert.owner not in act.right.names():
        raise no_alert(act.alert)
    return alert


async def _dismiss(
    tx: Transaction,
    alert: Alert,
    how: How,
    said: tuple[str, str],
    until: datetime | None,
    at: datetime,
) -> Acted:
    ended, exemption = acting.dismiss(alert, how, *said, until, at)
    await exemptions.save_exemption(tx, exemption, at)
    await set_timers(tx, EXEMPTION, {alert.cell: until})
    return await _done(tx, alert, ended, Step.DISMISSED, at)


async def _done(tx: Transaction, before: Alert, after: Alert, step: Step, at: datetime) -> Acted:
    if after is before:
        return Acted(alert=before, changed=False)
    steps = [(step, after)]
    await alerts.save_steps(tx, steps, at)
    await tell(tx, steps, at)
    return Acted(alert=after, changed=True)


def _new_id() -> str:
    return str(uuid7())
