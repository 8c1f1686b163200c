"""Who delivers the records of entities, and when they last did."""

from collections.abc import Iterable
from typing import Any

from datahub.indicators.domain.islands import Supply
from datahub.indicators.repository import counting
from shared.kit.database import Transaction
from shared.kit.sql import text

_FEEDS = """
    SELECT f.entity, f.id AS feed, f.source, s.name_zh AS source_zh, s.name_en AS source_en,
           s.active, b.id AS batch, b.received_at, b.finished_at
      FROM feed f
      LEFT JOIN source_system s ON s.id = f.source
      LEFT JOIN LATERAL (
        SELECT id, started_at AS received_at, finished_at FROM batch
         WHERE feed = f.id AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 1) b ON true
     WHERE f.retired_at IS NULL ORDER BY f.entity, f.id
"""


async def list_feeds(tx: Transaction) -> list[dict[str, Any]]:
    """Return every feed in use with its entity, source system, and last delivery, if any."""
    rows = await tx.session.execute(text(_FEEDS))
    return [dict(row) for row in rows.mappings()]


async def supplies_of(tx: Transaction, entities: Iterable[str]) -> dict[str, Supply]:
    """Return, by entity, who delivers it."""
    names = set(entities)
    delivered = await counting.list_delivered(tx, names)
    feeds: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for each in await list_feeds(tx):
        if each["entity"] in names:
            feeds[each.pop("entity")].append(each)
    return {name: Supply(feeds=feeds[name], has_records=name in delivered) for name in names}


async def list_systems(tx: Transaction) -> list[dict[str, Any]]:
    """Return the source systems with the entities that their feeds deliver."""
    rows = await tx.session.execute(
        text(
            "SELECT s.id AS source, s.name_zh, s.name_en, s.active,"
            " coalesce(array_agg(DISTINCT f.entity) FILTER (WHERE f.id IS NOT NULL), '{}')"
            "   AS entities"
            " FROM source_system s LEFT JOIN feed f ON f.source = s.id"
            " AND f.retired_at IS NULL GROUP BY s.id ORDER BY s.id"
        )
    )
    return [dict(row) for row in rows.mappings()]
