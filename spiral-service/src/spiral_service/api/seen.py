"""Writes are refused where what they are about is not there for the writer."""

from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

from fastapi import Depends, params

from shared.access.edge import within_sight
from shared.kit.database import Transaction
from shared.kit.identity import Caller
from spiral_service.api.common import actor_of
from spiral_service.domain.standing import Actor
from spiral_service.queries import corrections, diagnoses, innovations, lessons, measures
from spiral_service.queries.seeing import seen_cycle

Get = Callable[[Transaction, UUID, Actor], Awaitable[Any]]


async def _cycle(tx: Transaction, key: str, _: Caller) -> None:
    await seen_cycle(tx, key)


def _by_id(name: str, get: Get) -> list[params.Depends]:
    async def check(tx: Transaction, key: str, caller: Caller) -> None:
        try:
            id_ = UUID(key)
        except ValueError:
            return  # the route itself says what is wrong with it
        await get(tx, id_, actor_of(caller))

    return [Depends(within_sight("spiral", name, check))]


OF_A_CYCLE: Final = [Depends(within_sight("spiral", "key", _cycle))]
OF_A_CORRECTION: Final = _by_id("correction", corrections.get_correction)
OF_A_DIAGNOSIS: Final = _by_id("diagnosis", diagnoses.get_diagnosis)
OF_A_LESSON: Final = _by_id("lesson", lambda tx, id_, _: lessons.get_lesson(tx, id_))
OF_A_MEASURE: Final = _by_id("measure", measures.get_measure)
OF_A_PROPOSAL: Final = _by_id("proposal", innovations.get_proposal)
