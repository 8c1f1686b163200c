"""Events in: who signed in counts as use of the platform."""

from collections.abc import Sequence
from typing import Final

from shared.contracts.gateway import PersonSignedIn
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription
from spiral_service.usecases.culture import count_sign_ins


async def on_sign_ins(tx: Transaction, batch: Sequence[Received]) -> None:
    """Keep on which days persons signed in."""
    await count_sign_ins(
        tx, [each.event for each in batch if isinstance(each.event, PersonSignedIn)]
    )


SUBSCRIPTIONS: Final = (
    Subscription(
        name="spiral-sign-ins", stream="QA_EVT", events=(PersonSignedIn,), handler=on_sign_ins
    ),
)
