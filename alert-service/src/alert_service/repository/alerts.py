"""Load and save alerts and their steps; rows of any table in bulk."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar, Final

from sqlalchemy import Table, Text, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.sql.elements import ColumnElement

from alert_service.domain.life import (
    Acknowledgement,
    Alert,
    Assignment,
    How,
    Settlement,
    Step,
)
from alert_service.domain.severity import HoldReason, rank_of
from alert_service.tables import AlertRow, AlertStepRow, Base
from shared.contracts.vocabulary import (
    CrossedLine,
    LineKind,
    Operator,
    Severity,
    State,
    Worst,
    level_of,
)
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.sql import text

_LINE: Final = tuple(each.name for each in fields(CrossedLine))


class AlertNotFoundError(DomainError):
    """No alert has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "alert-not-found"
    title_zh: ClassVar = "没有这条预警"
    title_en: ClassVar = "No such alert"


async def get_alert(tx: Transaction, alert_id: str) -> Alert:
    """Return an alert and lock its row until the transaction ends.

    Raises:
        AlertNotFoundError: no alert has that id.
    """
    alert = await find_alert(tx, alert_id)
    if alert is None:
        raise no_alert(alert_id)
    return alert


def no_alert(alert_id: str) -> AlertNotFoundError:
    """Return that no alert has an id."""
    return AlertNotFoundError(f"没有预警 {alert_id}", f"there is no alert {alert_id}")


async def find_alert(tx: Transaction, alert_id: str) -> Alert | None:
    """Return an alert, locked until the transaction ends; None where there is none."""
    row = await tx.session.get(AlertRow, alert_id, with_for_update=True)
    return read_alert(row) if row else None


async def lock_free(tx: Transaction, ids: Sequence[str]) -> list[Alert]:
    """Return those of some alerts that nobody else has locked, locked from now on."""
    rows = await tx.session.scalars(
        select(AlertRow)
        .where(is_one_of(AlertRow.id, ids))
        .order_by(AlertRow.id)
        .with_for_update(skip_locked=True)
    )
    return [read_alert(row) for row in rows]


async def list_waiting(tx: Transaction, at: datetime) -> list[Alert]:
    """Return the alerts that may be acknowledged in time still, locked."""
    rows = await tx.session.scalars(
        select(AlertRow)
        .where(AlertRow.state == "open", AlertRow.acknowledged_at.is_(None), AlertRow.due_at > at)
        .order_by(AlertRow.id)
        .with_for_update()
    )
    return [read_alert(row) for row in rows]


async def save_alerts(tx: Transaction, changed: Sequence[Alert], at: datetime) -> None:
    """Store alerts that are other ones without a step."""
    await upsert(tx, AlertRow, ["id"], [write_alert(alert, at) for alert in changed])


async def save_steps(tx: Transaction, steps: Sequence[tuple[Step, Alert]], at: datetime) -> None:
    """Store alerts as their last step left them, and every step."""
    # In the order of first touch: a cell's settled alert goes before the one that follows it,
    # or two would be open at once and the unique index would refuse them.
    last = {alert.id: alert for _, alert in steps}
    await save_alerts(tx, list(last.values()), at)
    if steps:
        rows = [_write_step(step, alert, at) for step, alert in steps]
        await tx.session.execute(insert(table_of(AlertStepRow)), rows)


async def note_hours(
    tx: Transaction, seen: Mapping[str, Decimal], over: Mapping[str, Decimal]
) -> None:
    """Store working hours until alerts were first acknowledged, and until they ended."""
    await tx.session.execute(
        text(
            "UPDATE alert a SET acknowledge_hours = coalesce(a.acknowledge_hours, g.seen),"
            " handling_hours = coalesce(g.ended, a.handling_hours)"
            " FROM unnest(CAST(:ids AS text[]), CAST(:seen AS numeric[]), CAST(:over AS numeric[]))"
            " AS g(id, seen, ended) WHERE a.id = g.id"
        ),
        {
            "ids": sorted({*seen, *over}),
            "seen": [seen.get(key) for key in sorted({*seen, *over})],
            "over": [over.get(key) for key in sorted({*seen, *over})],
        },
    )


def read_alert(row: AlertRow) -> Alert:
    """Return the alert of a row."""
    return Alert(
        id=row.id,
        version=row.version,
        cell=row.cell,
        rule=row.rule,
        indicator=row.indicator,
        scope=row.scope,
        period=row.period,
        binding=row.binding,
        severity=Severity(row.severity),
        title=row.title,
        standing=State(row.standing),
        value=row.value,
        value_before=row.value_before,
        crossed=_read_crossed(row.crossed),
        worst=_read_worst(row.worst),
        owner=row.owner,
        raised_at=row.raised_at,
        due_at=row.due_at,
        hold=HoldReason(row.hold_reason) if row.hold_reason else None,
        acknowledged=_read_acknowledgement(row),
        settled=_read_settlement(row),
        is_in_hand=row.in_hand,
        reopened=row.reopened,
        family=row.family,
        assigned=_read_assignment(row),
        escalated=row.escalated,
        supervisor=row.supervisor,
    )


def _read_acknowledgement(row: AlertRow) -> Acknowledgement | None:
    if not row.acknowledged_at or not row.acknowledged_by:
        return None
    return Acknowledgement(
        by=row.acknowledged_by,
        at=row.acknowledged_at,
        note=row.note or "",
        severity=Severity(row.acknowledged_severity or row.severity),
    )


def _read_assignment(row: AlertRow) -> Assignment | None:
    if not row.assigned_at or not row.assigned_by:
        return None
    return Assignment(by=row.assigned_by, at=row.assigned_at, note=row.assigned_note or "")


