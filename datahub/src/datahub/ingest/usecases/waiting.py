"""Rows that wait in the quarantine to be mended are a human step: one for each feed.

It is of whoever answers for the source system, else of who keeps the platform; it closes when no
row of the feed waits any more.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from datahub.ingest.repository import waiting
from shared.contracts.steps import HubStepClosed, HubStepOpened
from shared.kit.database import Transaction

TIME: Final = timedelta(days=3)
"""Until rows that were put aside should be mended. Source: our default."""

WRITE: Final = "datahub:write"


async def tell_waiting(tx: Transaction, at: datetime) -> None:
    """Tell the work list of feeds whose rows wait now, or wait no more."""
    different = await waiting.list_different(tx)
    told = [_tell(tx, row, at) for row in different]
    if told:
        await waiting.save_told(tx, told)


def _tell(tx: Transaction, row: Any, at: datetime) -> tuple[str, int, bool]:
    number = row.number + bool(row.rows)
    step, link = f"datahub/quarantine/{row.feed}/{number}", f"/quarantine?feed={quote(row.feed)}"
    scope = f"feed/{row.feed}"
    if not row.rows:
        closed = HubStepClosed(
            step=step, kind="form", scope=scope, link=link, how="answered", by="system/datahub"
        )
        tx.publish(closed, key=step, subject=scope)
        return row.feed, number, False
    opened = HubStepOpened(
        step=step,
        kind="form",
        title_zh=f"处理隔离数据：{row.name_zh or row.feed}",
        title_en=f"Mend rows in the quarantine: {row.name_en or row.feed}",
        scope=scope,
        period=None,
        role="owner" if row.owner else "leader",
        owners=(row.owner,) if row.owner else (),
        permission=WRITE,
        not_by="",
        opened_at=at,
        due_at=at + TIME,
        link=link,
    )
    tx.publish(opened, key=step, subject=scope)
    return row.feed, number, True
