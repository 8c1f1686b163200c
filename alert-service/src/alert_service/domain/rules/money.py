"""How far a task and its money are (经费执行): behind, ahead of its progress, not yet spent."""

from decimal import Decimal
from typing import Final

from alert_service.domain.rules.model import Task

AHEAD: Final = Decimal("0.1")
"""How far the share of a budget that was spent may lie above progress. Source: our default."""


def is_as_far(condition: Task, executed: str | None, progress: Decimal) -> bool:
    """Return whether progress and money are as a condition asks; money without a budget never is.

    Args:
        executed: approved spending ÷ budget.
    """
    if condition.progress_below is not None and progress >= condition.progress_below:
        return False
    if condition.executed_below is None and condition.overspent is None:
        return True
    if executed is None:
        return False
    spent = Decimal(executed)
    is_over = spent > 1 or spent - progress > AHEAD
    if condition.overspent is not None and is_over is not condition.overspent:
        return False
    return condition.executed_below is None or spent < condition.executed_below
