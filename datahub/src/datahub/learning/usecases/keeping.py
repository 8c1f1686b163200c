"""What is kept, and for how long: months of events, documents of sources."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.repository import records
from datahub.learning.domain.months import first_of_month, instant_of, months_before
from datahub.learning.domain.source import parse_source
from datahub.learning.repository import due, events, months, sources
from datahub.learning.repository.sources import SavedSource
from datahub.learning.usecases.taking import ENTITY
from shared.kit.database import Transaction

AHEAD: Final = timedelta(days=32)
"""At least so long before a month begins its table is made."""


async def save_source(
    tx: Transaction,
    source: str,
    document: Mapping[str, Any],
    dictionary: Dictionary,
    check: Callable[[int | None], None],
) -> tuple[SavedSource, bool]:
    """Save the document of a source; return it and whether it changed.

    Args:
        check: refuses a write by the present version; None where there is none.

    Raises:
        LearningSourceInvalidError: with every fault of the document.
    """
    present = await sources.find(tx, source, lock=True)
    check(present.version if present else None)
    parse_source(document, dictionary.entity(ENTITY).fields["verb"].values)
    if present is not None and present.document == document:
        return present, False
    saved = SavedSource(source, present.version + 1 if present else 1, document)
    await sources.save(tx, saved)
    return saved, True


async def keep_months(tx: Transaction, keep: int) -> list[date]:
    """Make the tables of the months to come, drop those that are old; return what was dropped.

    A month whose totals are due waits for them.

    Args:
        keep: months before the present one that are kept.
    """
    await records.lock_entities(tx, [events.TABLE])
    window = await months.window(tx, keep)
    present = first_of_month(window.now)
    await months.make(tx, [present, first_of_month(window.now + AHEAD)])
    first_kept = first_of_month(window.since)
    dropped = []
    for month in await months.list_months(tx):
        following = months_before(month, -1)
        if following > first_kept or await due.is_due_before(tx, following):
            break
        await months.drop(tx, month)
        await months.keep_since(tx, instant_of(following))
        dropped.append(month)
    return dropped
