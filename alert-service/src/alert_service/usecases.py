"""What the alert service can do: one function, one transaction.

Use cases decide nothing. They load, ask ``domain``, store and publish. Every fact of an alert
has its scope as partition key: the facts of one scope keep their order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, assert_never

from alert_service import repository
from alert_service.domain import life
from alert_service.domain.life import FAMILY, Alert, Clocks, Hours, Right, Step
from alert_service.domain.severity import Standing
from alert_service.domain.watch import Line, Watch
from shared.calendar.table import read_calendar
from shared.contracts.alert import (
    AlertAcknowledged,
    AlertFact,
    AlertHeld,
    AlertMerged,
    AlertRaised,
    AlertSettled,
)
from shared.contracts.datahub import IndicatorPublished, ScopeItem
from shared.contracts.target import Attainment, AttainmentChanged, BindingChanged, Limit
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.identity import NotAllowedError
from shared.kit.ids import uuid7

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
    known = [_read(event) for event in events]
    taken = [each for group in known for each in group]
    await repository.share_scopes(tx)
    clocks = Clocks(hours, await read_calendar(tx))
    board = await repository.load_board(
        tx, (each.cell for each in taken), clocks=clocks, new_id=_new_id
    )
    scopes = [watch.scope for watch in board.watches.values()]
    scopes += [each.scope for each in taken if isinstance(each, Watch)]
    board.owners = await repository.find_owners(tx, scopes)
    for each in taken:
        match each:
            case Watch():
                board.bind(each, at)
            case Standing():
                board.judge(each, at)
            case _:
                assert_never(each)
    await repository.save_board(tx, board, at)
    _publish(tx, board.steps, at)


async def learn_scopes(
    tx: Transaction, items: Sequence[ScopeItem], at: datetime, hours: Hours
) -> None:
    """Keep scopes; open alerts that nobody in particular answers for get their owner."""
    await repository.save_scopes(tx, items)
    scopes = sorted({item.scope for item in items})
    cells = await repository.list_open_cells(tx, scopes)
    if not cells:
        return
    clocks = Clocks(hours, await read_calendar(tx))
    board = await repository.load_board(tx, cells, clocks=clocks, new_id=_new_id)
    board.owners = await repository.find_owners(tx, scopes)
    for cell in cells:
        board.reconsider(cell, at)
    await repository.save_board(tx, board, at)
    _publish(tx, board.steps, at)


async def learn_units(tx: Transaction, told: Sequence[IndicatorPublished]) -> None:
    """Keep the units of indicators: lines are told in them."""
    await repository.save_indicators(tx, told)


async def acknowledge(
    tx: Transaction, alert_id: str, right: Right, note: str, expect: Precondition, at: datetime
) -> Acknowledged:
    """Record that somebody has seen an alert.

    Raises:
        AlertNotFoundError: no alert has that id.
        NotAllowedError: the caller is neither its owner nor a writer.
        AlertSettledError: it is over.
    """
    alert = await repository.get_alert(tx, alert_id)
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
    await repository.save_steps(tx, steps, at)
    _publish(tx, steps, at)
    return Acknowledged(alert=seen, changed=True)


def _new_id() -> str:
    return str(uuid7())


def _publish(tx: Transaction, steps: Sequence[tuple[Step, Alert]], at: datetime) -> None:
    for step, alert in steps:
        tx.publish(_fact(step, alert, at), key=alert.scope, subject=f"alert/{alert.id}")


def _fact(step: Step, alert: Alert, at: datetime) -> AlertFact:
    seen = alert.acknowledged
    about: dict[str, Any] = {
        "alert": alert.id,
        "version": alert.version,
        "rule": alert.rule,
        "family": FAMILY,
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
        "at": at,
    }
    match step:
        case Step.RAISED:
            return AlertRaised(**about)
        case Step.MERGED:
            return AlertMerged(**about)
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
            return [_standing(item) for item in event.items]


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


def _standing(item: Attainment) -> Standing:
    return Standing(
        binding=item.binding,
        cell=_cell(item.indicator, item.scope, item.period),
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
