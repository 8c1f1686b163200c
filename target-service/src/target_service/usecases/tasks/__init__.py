"""What can be done with tasks: drafted and changed, issued, accepted, reported on, cancelled."""

from target_service.usecases.tasks.clock import TASK, follow_hours, tell_overdue
from target_service.usecases.tasks.moving import accept_task, cancel_task, issue_task
from target_service.usecases.tasks.putting import knows_parties, put_task
from target_service.usecases.tasks.reporting import (
    approve_report,
    report_progress,
    return_report,
)

__all__ = [
    "TASK",
    "accept_task",
    "approve_report",
    "cancel_task",
    "follow_hours",
    "issue_task",
    "knows_parties",
    "put_task",
    "report_progress",
    "return_report",
    "tell_overdue",
]
