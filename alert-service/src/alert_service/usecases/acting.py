"""What people do with alerts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from alert_service.domain import life
from alert_service.domain.life import Alert, Right, Step
from alert_service.repository import boards
from alert_service.usecases.telling import tell
from shared.kit.database import Transaction
from shared.kit.identity import NotAllowedError

Precondition = Callable[[int | None], None]
"""Gets the present version under the lock, and refuses what must not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """What an acknowledgement did."""

    alert: Alert
    changed: bool
    """False: somebody had acknowledged it before."""


async def acknowledge(
    tx: Transaction, alert_id: str, right: Right, note: str, expect: Precondition, at: datetime
) -> Acknowledged:
    """Record that somebody has seen an alert.

    Raises:
        AlertNotFoundError: no alert has that id.
        NotAllowedError: the caller is neither its owner nor a writer.
        AlertSettledError: it is over.
    """
    alert = await boards.get_alert(tx, alert_id)
    if not right.covers(alert.owner):
        raise NotAllowedError(
            "签收需要权限 alert:write，或是该预警的责任人",
            "this needs the permission alert:write, or to be the owner of the alert",
        )
    expect(alert.version)
    seen = life.acknowledge(alert, right.subject, note, at)
    if seen is alert:
        return Acknowledged(alert=alert, changed=False)
    steps = [(Step.ACKNOWLEDGED, seen)]
    await boards.save_steps(tx, steps, at)
    await tell(tx, steps, at)
    return Acknowledged(alert=seen, changed=True)
