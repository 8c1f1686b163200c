"""Load and save bindings, judgements, alerts, scopes and indicators."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar
from zlib import crc32

from sqlalchemy import Table, Text, any_, delete, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.elements import ColumnElement

from alert_service.domain.board import Board
from alert_service.domain.life import (
    Acknowledgement,
    Alert,
    Clocks,
    How,
    Settlement,
    Step,
)
from alert_service.domain.severity import HoldReason, Standing, rank_of
from alert_service.domain.watch import Line, Watch
from alert_service.tables import (
    AlertRow,
    AlertStepRow,
    Base,
    StandingRow,
    WatchRow,
)
from shared.contracts.vocabulary import (
    AlertFrom,
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

CELL_LOCKS = 7_001
"""First key of the advisory locks of cells; the second is the cell's place among 64.

The periods of a rule and scope share one: an alert that is settled and one that is raised after it
see each other.
"""


class AlertNotFoundError(DomainError):
    """No alert has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "alert-not-found"
    title_zh: ClassVar = "没有这条预警"
    title_en: ClassVar = "No such alert"


async def load_board(
    tx: Transaction, cells: Iterable[str], *, clocks: Clocks, new_id: Callable[[], str]
) -> Board:
    """Return what is known of some cells, and keep other consumers away from them."""
    wanted = sorted(set(cells))
    await _lock(tx, wanted)
    session = tx.session
    watches = await session.scalars(select(WatchRow).where(is_one_of(WatchRow.cell, wanted)))
    standings = await session.scalars(
        select(StandingRow).where(is_one_of(StandingRow.cell, wanted))
    )
    alerts = await session.scalars(
        select(AlertRow)
        .where(is_one_of(AlertRow.cell, wanted), AlertRow.state == "open")
        .with_for_update()
    )
    return Board(
        watches={row.key: _read_watch(row) for row in watches},
        standings={row.binding: _read_standing(row) for row in standings},
        open_alerts={row.cell: read_alert(row) for row in alerts},
        owners={},
        clocks=clocks,
        new_id=new_id,
    )


async def list_open_cells(tx: Transaction, scopes: Sequence[str]) -> list[str]:
    """Return the cells of some scopes that have an open alert."""
    rows = await tx.session.scalars(
        select(AlertRow.cell).where(is_one_of(AlertRow.scope, scopes), AlertRow.state == "open")
    )
    return list(rows)


async def cells_of(tx: Transaction, alerts: Sequence[str]) -> list[str]:
    """Return the cells of some alerts, as far as they are open."""
    rows = await tx.session.scalars(
        select(AlertRow.cell).where(is_one_of(AlertRow.id, alerts), AlertRow.state == "open")
    )
    return list(rows)


async def get_alert(tx: Transaction, alert_id: str) -> Alert:
    """Return an alert and lock its row until the transaction ends.

    Raises:
        AlertNotFoundError: no alert has that id.
    """
    row = await tx.session.get(AlertRow, alert_id, with_for_update=True)
    if row is None:
        raise AlertNotFoundError(f"没有预警 {alert_id}", f"there is no alert {alert_id}")
    return read_alert(row)


async def save_board(tx: Transaction, board: Board, at: datetime) -> None:
    """Store what is new on a board."""
    await upsert(
        tx, WatchRow, ["key"], [_write_watch(watch) for watch in board.new_watches.values()]
    )
    await upsert(
        tx,
        StandingRow,
        ["binding"],
        [asdict(standing) for standing in board.new_standings.values()],
    )
    if board.dropped_standings:
        await tx.session.execute(
            delete(StandingRow).where(
                is_one_of(StandingRow.binding, sorted(board.dropped_standings))
            )
        )
    await upsert(tx, AlertRow, ["id"], [_write_alert(alert, at) for alert in board.noted.values()])
    await save_steps(tx, board.steps, at)


async def save_steps(tx: Transaction, steps: Sequence[tuple[Step, Alert]], at: datetime) -> None:
    """Store alerts as their last step left them, and every step."""
    # In the order of first touch: a cell's settled alert goes before the one that follows it,
    # or two would be open at once and the unique index would refuse them.
    last = {alert.id: alert for _, alert in steps}
    await upsert(tx, AlertRow, ["id"], [_write_alert(alert, at) for alert in last.values()])
    if steps:
        rows = [_write_step(step, alert, at) for step, alert in steps]
        await tx.session.execute(insert(_table(AlertStepRow)), rows)


