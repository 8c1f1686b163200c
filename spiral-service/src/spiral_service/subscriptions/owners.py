"""Events in: who holds roles beside his post, by a grant, a body or a loan."""

from collections.abc import Sequence
from typing import Final

from shared.contracts.gateway import RoleGranted, RoleRevoked
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription
from spiral_service.usecases.owning import hear_grants


async def on_grants(tx: Transaction, batch: Sequence[Received]) -> None:
    """Keep who holds which role."""
    told = [each.event for each in batch if isinstance(each.event, RoleGranted | RoleRevoked)]
    await hear_grants(tx, told)


SUBSCRIPTIONS: Final = (
    Subscription(
        name="spiral-grants", stream="QA_EVT", events=(RoleGranted, RoleRevoked), handler=on_grants
    ),
)
