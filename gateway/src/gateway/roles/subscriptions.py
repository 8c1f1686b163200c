"""Events in: who answers for which scope, and who belongs to which body.

What a process remembers of a visitor is a second old at most: his roles are right by then.
"""

from collections.abc import Sequence
from typing import Final

from gateway.roles import usecases
from shared.contracts.datahub import ScopeChanged
from shared.contracts.target import BodyChanged
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription


async def on_scopes(tx: Transaction, batch: Sequence[Received]) -> None:
    """Take in scopes, and the posts in them."""
    items = [
        item for each in batch if isinstance(each.event, ScopeChanged) for item in each.event.items
    ]
    await usecases.take_scopes(tx, items)


async def on_bodies(tx: Transaction, batch: Sequence[Received]) -> None:
    """Take in bodies, and the places in them."""
    for each in batch:
        if isinstance(each.event, BodyChanged):
            await usecases.take_body(tx, each.event)


SUBSCRIPTIONS: Final = (
    Subscription(
        name="gateway-scopes", stream="QA_DATA", events=(ScopeChanged,), handler=on_scopes
    ),
    Subscription(name="gateway-bodies", stream="QA_EVT", events=(BodyChanged,), handler=on_bodies),
)
