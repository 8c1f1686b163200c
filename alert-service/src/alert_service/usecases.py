"""What the alert service can do: one function, one transaction.

Use cases decide nothing. They load, ask ``domain``, store and publish. Every fact of an alert
has its scope as partition key: the facts of one scope keep their order. Whatever changes an alert
hands its record over to the hub.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final, assert_never

from alert_service.domain import life
from alert_service.domain.correcting import CorrectionNews
from alert_service.domain.handing_over import ENTITY, record_of
from alert_service.domain.life import Alert, Clocks, Hours, Right, Step
from alert_service.domain.severity import Standing
from alert_service.domain.tasks import standing_of, watch_of
from alert_service.domain.watch import Line, Watch
from alert_service.repository import boards, earlier, names
from shared.calendar.table import read_calendar
from shared.contracts.alert import (
    AlertAcknowledged,
    AlertFact,
    AlertHeld,
    AlertMerged,
    AlertRaised,
    AlertReopened,
    AlertSettled,
)
from shared.contracts.datahub import IndicatorPublished, ScopeItem
from shared.contracts.spiral import CorrectionFact, CorrectionReopened, CorrectionVerified
from shared.contracts.target import Attainment, AttainmentChanged, BindingChanged, Limit
from shared.contracts.target_tasks import TaskFact
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.identity import NotAllowedError
from shared.kit.ids import uuid7
from shared.scopes import belongs_to

_PLAIN: Final[dict[Step, type[AlertFact]]] = {
    Step.RAISED: AlertRaised,
    Step.MERGED: AlertMerged,
    Step.REOPENED: AlertReopened,
}
"""Steps of which nothing more is told than how the alert stands."""

Precondition = Callable[[int | None], None]
"""Gets the present version under the lock, and refuses what must not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """What an acknowledgement did."""

    alert: Alert
    changed: bool
    """False: somebody had acknowledged it before."""


