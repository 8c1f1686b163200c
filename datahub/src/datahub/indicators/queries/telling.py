"""What was published of measured values, read again from their history."""

from typing import Final

from datahub.indicators.domain.masking import stays
from datahub.indicators.domain.privacy import class_of
from datahub.indicators.queries.reading import Reading, Row
from shared.kit.sql import text

_SAID: Final = text(
    "SELECT entry, id, indicator, scope, period, value::text, numerator::text, denominator::text,"
    " n, coverage::text, freshest_at, manual, formula_version, reason, seq, measured_at"
    " FROM measurement_history WHERE entry > :after ORDER BY entry LIMIT :limit"
)


async def told_since(reading: Reading, after: int, limit: int) -> tuple[list[Row], int]:
    """Return what was published of measured values behind an entry of the history, in its order.

    Unmasked, as it went out: who reads it may read the messages.

    Returns:
        The values, and the last entry that was looked at: the same as ``after`` at the end.
    """
    found = await reading.tx.session.execute(_SAID, {"after": after, "limit": limit})
    rows = [dict(each) for each in found.mappings()]
    classes = {name: class_of(each) for name, each in reading.indicators.items()}
    told = [
        each
        for each in rows
        # Of one that is not known nobody can say whether it may leave the hub.
        if each["indicator"] in classes and not stays(classes[each["indicator"]], each["scope"])
    ]
    return told, rows[-1]["entry"] if rows else after