def _read_settlement(row: AlertRow) -> Settlement | None:
    if not row.settled_at or not row.how:
        return None
    return Settlement(
        how=How(row.how),
        at=row.settled_at,
        effect=row.effect,
        by=row.dismissed_by,
        reason=row.dismissed_reason or "",
        until=row.accepted_until,
    )


def _read_crossed(document: Any) -> CrossedLine | None:
    if not document:
        return None
    line = LineKind(document["line"])
    return CrossedLine(line, Operator(document["op"]), document["value"], document["upper"])


def _read_worst(document: Any) -> Worst:
    return Worst(
        severity=Severity(document["severity"]),
        value=document["value"],
        crossed=_read_crossed(document["crossed"]),
        at=datetime.fromisoformat(document["at"]),
    )


def _write_crossed(line: CrossedLine | None) -> dict[str, Any] | None:
    # Member by member: `asdict` copies each of them deeply.
    return {field: getattr(line, field) for field in _LINE} if line else None


def _write_worst(worst: Worst) -> dict[str, Any]:
    return {
        "severity": worst.severity,
        "value": worst.value,
        "crossed": _write_crossed(worst.crossed),
        "at": worst.at.isoformat(),
    }


def write_alert(alert: Alert, at: datetime) -> dict[str, Any]:
    """Return the row of an alert."""
    settled = alert.settled
    return {
        "id": alert.id,
        "version": alert.version,
        "state": "settled" if settled else "open",
        "cell": alert.cell,
        "rule": alert.rule,
        "family": alert.family,
        "indicator": alert.indicator,
        "scope": alert.scope,
        "level": level_of(alert.scope).value,
        "period": alert.period,
        "binding": alert.binding,
        "severity": alert.severity.value,
        "rank": rank_of(alert.worst.severity if settled else alert.severity),
        "title": alert.title,
        "standing": alert.standing.value,
        "value": alert.value,
        "value_before": alert.value_before,
        "crossed": _write_crossed(alert.crossed),
        "worst": _write_worst(alert.worst),
        "owner": alert.owner,
        "hold_reason": alert.hold.value if alert.hold else None,
        "raised_at": alert.raised_at,
        "due_at": alert.due_at,
        "in_hand": alert.is_in_hand,
        "reopened": alert.reopened,
        "escalated": alert.escalated,
        "supervisor": alert.supervisor,
        "changed_at": at,
        **_write_acts(alert),
    }


def _write_acts(alert: Alert) -> dict[str, Any]:
    seen, settled, assigned = alert.acknowledged, alert.settled, alert.assigned
    return {
        "acknowledged_by": seen.by if seen else None,
        "acknowledged_at": seen.at if seen else None,
        "acknowledged_severity": seen.severity.value if seen else None,
        "note": seen.note if seen else None,
        "how": settled.how.value if settled else None,
        "settled_at": settled.at if settled else None,
        "effect": settled.effect if settled else None,
        "assigned_by": assigned.by if assigned else None,
        "assigned_at": assigned.at if assigned else None,
        "assigned_note": assigned.note if assigned else None,
        "dismissed_by": settled.by if settled else None,
        "dismissed_reason": settled.reason if settled and settled.by else None,
        "accepted_until": settled.until if settled else None,
    }


def _write_step(step: Step, alert: Alert, at: datetime) -> dict[str, Any]:
    seen = alert.acknowledged if step is Step.ACKNOWLEDGED else None
    named = alert.assigned if step is Step.ASSIGNED else None
    settled = alert.settled if step in {Step.SETTLED, Step.DISMISSED} else None
    by, note = (seen.by, seen.note) if seen else (None, None)
    if named:
        by, note = named.by, named.note
    elif step is Step.ESCALATED:
        note = alert.supervisor
    elif settled and settled.by:
        by, note = settled.by, settled.reason
    return {
        "alert": alert.id,
        "version": alert.version,
        "step": step.value,
        "at": at,
        "severity": alert.severity.value,
        "standing": alert.standing.value,
        "value": alert.value,
        "crossed": _write_crossed(alert.crossed),
        "owner": alert.owner,
        "hold_reason": alert.hold.value if alert.hold else None,
        "by": by,
        "note": note,
        "how": settled.how.value if settled else None,
        "effect": settled.effect if settled else None,
    }


async def upsert(
    tx: Transaction,
    row: type[Base],
    keys: list[str],
    values: Sequence[Mapping[str, Any]],
    *,
    newer_by: str | None = None,
) -> None:
    """Insert rows, or replace those that are there.

    Args:
        newer_by: column that must be larger than what is there, or nothing is replaced.
    """
    if not values:
        return
    statement = _upserting(row, tuple(keys), tuple(values[0]), newer_by)
    await tx.session.execute(statement, [dict(value) for value in values])


@lru_cache(maxsize=32)
def _upserting(
    row: type[Base], keys: tuple[str, ...], names: tuple[str, ...], newer_by: str | None
) -> Insert:
    table = table_of(row)
    statement = insert(table)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=keys,
        set_={name: new[name] for name in names if name not in keys},
        where=new[newer_by] > table.c[newer_by] if newer_by else None,
    )


def table_of(row: type[Base]) -> Table:
    """Return the table of a row."""
    table = row.__table__
    assert isinstance(table, Table)
    return table


def is_one_of(column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    """One array parameter, however many values: no limit of parameters, one cached plan."""
    found: ColumnElement[bool] = column == any_(literal(list(values), ARRAY(Text)))
    return found
