"""Once a night everything is counted anew, and what was kept is held against it.

The same statements count all rows instead of the changed ones: what differs was added up wrongly,
is told, and mended. A hash of all cells before and after proves that they agree. Source: design
"Indicators" 4; the hour is our default.
"""

from dataclasses import replace
from typing import Final

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.limits import LIMITS, Limits
from datahub.indicators.repository import cells, following, present
from datahub.indicators.usecases import rounds
from shared.kit.database import Transaction

FIRST_HOUR: Final = 3
"""Of the campus."""


async def audit(
    tx: Transaction, dictionary: Dictionary, limits: Limits = LIMITS, *, is_careful: bool = False
) -> int | None:
    """Measure everything whole; return how many cells were wrong, None when it is not the time.

    Every cell that was wrong is mended, and published as any change of a value is.

    Args:
        is_careful: a definition that cannot be measured is parked, and the others are.

    Raises:
        MeasuringFailedError: one cannot be measured, and nobody is careful.
    """
    await following.use_one_snapshot(tx, limits.seconds)
    cursor = await following.lock_cursor(tx)
    now = await present.read_present(tx)
    if cursor is None or cursor.audited_on == now.day or now.hour < FIRST_HOUR:
        return None
    span = await following.read_span(tx, cursor.last_seq)
    indicators, fresh = await following.list_measured(tx, dictionary)
    if span is None or fresh or cursor.day != now.day:
        return None
    # What nobody has followed yet does not count: the cells are to be right as they are.
    still = replace(
        span, sets=(), watermark=cursor.last_seq, by_entity={}, later=span.later_than_before
    )
    kept = await cells.hash_cells(tx)
    wrong = await rounds.measure_whole(tx, indicators, still, now, is_careful=is_careful)
    counted = await cells.hash_cells(tx)
    await following.note_audit(tx, now.day, wrong, kept_hash=kept, counted_hash=counted)
    return wrong
