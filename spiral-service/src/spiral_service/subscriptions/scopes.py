"""Events in: scopes become names."""

from collections.abc import Sequence
from typing import Final

from shared.calendar.table import calendar_subscription
from shared.contracts.datahub import ScopeChanged
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription
from spiral_service.usecases import scopes as usecases
from spiral_service.usecases.cycles import place_cycles
from spiral_service.usecases.facts import place_known
from spiral_service.usecases.programmes import look_again


async def on_scopes(tx: Transaction, batch: Sequence[Received]) -> None:
    """Keep the names of the scopes."""
    await usecases.learn_scopes(
        tx,
        [
            item
            for each in batch
            if isinstance(each.event, ScopeChanged)
            for item in each.event.items
        ],
    )


async def on_calendar(tx: Transaction) -> None:
    """Give cycles and facts the days that the school calendar tells now, and open what it has."""
    # Timers first: whoever sweeps holds one before he keeps the calendar.
    await look_again(tx)
    await place_cycles(tx, now())
    await place_known(tx)


SUBSCRIPTIONS: Final = (
    calendar_subscription("spiral", on_calendar),
    Subscription(name="spiral-scopes", stream="QA_DATA", events=(ScopeChanged,), handler=on_scopes),
)
