"""A value that only people can say, of a period that is over, is a human step until it is there.

It is of who answers for the scope, else of whoever leads it. Of persons nobody is asked one by one:
theirs come by sheet.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.periods import before
from datahub.indicators.domain.present import Now
from datahub.indicators.repository import awaited, following
from datahub.indicators.repository.awaited import Told, Wanted
from datahub.indicators.repository.present import read_present
from datahub.indicators.usecases.steps import AskedHow, Awaited, ask_for, ask_no_more
from shared.kit.database import Transaction

KINDS: Final = frozenset({"school", "unit", "major", "course"})
STEP: Final = 500
"""Cells that are told of in one transaction."""


async def tell_awaited(tx: Transaction, dictionary: Dictionary, at: datetime) -> bool:
    """Tell the work list of values to be handed in, or no more; return whether there are others."""
    typed = {
        each.id: each
        for each in await following.list_indicators(tx, dictionary)
        if each.manual and not each.formula and each.retired_on is None
    }
    wanted = _wanted(typed.values(), await read_present(tx)) if typed else []
    different = await awaited.list_different(tx, wanted, typed, STEP)
    told = [_tell(tx, row, typed, at) for row in different]
    if told:
        await awaited.save_told(tx, told)
    return len(told) == STEP


def _wanted(typed: Iterable[Indicator], now: Now) -> list[Wanted]:
    return [
        Wanted(each.id, grain.kind, period)
        for each in typed
        for grain in each.grains
        if grain.kind in KINDS and (period := _last(grain.period_kind, now))
    ]


def _last(kind: str, now: Now) -> str | None:
    """Return the period of a kind that ended last; None where the calendar does not say."""
    if kind not in now.periods:
        return None
    found = before(f"{kind}:{now.periods[kind]}")
    known = [each for each in found if kind != "term" or each.partition(":")[2] in now.terms]
    return known[0] if known else None


def _tell(tx: Transaction, row: Any, typed: dict[str, Indicator], at: datetime) -> Told:
    """Open a step, or close one; one whose owners are others now is closed and asked anew."""
    how: AskedHow
    number = row.number
    cell = Awaited(row.indicator, row.scope, row.period)
    if row.was_open:
        is_asked = row.indicator in typed and row.is_there
        how = "replaced" if row.waits else "answered" if is_asked else "withdrawn"
        ask_no_more(tx, cell, number, how)
    if row.waits:
        number += 1
        ask_for(tx, cell, number, typed[row.indicator], row.owners, at)
    return Told(*cell, number, row.owners or [], row.waits)
