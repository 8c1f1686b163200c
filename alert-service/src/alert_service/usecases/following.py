"""What alerts follow: judgements, tasks, corrections, scopes and units."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import assert_never

from alert_service.domain.life import Clocks, Hours
from alert_service.domain.parties import names_of
from alert_service.domain.severity import Standing
from alert_service.domain.tasks import standing_of, watch_of
from alert_service.domain.watch import Watch
from alert_service.repository import boards, names
from alert_service.usecases.hearing import read_judged, read_tasks
from alert_service.usecases.reading import read_news, read_number, read_target
from alert_service.usecases.ruling import RULE, Judge, hear_signals
from alert_service.usecases.telling import tell
from shared.calendar.table import read_calendar
from shared.contracts.datahub import IndicatorPublished, ScopeItem
from shared.contracts.spiral import CorrectionFact
from shared.contracts.target import AttainmentChanged, BindingChanged
from shared.contracts.target_tasks import TaskFact
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from shared.kit.timers import set_timers


async def follow_target(
    tx: Transaction,
    events: Sequence[BindingChanged | AttainmentChanged],
    at: datetime,
    judge: Judge,
) -> None:
    """Take changed bindings and judgements in their order; raise, merge, hold and settle."""
    taken = [each for event in events for each in read_target(event)]
    watches = await _follow(tx, taken, at, judge.hours)
    judged = [each for each in events if isinstance(each, AttainmentChanged)]
    await hear_signals(tx, read_judged(judged, watches, at), at, judge)


async def follow_tasks(
    tx: Transaction, facts: Sequence[TaskFact], at: datetime, judge: Judge
) -> None:
    """Take what became of tasks in its order: one that is overdue warns until it is done."""
    taken: list[Watch | Standing] = []
    for fact in facts:
        taken += [watch_of(fact), standing_of(fact, read_number(fact.progress))]
    await _follow(tx, taken, at, judge.hours)
    await hear_signals(tx, read_tasks(facts, at), at, judge)


async def _follow(
    tx: Transaction, taken: Sequence[Watch | Standing], at: datetime, hours: Hours
) -> Mapping[str, Watch]:
    """Decide about the cells of bindings and judgements; return the bindings there."""
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
    await tell(tx, board.steps, at)
    return board.watches


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
        board.hear(read_news(each), at)
    await boards.save_board(tx, board, at)
    await tell(tx, board.steps, at)
    # What a rule raised may hold again already.
    over = [alert.cell for _, alert in board.steps if alert.settled]
    await set_timers(tx, RULE, {cell: at for cell in over if cell.startswith("rule/")})


async def learn_scopes(
    tx: Transaction, items: Sequence[ScopeItem], at: datetime, hours: Hours
) -> None:
    """Keep scopes; open alerts that their scopes' owners answer for go over to who that is now.

    So do those of whoever left the college, also where he was named by hand. The records of open
    alerts are handed over anew: their scopes may belong elsewhere now.
    """
    moved = await names.save_scopes(tx, items)
    people = [each for each in moved if each.startswith(("teacher/", "student/"))]
    left = [name for each in await names.find_gone(tx, people) for name in names_of(each)]
    await boards.forget_assignments(tx, left)
    cells = await boards.list_open_cells(tx, sorted({item.scope for item in items}), left)
    # A rule may ask who answers for a scope above: all that lies within is looked at.
    within = await boards.list_cells_within(tx, moved) if moved else []
    of_rules = {cell for cell in [*within, *cells] if cell.startswith("rule/")}
    await set_timers(tx, RULE, dict.fromkeys(sorted(of_rules), at))
    if not cells:
        return
    clocks = Clocks(hours, await read_calendar(tx))
    board = await boards.load_board(tx, cells, clocks=clocks, new_id=_new_id)
    board.owners = await names.find_owners(tx, {each.scope for each in board.watches.values()})
    for cell in cells:
        board.reconsider(cell, at)
    await boards.save_board(tx, board, at)
    await tell(tx, board.steps, at, also=tuple(board.open_alerts.values()))


async def learn_units(tx: Transaction, told: Sequence[IndicatorPublished]) -> None:
    """Keep the units of indicators: lines are told in them."""
    await names.save_indicators(tx, told)


def _new_id() -> str:
    return str(uuid7())
