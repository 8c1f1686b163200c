"""Where cycles stand becomes deadlines with timers, and human steps of the work list.

Whatever happens to cycles, `follow` comes after it in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from shared.calendar import Calendar
from shared.calendar.table import read_calendar
from shared.contracts.steps import SpiralStepClosed, SpiralStepOpened, StepHow, StepKind
from shared.kit.database import Transaction
from shared.kit.timers import set_timers
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.deadlines import (
    Deadline,
    missed,
    next_look,
    reckon,
    running,
    still_told,
)
from spiral_service.domain.definitions.model import Definition, Step
from spiral_service.domain.definitions.ways import step_of
from spiral_service.domain.moving import What
from spiral_service.domain.reckoning import window_ends
from spiral_service.domain.standing import TAKE_PART
from spiral_service.repository import deadlines as repository
from spiral_service.repository.deadlines import DEADLINE, Lit, timer_key
from spiral_service.repository.definitions import find_definition, find_reference

TIME: Final = timedelta(days=14)
"""Until when a step without a clock should be left, where no window is known. Source: our
default."""

_HOW: Final[Mapping[What, StepHow]] = dict.fromkeys(
    ("replanned", "migrated", "reassigned"), "replaced"
)
"""What becomes of a human step; else it is ``moved``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was known of a cycle before something was done with it."""

    deadlines: Mapping[str, Deadline] = field(default_factory=dict)
    """By clock."""

    lit: Lit | None = None
    """The human step that is told."""

    how: StepHow = "moved"
    """What becomes of it."""

    by: str = ""


NOTHING: Final = Before()


async def follow(
    tx: Transaction, cycle: Cycle, what: What, by: str, at: datetime, left: str | None = None
) -> None:
    """Bring the deadlines and the human step of a cycle up to date with where it stands.

    Args:
        what: what was done with it.
        left: the definition that it went over from.
    """
    definition = await find_definition(tx, cycle.definition, cycle.definition_version)
    if what == "opened":
        await light(tx, [cycle], definition, at)
        return
    own = await find_reference(tx, left) if left else definition
    clocks = {each.id for each in (*definition.clocks, *own.clocks)}
    stands = await repository.keep_standing(tx, cycle.key, clocks)
    deadlines = stands.deadlines
    if left:
        deadlines = {
            name: replace(each, told=still_told(each.told, own, definition))
            for name, each in deadlines.items()
        }
    before = Before(deadlines=deadlines, lit=stands.lit, how=_HOW.get(what, "moved"), by=by)
    if cycle.state == "open":
        await light(tx, [cycle], definition, at, before)
        return
    ended = _ended(cycle, definition, before, at)
    await repository.save_standing(tx, ended, [])
    await set_looks(tx, definition, ended, await read_calendar(tx))
    if before.lit:
        _close(tx, before.lit, cycle, definition, before)
        await repository.drop_lit(tx, cycle.key)


async def step_due(tx: Transaction, cycle: Cycle, definition: Definition) -> datetime | None:
    """Return until when the step of a cycle should be left, as its definition reckons it."""
    if cycle.state != "open":
        return None
    reckoned = reckon(definition, cycle, await _calendar(tx))
    return min((each.due_at for each in reckoned), default=None)


async def _calendar(tx: Transaction) -> Calendar:
    """Return the school calendar, read once in a transaction: a move asks for it twice."""
    known: Calendar | None = tx.session.info.get("calendar")
    if known is None:
        known = tx.session.info["calendar"] = await read_calendar(tx)
    return known


async def light(
    tx: Transaction,
    cycles: Sequence[Cycle],
    definition: Definition,
    at: datetime,
    before: Before = NOTHING,
) -> None:
    """Set the deadlines of the steps at which open cycles of one definition stand.

    Args:
        before: of the only one of them; nothing where they open now.
    """
    calendar = await _calendar(tx)
    deadlines: dict[tuple[str, str], Deadline] = {}
    steps: list[Lit] = []
    for cycle in cycles:
        runs = running(definition, cycle, calendar, before.deadlines)
        # A clock that was left may run again, for the step that was entered.
        for each in (*_ended(cycle, definition, before, at), *runs):
            deadlines[each.cycle, each.clock] = each
        due = _due(runs, cycle)
        lit = _lit(
            cycle, due, before.lit, calendar, holders(step_of(definition, cycle.step), cycle)
        )
        steps.append(lit)
        if before.lit and before.lit.id != lit.id:
            _close(tx, before.lit, cycle, definition, before)
        if before.lit is None or before.lit.id != lit.id:
            _open(tx, lit, cycle, definition, at)
    await repository.save_standing(tx, list(deadlines.values()), steps)
    await set_looks(tx, definition, list(deadlines.values()), calendar)


async def set_looks(
    tx: Transaction, definition: Definition, deadlines: Sequence[Deadline], calendar: Calendar
) -> None:
    """Set when deadlines of one definition are looked at next."""
    # Many cycles that open at once have the same deadline: it is reckoned once.
    reckoned: dict[tuple[object, ...], datetime | None] = {}
    looks: dict[str, datetime | None] = {}
    for each in deadlines:
        alike = (each.due_at, each.told, each.overdue_since, each.met_at)
        if alike not in reckoned:
            reckoned[alike] = next_look(definition, each, calendar)
        looks[timer_key(each.cycle, each.clock)] = reckoned[alike]
    if looks:
        await set_timers(tx, DEADLINE, looks)


def kind_of(step: Step) -> StepKind:
    """Return what a step of a cycle asks of a person."""
    return "form" if step.form else "move"


def link_of(cycle: Cycle) -> str:
    """Return the page of the portal where a cycle is led."""
    return f"/cycles/{quote(cycle.key)}"


def titles(step: Step, definition: Definition) -> tuple[str, str]:
    """Return how the work list calls a step of a cycle."""
    return f"{step.zh}：{definition.zh}", f"{step.en}: {definition.en}"


def holders(step: Step, cycle: Cycle) -> tuple[str, ...]:
    """Return who holds the roles of a step."""
    return tuple(sorted({each for role in step.roles for each in cycle.owners.get(role, ())}))


def _ended(cycle: Cycle, definition: Definition, before: Before, at: datetime) -> list[Deadline]:
    """Return the deadlines that run no more, saying when that was."""
    steps = {each.id: each.step for each in definition.clocks}
    left = {before.lit.step} - {cycle.step} if before.lit else set()
    return [
        replace(each, met_at=at, overdue_since=each.overdue_since or missed(each, at))
        for each in before.deadlines.values()
        if each.met_at is None
        and (cycle.state == "closed" or each.step in left or steps.get(each.clock) != each.step)
    ]


def _close(tx: Transaction, lit: Lit, cycle: Cycle, definition: Definition, before: Before) -> None:
    step = definition.find(lit.step)
    closed = SpiralStepClosed(
        step=lit.id,
        kind=kind_of(step) if step else "move",
        scope=cycle.scope,
        period=cycle.period,
        link=link_of(cycle),
        how=before.how,
        by=before.by,
    )
    tx.publish(closed, key=lit.id, subject=cycle.scope)


def _open(tx: Transaction, lit: Lit, cycle: Cycle, definition: Definition, at: datetime) -> None:
    step = step_of(definition, cycle.step)
    zh, en = titles(step, definition)
    owners = holders(step, cycle)
    opened = SpiralStepOpened(
        step=lit.id,
        kind=kind_of(step),
        title_zh=zh,
        title_en=en,
        scope=cycle.scope,
        period=cycle.period,
        role="owner" if owners else "leader",
        owners=owners,
        permission=TAKE_PART,
        not_by="",
        opened_at=at,
        due_at=lit.due_at,
        link=link_of(cycle),
    )
    tx.publish(opened, key=lit.id, subject=cycle.scope)


def _lit(
    cycle: Cycle, due: datetime, told: Lit | None, calendar: Calendar, holding: Sequence[str]
) -> Lit:
    """Return the human step at which a cycle stands: the one that is told, or else the next one."""
    is_same = (
        told is not None
        and (told.step, told.due_at) == (cycle.step, due)
        and told.holders in (None, list(holding))
    )
    last = told.number if told else 0
    return Lit(
        cycle=cycle.key,
        step=cycle.step,
        number=last if is_same else last + 1,
        due_at=due,
        calendar=calendar.told.seq,
        holders=list(holding),
    )


def _due(runs: Sequence[Deadline], cycle: Cycle) -> datetime:
    if runs:
        return min(each.due_at for each in runs)
    return window_ends(cycle) or cycle.entered_at + TIME
