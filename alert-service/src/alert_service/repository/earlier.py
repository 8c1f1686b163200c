"""Alerts that are handed over to the hub again, because another followed or they were there before.

Every one is locked first: what is handed over of it stands in the order of its changes.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from alert_service.domain.life import Alert
from alert_service.repository.alerts import is_one_of, read_alert
from alert_service.tables import AlertRow
from shared.kit.database import Transaction
from shared.kit.sql import text

PAGE = 500
"""Alerts in one transaction."""

_NEWLY_FOLLOWED = """
SELECT a.id FROM alert a
  JOIN (SELECT DISTINCT rule, scope FROM alert WHERE id = ANY(:raised)) new USING (rule, scope)
 WHERE a.state = 'settled' AND NOT EXISTS (
       SELECT FROM alert later WHERE later.scope = a.scope AND later.rule = a.rule
          AND later.raised_at >= a.settled_at AND later.id <> ALL(:raised))
 ORDER BY a.id FOR UPDATE OF a
"""

_FOLLOWED = """
SELECT a.id FROM alert a WHERE a.id = ANY(:ids) AND EXISTS (
       SELECT FROM alert later WHERE later.scope = a.scope AND later.rule = a.rule
          AND later.raised_at >= a.settled_at)
"""


async def newly_followed(tx: Transaction, raised: Collection[str]) -> list[Alert]:
    """Return the settled alerts whose rule warns of their scope again by these, and not before."""
    if not raised:
        return []
    ids = list(await tx.session.scalars(text(_NEWLY_FOLLOWED), {"raised": list(raised)}))
    rows = await tx.session.scalars(select(AlertRow).where(is_one_of(AlertRow.id, ids)))
    return [read_alert(row) for row in rows]


async def next_alerts(tx: Transaction, after: str) -> list[Alert]:
    """Return the alerts that follow an id, a page of them."""
    rows = await tx.session.scalars(
        select(AlertRow)
        .where(AlertRow.id > after)
        .order_by(AlertRow.id)
        .limit(PAGE)
        .with_for_update()
    )
    return [read_alert(row) for row in rows]


async def followed(tx: Transaction, alerts: Sequence[Alert]) -> set[str]:
    """Return the ids of those alerts whose rule warned of their scope again after they ended."""
    ids = [alert.id for alert in alerts]
    return set(await tx.session.scalars(text(_FOLLOWED), {"ids": ids}))
