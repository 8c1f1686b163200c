"""Feeds of which rows wait in the quarantine to be mended, and what the work list was told."""

from collections.abc import Sequence
from typing import Any, Final

from datahub.locks import Space
from shared.kit.database import Transaction
from shared.kit.sql import text

_DIFFERENT: Final = text(
    "WITH waiting AS (SELECT feed, count(*) AS rows FROM quarantined_row"
    # A parked row waits for another record, not for somebody.
    "  WHERE released_at IS NULL AND verdict IN ('quarantined', 'rejected') GROUP BY feed)"
    " SELECT coalesce(w.feed, t.feed) AS feed, coalesce(t.number, 0) AS number,"
    "  coalesce(w.rows, 0) AS rows, s.owner,"
    "  coalesce(c.doc ->> 'name_zh', s.name_zh, s.id) AS name_zh,"
    "  coalesce(c.doc ->> 'name_en', s.name_en, s.id) AS name_en"
    " FROM waiting w FULL JOIN told_feed t ON t.feed = w.feed"
    " LEFT JOIN source_system s ON s.id = split_part(coalesce(w.feed, t.feed), '.', 1)"
    " LEFT JOIN scope c ON c.scope = 'feed/' || coalesce(w.feed, t.feed)"
    " WHERE (w.feed IS NOT NULL) IS DISTINCT FROM coalesce(t.is_open, false) ORDER BY feed"
)
_SAVE: Final = text(
    "INSERT INTO told_feed (feed, number, is_open) SELECT feed, number, is_open"
    " FROM unnest(CAST(:feeds AS text[]), CAST(:numbers AS int[]), CAST(:opens AS boolean[]))"
    " AS n(feed, number, is_open)"
    " ON CONFLICT (feed) DO UPDATE SET number = excluded.number, is_open = excluded.is_open"
)


async def list_different(tx: Transaction) -> Sequence[Any]:
    """Return the feeds of which something else is true than was told: with what waits of each.

    Nobody else tells until the transaction ends.
    """
    await tx.session.execute(text(f"SELECT pg_advisory_xact_lock({Space.WAITING_ROWS}, 0)"))
    return list(await tx.session.execute(_DIFFERENT))


async def save_told(tx: Transaction, told: Sequence[tuple[str, int, bool]]) -> None:
    """Keep what was told now: feed, number of its step, whether that is open."""
    feeds, numbers, opens = zip(*told, strict=True)
    values = {"feeds": list(feeds), "numbers": list(numbers), "opens": list(opens)}
    await tx.session.execute(_SAVE, values)
