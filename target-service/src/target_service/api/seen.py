"""Writes are refused where what they are about is not there for the writer."""

from typing import Final

from fastapi import Depends, params

from shared.access.edge import Check, within_sight
from shared.kit.database import Transaction
from shared.kit.identity import Caller
from target_service.queries import goals, plans, sheets, tasks


async def _goal(tx: Transaction, key: str, _: Caller) -> None:
    await goals.check_goal(tx, key)


async def _task(tx: Transaction, key: str, _: Caller) -> None:
    await tasks.check_task(tx, key)


async def _plan(tx: Transaction, key: str, _: Caller) -> None:
    await plans.check_plan(tx, key)


async def _sheet(tx: Transaction, key: str, _: Caller) -> None:
    await sheets.check_sheet(tx, key)


def _within(name: str, check: Check) -> list[params.Depends]:
    return [Depends(within_sight("target", name, check))]


OF_A_GOAL: Final = _within("key", _goal)
OF_A_TASK: Final = _within("key", _task)
OF_A_PLAN: Final = _within("key", _plan)
OF_A_SHEET: Final = _within("of", _sheet)
