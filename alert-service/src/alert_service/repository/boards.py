"""Load and save bindings, judgements, alerts, scopes and indicators."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any
from zlib import crc32

from sqlalchemy import delete, select, update

from alert_service.domain.board import Board, about_of, nearest
from alert_service.domain.life import Clocks
from alert_service.domain.parties import scope_of
from alert_service.domain.severity import Standing
from alert_service.domain.watch import Line, Watch
from alert_service.repository.alerts import (
    is_one_of,
    read_alert,
    save_alerts,
    save_steps,
    table_of,
    upsert,
)
from alert_service.repository.exemptions import drop_exemptions, load_exemptions
from alert_service.repository.names import find_gone
from alert_service.tables import (
    AlertRow,
    StandingRow,
    WatchRow,
)
from shared.contracts.vocabulary import (
    AlertFrom,
    Operator,
    State,
)
from shared.kit.database import Transaction
from shared.kit.sql import text
from shared.scopes import MOST_STEPS

CELL_LOCKS = 7_001
"""First key of the advisory locks of cells; the second is the cell's place among 64.

The periods of a rule and scope share one: an alert that is settled and one that is raised after it
see each other.
"""


async def load_board(
    tx: Transaction, cells: Iterable[str], *, clocks: Clocks, new_id: Callable[[], str]
) -> Board:
    """Return what is known of some cells, and keep other consumers away from them."""
    wanted = sorted(set(cells))
    await _lock(tx, wanted)
    wanted = await _with_neighbours(tx, wanted)
    session = tx.session
    watches = await session.scalars(select(WatchRow).where(is_one_of(WatchRow.cell, wanted)))
    standings = await session.scalars(
        select(StandingRow).where(is_one_of(StandingRow.cell, wanted))
    )
    alerts = await session.scalars(
        select(AlertRow)
        .where(is_one_of(AlertRow.cell, wanted), AlertRow.state == "open")
        .order_by(AlertRow.id)
        .with_for_update()
    )
    bound = [_read_watch(row) for row in watches]
    gone = await find_gone(tx, [scope_of(each.owner) for each in bound if each.owner])
    return Board(
        # Who left the college answers for nothing: the owner of the scope does.
        watches={
            each.key: replace(each, owner="") if scope_of(each.owner) in gone else each
            for each in bound
        },
        standings={row.binding: _read_standing(row) for row in standings},
        open_alerts={row.cell: read_alert(row) for row in alerts},
        owners={},
        clocks=clocks,
        new_id=new_id,
        exemptions=await load_exemptions(tx, wanted),
    )


async def _with_neighbours(tx: Transaction, cells: Sequence[str]) -> list[str]:
    """Return cells, with those of the periods judged before and after them.

    Those before look back in their turn at nothing: what they show is known already.
    """
    rows = await tx.session.execute(
        text(
            "SELECT DISTINCT about, cell FROM standing WHERE about = ANY(CAST(:abouts AS text[]))"
        ),
        {"abouts": sorted({about_of(each) for each in cells})},
    )
    judged: dict[str, list[str]] = {}
    for row in rows:
        judged.setdefault(row.about, []).append(row.cell)
    found = set(cells)
    for each in cells:
        near = judged.get(about_of(each), ())
        found |= {one for later in (True, False) if (one := nearest(each, near, later=later))}
    return sorted(found)


async def list_open_cells(
    tx: Transaction, scopes: Sequence[str], owners: Sequence[str]
) -> list[str]:
    """Return the cells with an open alert of one of these scopes, or of one of these owners."""
    about = is_one_of(AlertRow.scope, scopes) | is_one_of(AlertRow.owner, owners)
    rows = await tx.session.scalars(select(AlertRow.cell).where(about, AlertRow.state == "open"))
    return list(rows)


async def list_cells_within(tx: Transaction, scopes: Sequence[str]) -> list[str]:
    """Return the cells of rules with an open alert of a scope that is or lies in one of these."""
    rows = await tx.session.scalars(
        text(
            "WITH RECURSIVE above (about, scope, steps) AS ("
            " SELECT DISTINCT scope, scope, 0 FROM alert"
            " WHERE state = 'open' AND cell LIKE 'rule/%'"
            " UNION SELECT a.about, parent, a.steps + 1 FROM above a"
            " JOIN scope s ON s.scope = a.scope CROSS JOIN unnest(s.parents) AS parent"
            " WHERE a.steps < :most)"
            " SELECT cell FROM alert WHERE state = 'open' AND cell LIKE 'rule/%' AND scope IN"
            " (SELECT about FROM above WHERE scope = ANY(CAST(:scopes AS text[])))"
        ),
        {"scopes": list(scopes), "most": MOST_STEPS},
    )
    return list(rows)


async def forget_assignments(tx: Transaction, owners: Sequence[str]) -> None:
    """Let open alerts that were given to these by hand be answered for by their scopes' owners."""
    await tx.session.execute(
        update(AlertRow)
        .where(
            is_one_of(AlertRow.owner, owners),
            AlertRow.state == "open",
            AlertRow.assigned_at.is_not(None),
        )
        .values(assigned_by=None, assigned_at=None, assigned_note=None)
    )


async def cells_of(tx: Transaction, alerts: Sequence[str]) -> list[str]:
    """Return the cells of some alerts, as far as they are open."""
    rows = await tx.session.scalars(
        select(AlertRow.cell).where(is_one_of(AlertRow.id, alerts), AlertRow.state == "open")
    )
    return list(rows)


async def save_board(tx: Transaction, board: Board, at: datetime) -> None:
    """Store what is new on a board."""
    await upsert(
        tx, WatchRow, ["key"], [_write_watch(watch) for watch in board.new_watches.values()]
    )
    await upsert(
        tx,
        StandingRow,
        ["binding"],
        [
            asdict(standing) | {"about": about_of(standing.cell)}
            for standing in board.new_standings.values()
        ],
    )
    if board.dropped_standings:
        await tx.session.execute(
            delete(StandingRow).where(
                is_one_of(StandingRow.binding, sorted(board.dropped_standings))
            )
        )
    await save_alerts(tx, list(board.noted.values()), at)
    await save_steps(tx, board.steps, at)
    await drop_exemptions(tx, board.dropped_exemptions)


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


def _read_line(document: Any) -> Line | None:
    if not document:
        return None
    return Line(Operator(document["op"]), document["value"], document.get("upper"))


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
        **{column.name: getattr(watch, column.name) for column in table_of(WatchRow).c},
        "target": asdict(watch.target) if watch.target else None,
        "tiers": {name: asdict(line) for name, line in watch.tiers.items()},
        "warning": asdict(watch.warning) if watch.warning else None,
    }


def _read_standing(row: StandingRow) -> Standing:
    known: dict[str, Any] = {each.name: getattr(row, each.name) for each in fields(Standing)}
    return Standing(**known | {"state": State(row.state)})
