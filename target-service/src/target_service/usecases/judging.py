"""Judge bindings on measured values, and tell what came out otherwise than before."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache, partial
from typing import NamedTuple

from shared.calendar import Calendar
from shared.calendar.table import read_calendar
from shared.contracts.datahub import MeasuredValue
from shared.kit.database import Transaction
from shared.kit.timers import set_timers, take_due
from target_service.domain.deadlines import deadline_of, end_of, max_age_of, stale_from
from target_service.domain.judge import Judgement, Rules, exact_value, judge
from target_service.domain.rollup import NOTHING, Part, Sums
from target_service.repository import chain, measured, placing, values
from target_service.repository.measured import JUDGEMENT, Attained, Case, Dropped
from target_service.usecases.facts import publish_attainments
from target_service.usecases.pacing import Pacing
from target_service.usecases.rolling import roll_up


async def judge_measured(
    tx: Transaction, given: Sequence[MeasuredValue], at: datetime, rules: Rules
) -> None:
    """Keep measured values that are newer than what is kept, and judge their bindings."""
    newest: dict[tuple[str, str, str], MeasuredValue] = {}
    for value in given:
        cell = (value.indicator, value.scope, value.period)
        kept = newest.get(cell)
        if kept is None or _age(value) > _age(kept):
            newest[cell] = value
    await chain.share_chain(tx)
    cells = await values.keep_newest(tx, list(newest.values()))
    cases = await measured.list_cases_at(tx, cells)
    await roll_up(tx, await _judge_all(tx, cases, at, rules), at, rules)


async def judge_bindings(tx: Transaction, keys: Sequence[str], at: datetime, rules: Rules) -> None:
    """Judge bindings that may have changed, and what is above them."""
    changes = await _judge_all(tx, await measured.list_cases(tx, keys), at, rules)
    await _recount(tx, keys, changes)
    await roll_up(tx, changes, at, rules)


async def _judge_all(
    tx: Transaction, cases: Sequence[Case], at: datetime, rules: Rules
) -> dict[str, Sums]:
    """Judge bindings on the kept values, and publish the judgements that differ from before.

    Returns:
        What that changes in the sums of their goals.
    """
    changes: dict[str, Sums] = {}
    if not cases:
        return changes
    calendar = await read_calendar(tx)
    judged: list[tuple[Case, Attained, int]] = []
    parts: list[Part] = []
    turns: dict[str, datetime | None] = {}
    # Thousands of bindings end on a few days, and rest on a few batches.
    clock = cache(partial(_read_clock, at=at, rules=rules, calendar=calendar))
    # Many students have the same few figures, and are held against the same lines.
    known: dict[_Judged, Judgement] = {}
    for case in cases:
        own = (case.max_age_days, case.is_core)
        hour = clock((case.period, case.last_day, *own, case.kept.freshest_at))
        attained = _judge(case, hour, rules, known)
        if hour.turn != case.due_at:
            turns[case.key] = hour.turn
        judged.append((case, attained, case.seq + (not attained.says_same_as(case.before))))
        parts.append(attained.part())
        _count(case, parts[-1], changes)
    told = [each for each in judged if each[2] > each[0].seq]
    pacing = Pacing(calendar, at)
    # PostgreSQL stores the judgements while the other core writes the events.
    await asyncio.gather(
        measured.save_attainments(tx, judged, parts, at),
        asyncio.to_thread(publish_attainments, tx, told, pacing),
    )
    await set_timers(tx, JUDGEMENT, turns)
    return changes


def _count(case: Case, after: Part, changes: dict[str, Sums]) -> None:
    """Take what a binding gave before from its goal, and add what it gives now."""
    before = case.before.part() if case.before else NOTHING
    if (case.counted_in, before) == (case.goal, after):
        return
    for sign, goal, part in ((-1, case.counted_in, before), (1, case.goal, after)):
        if goal is not None:
            changes.setdefault(goal, Sums()).count_own(part, sign)


async def forget_judgements(
    tx: Transaction, bindings: Mapping[str, Dropped | None], at: datetime, rules: Rules
) -> None:
    """Take bindings that judge no more from their goals, and judge what is above.

    Args:
        bindings: with their last judgements; None of those that had none.
    """
    changes: dict[str, Sums] = {}
    for each in bindings.values():
        if each and each.goal:
            changes.setdefault(each.goal, Sums()).count_own(each.part, -1)
    await _recount(tx, list(bindings), changes)
    await roll_up(tx, changes, at, rules)


async def _recount(tx: Transaction, keys: Sequence[str], changes: dict[str, Sums]) -> None:
    for goal, more in (await placing.recount(tx, keys)).items():
        changes.setdefault(goal, Sums()).own += more


async def judge_due(tx: Transaction, rules: Rules) -> bool:
    """Judge again the bindings whose time has come; return whether there were any."""
    await chain.lock_chain(tx)
    due = await take_due(tx, JUDGEMENT)
    if due is None:
        return False
    await judge_bindings(tx, due.keys, due.at, rules)
    return True


async def follow_calendar(tx: Transaction, at: datetime) -> None:
    """Bring the bindings back whose periods end by the school calendar: it is another one now."""
    # Whoever judges by the one before commits first, and the timers that he set are ours to set.
    await chain.lock_chain(tx)
    keys = await measured.list_by_calendar(tx)
    await set_timers(tx, JUDGEMENT, dict.fromkeys(keys, at))


_Said = tuple[str, date | None, int | None, bool, datetime | None]
"""Period, last day, days that a value may be old, whether it is of a core indicator, and when the
newest batch came in."""


class _Hour(NamedTuple):
    """What the clock says of a value."""

    is_late: bool
    is_stale: bool
    turn: datetime | None
    """The next instant at which it may say something else."""


def _read_clock(said: _Said, at: datetime, rules: Rules, calendar: Calendar) -> _Hour:
    period, last_day, own_days, is_core, freshest_at = said
    end = end_of(period, calendar)
    deadline = deadline_of(last_day, end)
    max_age = max_age_of(period, own_days, rules.max_age_days, is_core=is_core)
    stale_at = stale_from(freshest_at, end, max_age)
    turns = [deadline, *([stale_at, end] if stale_at else [])]
    return _Hour(
        is_late=deadline <= at,
        is_stale=stale_at is not None and stale_at <= at < end,
        turn=min((turn for turn in turns if turn > at), default=None),
    )


_Judged = tuple[int, Decimal | None, Decimal | None, Decimal | None, Decimal, bool, bool]
"""Which lines, by their identity; value, numerator, denominator; coverage; late; stale."""


def _judge(case: Case, hour: _Hour, rules: Rules, known: dict[_Judged, Judgement]) -> Attained:
    kept = case.kept
    of_value = (kept.value, kept.numerator, kept.denominator)
    key = (id(case.lines), *of_value, kept.coverage, hour.is_late, hour.is_stale)
    judgement = known.get(key)
    if judgement is None:
        judgement = known[key] = judge(
            case.lines,
            exact_value(*of_value),
            kept.coverage,
            minimum_coverage=rules.minimum_coverage,
            late=hour.is_late,
            stale=hour.is_stale,
        )
    return Attained(judgement=judgement, kept=kept, standard_version=case.standard_version)


def _age(value: MeasuredValue) -> tuple[int, int]:
    return value.seq, value.formula_version