def read_alert(row: AlertRow) -> Alert:
    """Return the alert of a row."""
    seen = None
    if row.acknowledged_at and row.acknowledged_by:
        seen = Acknowledgement(
            by=row.acknowledged_by,
            at=row.acknowledged_at,
            note=row.note or "",
            severity=Severity(row.acknowledged_severity or row.severity),
        )
    settled = None
    if row.settled_at and row.how:
        settled = Settlement(how=How(row.how), at=row.settled_at, effect=row.effect)
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
        acknowledged=seen,
        settled=settled,
        is_in_hand=row.in_hand,
        reopened=row.reopened,
    )


async def _lock(tx: Transaction, cells: Sequence[str]) -> None:
    """Let one consumer at a time decide about a cell; taken in order, so none deadlocks."""
    places = sorted({crc32(cell.rpartition("@")[0].encode()) % 64 for cell in cells})
    await tx.session.execute(
        text(
            "SELECT pg_advisory_xact_lock(:space, place)"
            " FROM unnest(CAST(:places AS int[])) AS place ORDER BY place"
        ),
        {"space": CELL_LOCKS, "places": places},
    )


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
    table = _table(row)
    statement = insert(table)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=keys,
        set_={column.name: new[column.name] for column in table.c if column.name not in keys},
        where=new[newer_by] > table.c[newer_by] if newer_by else None,
    )
    await tx.session.execute(statement, [dict(value) for value in values])


def _table(row: type[Base]) -> Table:
    table = row.__table__
    assert isinstance(table, Table)
    return table


def is_one_of(column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    """One array parameter, however many values: no limit of parameters, one cached plan."""
    found: ColumnElement[bool] = column == any_(literal(list(values), ARRAY(Text)))
    return found


def _read_line(document: Any) -> Line | None:
    if not document:
        return None
    return Line(Operator(document["op"]), document["value"], document.get("upper"))


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


def _read_watch(row: WatchRow) -> Watch:
    tiers = {name: _read_line(line) for name, line in row.tiers.items()}
    return Watch(
        key=row.key,
        version=row.version,
        cell=row.cell,
        indicator=row.indicator,
        scope=row.scope,
        period=row.period,
        title=row.title,
        owner=row.owner,
        alert_from=AlertFrom(row.alert_from),
        target=_read_line(row.target),
        tiers={name: line for name, line in tiers.items() if line},
        warning=_read_line(row.warning),
        withdrawn=row.withdrawn,
    )


def _write_watch(watch: Watch) -> dict[str, Any]:
    return {
        **{column.name: getattr(watch, column.name) for column in _table(WatchRow).c},
        "target": asdict(watch.target) if watch.target else None,
        "tiers": {name: asdict(line) for name, line in watch.tiers.items()},
        "warning": asdict(watch.warning) if watch.warning else None,
    }


def _read_standing(row: StandingRow) -> Standing:
    known: dict[str, Any] = {each.name: getattr(row, each.name) for each in _table(StandingRow).c}
    return Standing(**known | {"state": State(row.state)})


def _write_alert(alert: Alert, at: datetime) -> dict[str, Any]:
    seen, settled = alert.acknowledged, alert.settled
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
        "crossed": asdict(alert.crossed) if alert.crossed else None,
        "worst": asdict(alert.worst) | {"at": alert.worst.at.isoformat()},
        "owner": alert.owner,
        "hold_reason": alert.hold.value if alert.hold else None,
        "raised_at": alert.raised_at,
        "due_at": alert.due_at,
        "acknowledged_by": seen.by if seen else None,
        "acknowledged_at": seen.at if seen else None,
        "acknowledged_severity": seen.severity.value if seen else None,
        "note": seen.note if seen else None,
        "in_hand": alert.is_in_hand,
        "reopened": alert.reopened,
        "how": settled.how.value if settled else None,
        "settled_at": settled.at if settled else None,
        "effect": settled.effect if settled else None,
        "changed_at": at,
    }


def _write_step(step: Step, alert: Alert, at: datetime) -> dict[str, Any]:
    seen = alert.acknowledged if step is Step.ACKNOWLEDGED else None
    settled = alert.settled if step is Step.SETTLED else None
    return {
        "alert": alert.id,
        "version": alert.version,
        "step": step.value,
        "at": at,
        "severity": alert.severity.value,
        "standing": alert.standing.value,
        "value": alert.value,
        "crossed": asdict(alert.crossed) if alert.crossed else None,
        "owner": alert.owner,
        "hold_reason": alert.hold.value if alert.hold else None,
        "by": seen.by if seen else None,
        "note": seen.note if seen else None,
        "how": settled.how.value if settled else None,
        "effect": settled.effect if settled else None,
    }
