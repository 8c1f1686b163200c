"""An alert that waits for its acknowledgement (签收) is a human step: it opens, and it closes.

It is its owner's, and once it was escalated (督办) its supervisor's; a role alone is whoever leads
the scope. Who has another owner, or another date, has another step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from alert_service.domain.life import Alert
from alert_service.repository import steps as told
from alert_service.tables import ToldStepRow
from shared.access.families import MASKED_EN, MASKED_ZH, RESTRICTED
from shared.contracts.steps import AlertStepClosed, AlertStepOpened, StepHow
from shared.kit.database import Transaction

SELF: Final = "system/alert"
"""Who closes a step that nobody took."""

READ: Final = "alert:read"
WRITE: Final = "alert:write"
"""What acknowledging takes: of an owner or supervisor to read alerts, of others to write them."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    owners: tuple[str, ...]
    """Whose step it is; none for leaders."""

    due_at: datetime


async def tell_steps(tx: Transaction, alerts: Sequence[Alert], at: datetime) -> None:
    """Close the steps that wait no more, and open those that wait now.

    Args:
        alerts: as they stand now, each once.
    """
    if not alerts:
        return
    known = await told.told_steps(tx, {each.id for each in alerts})
    entries = []
    for alert in alerts:
        row, waiting = known.get(alert.id), _waits(alert)
        before = _Waiting(tuple(row.owners), row.due_at) if row and row.is_open else None
        if waiting == before:
            continue
        number = row.number if row else 0
        if before:
            _close(tx, alert, number)
        if waiting:
            number += 1
            _open(tx, alert, number, waiting, at)
        entries.append(_entry(alert, number, waiting, row))
    await told.save_told(tx, entries)


def _waits(alert: Alert) -> _Waiting | None:
    if alert.settled or alert.acknowledged:
        return None
    named = [_party(each) for each in (alert.owner, alert.supervisor or "") if each]
    owners = dict.fromkeys(each for each in named if not each.startswith("role/"))
    return _Waiting(tuple(owners), alert.due_at)


def _party(owner: str) -> str:
    """Return an owner as the work list knows him: a number alone is that of a teacher."""
    kind, _, key = owner.partition("/")
    return f"teacher/{key or kind}" if not key or kind == "person" else owner


def _open(tx: Transaction, alert: Alert, number: int, waiting: _Waiting, at: datetime) -> None:
    hidden = alert.family in RESTRICTED
    about = (MASKED_ZH, MASKED_EN) if hidden else (alert.title, alert.title)
    opened = AlertStepOpened(
        step=_step(alert, number),
        kind="acceptance",
        title_zh=f"签收预警：{about[0]}",
        title_en=f"Acknowledge an alert: {about[1]}",
        scope=alert.scope,
        period=alert.period,
        role="owner" if waiting.owners else "leader",
        owners=waiting.owners,
        permission=READ if waiting.owners else WRITE,
        not_by="",
        opened_at=at,
        due_at=waiting.due_at,
        link=_link(alert),
    )
    tx.publish(opened, key=alert.scope, subject=f"alert/{alert.id}")


def _close(tx: Transaction, alert: Alert, number: int) -> None:
    seen = alert.acknowledged
    how: StepHow = "accepted" if seen else "withdrawn" if alert.settled else "replaced"
    closed = AlertStepClosed(
        step=_step(alert, number),
        kind="acceptance",
        scope=alert.scope,
        period=alert.period,
        link=_link(alert),
        how=how,
        by=seen.by if seen else SELF,
    )
    tx.publish(closed, key=alert.scope, subject=f"alert/{alert.id}")


def _step(alert: Alert, number: int) -> str:
    return f"alert/{alert.id}/acknowledgement/{number}"


def _link(alert: Alert) -> str:
    return f"/alerts/{alert.id}"


def _entry(
    alert: Alert, number: int, waiting: _Waiting | None, row: ToldStepRow | None
) -> dict[str, Any]:
    due_at = row.due_at if row and waiting is None else alert.due_at
    return {
        "alert": alert.id,
        "number": number,
        "owners": list(waiting.owners) if waiting else [],
        "due_at": due_at,
        "is_open": waiting is not None,
    }
