"""The smallest service: it tells of a pulse, hears it again, and counts it.

Nothing but the kit stands between a pulse and its count, and counting is not idempotent.
"""

from collections.abc import Sequence
from typing import ClassVar

from fastapi import FastAPI
from pydantic_settings import SettingsConfigDict
from sqlalchemy import text

from shared.contracts.base import Event
from shared.kit.admin import Db
from shared.kit.app import ServiceSpec, create_service, new_router, serve
from shared.kit.database import Transaction
from shared.kit.settings import ServiceSettings
from shared.kit.worker import Received, Subscription

TABLE = "CREATE TABLE IF NOT EXISTS tally (name text PRIMARY KEY, pulses int NOT NULL)"


class Pulse(Event):
    """Something to be counted."""

    type: ClassVar[str] = "qa.target.pulse.sent.v1"

    name: str


class Settings(ServiceSettings):
    """Environment variables ``TARGET_*``: it runs in place of that service."""

    model_config = SettingsConfigDict(env_prefix="TARGET_", extra="ignore")


router = new_router()


@router.post("/pulses/{name}")
async def send_pulse(db: Db, name: str) -> dict[str, str]:
    """Tell of a pulse."""
    async with db.transaction() as tx:
        tx.publish(Pulse(name=name), key=name)
    return {"name": name}


async def count_pulses(tx: Transaction, received: Sequence[Received]) -> None:
    """Count pulses by name."""
    for each in received:
        assert isinstance(each.event, Pulse)
        await tx.session.execute(
            text(
                "INSERT INTO tally VALUES (:name, 1)"
                " ON CONFLICT (name) DO UPDATE SET pulses = tally.pulses + 1"
            ),
            {"name": each.event.name},
        )


def create_app(settings: Settings) -> FastAPI:
    """Build the service."""
    pulses = Subscription(
        name="tally-pulses", stream="QA_EVT", events=(Pulse,), handler=count_pulses
    )
    spec = ServiceSpec(name="target", title="tally", routers=[router], subscriptions=[pulses])
    return create_service(spec, settings)


if __name__ == "__main__":
    present = Settings()
    serve(create_app(present), present)
