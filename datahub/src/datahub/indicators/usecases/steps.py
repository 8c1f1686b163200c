"""What waits for approval is a human step: the work list hears when it opens and when it closes."""

from datetime import timedelta
from typing import Final, Literal

from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.handed import Handed
from shared.contracts.steps import HubStepClosed, HubStepOpened
from shared.kit.database import Transaction

APPROVE: Final = "datahub:approve"
"""Permission to decide on what others hand in."""

TIME: Final = timedelta(days=7)
"""Until it should be decided on. Source: our default."""

How = Literal["approved", "rejected", "withdrawn", "replaced"]


def step_of(handed: str) -> str:
    """Return the id of the step by which a value is decided on."""
    return f"datahub/handed-in/{handed}"


def open_step(tx: Transaction, handed: Handed, indicator: Indicator) -> None:
    """Tell that a value waits."""
    step = step_of(handed.id)
    opened = HubStepOpened(
        step=step,
        kind="approval",
        title_zh=f"审批填报：{indicator.zh}",
        title_en=f"Approve a value: {indicator.en or indicator.zh}",
        scope=handed.entry.scope,
        period=handed.entry.period,
        role="leader",
        permission=APPROVE,
        not_by=handed.entered_by,
        opened_at=handed.entered_at,
        due_at=handed.entered_at + TIME,
        link=f"/handed-in/{handed.id}",
    )
    tx.publish(opened, key=step, subject=handed.entry.scope)


def close_step(tx: Transaction, handed: Handed, how: How, by: str) -> None:
    """Tell what became of a value that waited."""
    step = step_of(handed.id)
    closed = HubStepClosed(
        step=step,
        kind="approval",
        scope=handed.entry.scope,
        link=f"/handed-in/{handed.id}",
        how=how,
        by=by,
    )
    tx.publish(closed, key=step, subject=handed.entry.scope)