class JudgementError(DomainError):
    """A judgement carries a number that is none."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "judgement"
    title_zh: ClassVar = "判定中的数无法读取"
    title_en: ClassVar = "A judgement carries no number"


async def follow_target(
    tx: Transaction,
    events: Sequence[BindingChanged | AttainmentChanged],
    at: datetime,
    hours: Hours,
) -> None:
    """Take changed bindings and judgements in their order; raise, merge, hold and settle."""
    await _follow(tx, [each for event in events for each in _read(event)], at, hours)


async def follow_tasks(
    tx: Transaction, facts: Sequence[TaskFact], at: datetime, hours: Hours
) -> None:
    """Take what became of tasks in its order: one that is overdue warns until it is done."""
    taken: list[Watch | Standing] = []
    for fact in facts:
        taken += [watch_of(fact), standing_of(fact, _number(fact.progress))]
    await _follow(tx, taken, at, hours)


async def _follow(
    tx: Transaction, taken: Sequence[Watch | Standing], at: datetime, hours: Hours
) -> None:
    await names.share_scopes(tx)
    clocks = Clocks(hours, await read_calendar(tx))
    board = await boards.load_board(
        tx, (each.cell for each in taken), clocks=clocks, new_id=_new_id
    )
    scopes = [watch.scope for watch in board.watches.values()]
    scopes += [each.scope for each in taken if isinstance(each, Watch)]
    board.owners = await names.find_owners(tx, scopes)
    for each in taken:
        match each:
            case Watch():
                board.bind(each, at)
            case Standing():
                board.judge(each, at)
            case _:
                assert_never(each)
    await boards.save_board(tx, board, at)
    await _tell(tx, board.steps, at)


async def follow_corrections(
    tx: Transaction, events: Sequence[CorrectionFact], at: datetime, hours: Hours
) -> None:
    """Take facts about corrections in their order; note work, reopen and settle their alerts."""
    clocks = Clocks(hours, await read_calendar(tx))
    await names.share_scopes(tx)
    cells = await boards.cells_of(tx, [each.alert for each in events])
    board = await boards.load_board(tx, cells, clocks=clocks, new_id=_new_id)
    board.owners = await names.find_owners(tx, [each.scope for each in events])
    for each in events:
        board.hear(_news(each), at)
    await boards.save_board(tx, board, at)
    await _tell(tx, board.steps, at)


async def learn_scopes(
    tx: Transaction, items: Sequence[ScopeItem], at: datetime, hours: Hours
) -> None:
    """Keep scopes; open alerts that nobody in particular answers for get their owner.

    The records of open alerts are handed over anew: their scopes may belong elsewhere now.
    """
    await names.save_scopes(tx, items)
    scopes = sorted({item.scope for item in items})
    cells = await boards.list_open_cells(tx, scopes)
    if not cells:
        return
    clocks = Clocks(hours, await read_calendar(tx))
    board = await boards.load_board(tx, cells, clocks=clocks, new_id=_new_id)
    board.owners = await names.find_owners(tx, scopes)
    for cell in cells:
        board.reconsider(cell, at)
    await boards.save_board(tx, board, at)
    await _tell(tx, board.steps, at, also=tuple(board.open_alerts.values()))


async def learn_units(tx: Transaction, told: Sequence[IndicatorPublished]) -> None:
    """Keep the units of indicators: lines are told in them."""
    await names.save_indicators(tx, told)


async def acknowledge(
    tx: Transaction, alert_id: str, right: Right, note: str, expect: Precondition, at: datetime
) -> Acknowledged:
    """Record that somebody has seen an alert.

    Raises:
        AlertNotFoundError: no alert has that id.
        NotAllowedError: the caller is neither its owner nor a writer.
        AlertSettledError: it is over.
    """
    alert = await boards.get_alert(tx, alert_id)
    if not right.covers(alert.owner):
        raise NotAllowedError(
            "签收需要权限 alert:write，或是该预警的责任人",
            "this needs the permission alert:write, or to be the owner of the alert",
        )
    expect(alert.version)
    seen = life.acknowledge(alert, right.subject, note, at)
    if seen is alert:
        return Acknowledged(alert=alert, changed=False)
    steps = [(Step.ACKNOWLEDGED, seen)]
    await boards.save_steps(tx, steps, at)
    await _tell(tx, steps, at)
    return Acknowledged(alert=seen, changed=True)


async def hand_over_page(tx: Transaction, after: str) -> str | None:
    """Hand over the alerts that follow an id; return the last, None where there are none."""
    alerts = await earlier.next_alerts(tx, after)
    await _hand_over(tx, alerts, await earlier.followed(tx, alerts))
    return alerts[-1].id if alerts else None


def _new_id() -> str:
    return str(uuid7())


async def _tell(
    tx: Transaction,
    steps: Sequence[tuple[Step, Alert]],
    at: datetime,
    also: Sequence[Alert] = (),
) -> None:
    """Publish a fact for every step, and hand over every alert that is another now.

    Args:
        also: alerts that are handed over although they took no step.
    """
    for step, alert in steps:
        tx.publish(_fact(step, alert, at), key=alert.scope, subject=f"alert/{alert.id}")
    changed = {alert.id: alert for alert in also} | {alert.id: alert for _, alert in steps}
    raised = [alert.id for step, alert in steps if step is Step.RAISED]
    again = {alert.id: alert for alert in await earlier.newly_followed(tx, raised)}
    await _hand_over(tx, list((changed | again).values()), again.keys())


async def _hand_over(tx: Transaction, alerts: Sequence[Alert], again: Collection[str]) -> None:
    """Hand alerts over to the hub as they stand.

    Args:
        again: those whose rule warned of their scope after they had ended.
    """
    if not alerts:
        return
    places = await belongs_to(tx, {alert.scope for alert in alerts})
    calendar = await read_calendar(tx)
    for alert in alerts:
        came_again = alert.id in again
        record = record_of(alert, places[alert.scope], calendar, came_again=came_again)
        tx.hand_over(ENTITY, alert.id, record)


def _fact(step: Step, alert: Alert, at: datetime) -> AlertFact:
    seen = alert.acknowledged
    about: dict[str, Any] = {
        "alert": alert.id,
        "version": alert.version,
        "rule": alert.rule,
        "family": alert.family,
        "scope": alert.scope,
        "period": alert.period,
        "severity": alert.severity,
        "indicator": alert.indicator,
        "title": alert.title,
        "state": alert.standing,
        "value": _spell(alert.value),
        "value_before": _spell(alert.value_before),
        "crossed": alert.crossed,
        "worst": alert.worst,
        "owner": alert.owner,
        "raised_at": alert.raised_at,
        "due_at": alert.due_at,
        "acknowledged_by": seen.by if seen else None,
        "acknowledged_at": seen.at if seen else None,
        "reopened": alert.reopened,
        "at": at,
    }
    match step:
        case Step.RAISED | Step.MERGED | Step.REOPENED:
            return _PLAIN[step](**about)
        case Step.HELD:
            return AlertHeld(**about, hold_reason=str(alert.hold))
        case Step.ACKNOWLEDGED:
            assert seen is not None
            return AlertAcknowledged(**about, by=seen.by)
        case Step.SETTLED:
            assert alert.settled is not None
            effect = _spell(alert.settled.effect)
            return AlertSettled(**about, how=alert.settled.how.value, effect=effect)


def _read(event: BindingChanged | AttainmentChanged) -> list[Watch | Standing]:
    match event:
        case BindingChanged():
            return [_watch(event)]
        case AttainmentChanged():
            # How goals stand raises nothing: what lies below them has raised it.
            return [
                _standing(item, item.binding, item.indicator)
                for item in event.items
                if item.binding is not None and item.indicator is not None
            ]


def _news(fact: CorrectionFact) -> CorrectionNews:
    match fact:
        case CorrectionVerified():
            effect = _number(fact.effect)
            return CorrectionNews(
                alert=fact.alert, what="verified", reopened=fact.reopened, effect=effect
            )
        case CorrectionReopened():
            return CorrectionNews(alert=fact.alert, what="reopened", reopened=fact.reopened)
        case _:
            return CorrectionNews(alert=fact.alert, what="planned", reopened=fact.reopened)


def _watch(event: BindingChanged) -> Watch:
    tiers = {name: _line(limit) for name, limit in event.tiers.items()}
    return Watch(
        key=event.id,
        version=event.version,
        cell=_cell(event.indicator, event.scope, event.period),
        indicator=event.indicator,
        scope=event.scope,
        period=event.period,
        title=event.title,
        owner=event.owner,
        alert_from=event.alert_from,
        target=_line(event.target),
        tiers={name: line for name, line in tiers.items() if line},
        warning=_line(event.warning),
        withdrawn=event.withdrawn,
    )


def _standing(item: Attainment, binding: str, indicator: str) -> Standing:
    return Standing(
        binding=binding,
        cell=_cell(indicator, item.scope, item.period),
        seq=item.seq,
        state=item.state,
        warning=item.warning,
        overdue=item.overdue,
        thin=item.thin,
        stale=item.stale,
        value=_number(item.value),
        relative_gap=_number(item.relative_gap),
    )


def _cell(indicator: str, scope: str, period: str) -> str:
    return f"{indicator}@{scope}@{period}"


def _line(limit: Limit | None) -> Line | None:
    return Line(limit.op, limit.value, limit.upper) if limit else None


def _number(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise JudgementError(f"{text[:40]!r} 不是数", f"{text[:40]!r} is no number")
    return number


def _spell(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")
