"""What the audits of the nights found."""

from typing import Final

from datahub.indicators.queries.reading import Reading, Row
from shared.kit.sql import text

MENDED: Final = 100
"""Cells that are named of what an audit mended."""

_AUDITS: Final = """
SELECT a.day, a.at, a.watermark, a.cells, a.kept_hash, a.counted_hash,
       ARRAY(SELECT h.id FROM measurement_history h
              WHERE a.cells > 0 AND h.seq = a.seq ORDER BY h.id LIMIT :cells) AS mended
  FROM measure_audit a ORDER BY a.day DESC LIMIT :limit
"""


async def list_audits(reading: Reading, limit: int) -> list[Row]:
    """Return the newest audits, with the cells that they mended and the reader may see."""
    rows = await reading.tx.session.execute(text(_AUDITS), {"limit": limit, "cells": MENDED})
    found = [dict(row) for row in rows.mappings()]
    for each in found:
        of = {name: name.split("|")[1] for name in each["mended"]}
        seen = set(reading.seen_among(sorted(set(of.values()))))
        each["mended"] = [name for name, scope in of.items() if scope in seen]
    return found
