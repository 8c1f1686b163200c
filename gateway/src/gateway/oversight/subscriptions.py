"""Events in: what the services did when somebody was erased."""

from collections.abc import Sequence
from typing import Final

from gateway.oversight import usecases
from shared.contracts.persons import (
    AlertPersonErased,
    HubPersonErased,
    PersonErased,
    ReportPersonErased,
    SpiralPersonErased,
    TargetPersonErased,
)
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription


async def on_erased(tx: Transaction, batch: Sequence[Received]) -> None:
    """Take in what services answered."""
    for each in batch:
        if isinstance(each.event, PersonErased):
            service = each.envelope.type.split(".")[1]
            await usecases.take_answer(tx, service, each.event)


SUBSCRIPTIONS: Final = (
    Subscription(
        name="gateway-erased-hub", stream="QA_DATA", events=(HubPersonErased,), handler=on_erased
    ),
    Subscription(
        name="gateway-erased",
        stream="QA_EVT",
        events=(TargetPersonErased, SpiralPersonErased, AlertPersonErased, ReportPersonErased),
        handler=on_erased,
    ),
)
