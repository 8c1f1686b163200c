"""The work list (待办), from the steps of every service."""

from datetime import datetime

from shared.contracts.steps import StepClosed, StepOpened
from shared.kit.database import Transaction
from spiral_service.repository import work as repository


async def add_work(tx: Transaction, step: StepOpened) -> None:
    """Put a human step on the work list; one that was there stays as it is."""
    await repository.add_work(tx, step.model_dump() | {"state": "open"})


async def close_work(tx: Transaction, step: StepClosed, at: datetime) -> None:
    """Take a human step off the work list."""
    await repository.close_work(tx, step.step, how=step.how, by=step.by, at=at)
