"""Run the report service, or rebuild its read model from what was published.

``python -m report_service``                    serve until told to stop
``python -m report_service rebuild [--apply]``  read every event of the streams again, and compare
what they make with what is there, table by table; the exit code is 1 where something differs. With
``--apply`` what was rebuilt takes its place: after a loss, or a change of what is kept of an event.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

from nats.aio.client import Client
from nats.errors import TimeoutError as NothingYet
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from report_service.app import create_app
from report_service.repository.rebuilding import begin_rebuilding, compare, put_in_place
from report_service.settings import Settings
from report_service.subscriptions import SUBSCRIPTIONS, Fact, read_facts
from report_service.usecases.read_model import take_in
from shared.kit import bus
from shared.kit.app import serve
from shared.kit.database import Database
from shared.kit.worker import Subscription

BATCH: Final = 500
IDLE_SECONDS: Final = 60.0


def main() -> None:
    """Read the settings, then do what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m report_service")
    commands = parser.add_subparsers(dest="command")
    words = "由事件重建读模型并比对 · rebuild the read model from events, and compare"
    rebuilding = commands.add_parser("rebuild", help=words)
    rebuilding.add_argument(
        "--apply", action="store_true", help="以重建的取代现有的 · put it in place"
    )
    asked = parser.parse_args()
    settings = Settings.read()
    if asked.command == "rebuild":
        sys.exit(asyncio.run(rebuild(settings, apply=asked.apply)))
    serve(create_app(settings), settings)


async def rebuild(settings: Settings, *, apply: bool = False) -> int:
    """Rebuild the read model and print which tables are other than the events say.

    Returns:
        The exit code: 0 where all of them are the same.
    """
    database = Database(settings.dsn(), "report")
    client = await bus.connect(settings, "report")
    wrong = 0
    async with database.transaction() as tx:
        await begin_rebuilding(tx, lock=apply)
        for subscription in SUBSCRIPTIONS:
            async for facts in _told(client, subscription):
                await take_in(tx, facts)
        for name, (there, rebuilt) in (await compare(tx)).items():
            same = there == rebuilt
            wrong += not same
            mark = "=" if same else "≠"
            sys.stdout.write(
                f"{mark} {name}  {there[0]} {there[1][:16]}  {rebuilt[0]} {rebuilt[1][:16]}\n"
            )
        if apply:
            await put_in_place(tx)
    await client.close()
    await database.dispose()
    sys.stdout.write(f"{wrong} 张表不同 · {wrong} tables differ\n")
    return 1 if wrong and not apply else 0


async def _told(client: Client, subscription: Subscription) -> AsyncIterator[list[Fact]]:
    """Yield every fact that a stream still holds, the oldest first."""
    js = client.jetstream(timeout=5)
    made = await js.add_consumer(
        subscription.stream,
        ConsumerConfig(
            ack_policy=AckPolicy.NONE,
            deliver_policy=DeliverPolicy.ALL,
            filter_subjects=subscription.filters(),
            inactive_threshold=IDLE_SECONDS,
        ),
    )
    source = await js.pull_subscribe_bind(consumer=made.name, stream=subscription.stream)
    left = made.num_pending or 0
    while left > 0:
        with suppress(NothingYet):
            messages = await source.fetch(min(BATCH, left), timeout=5)
            left -= len(messages)
            yield read_facts(messages, subscription)


if __name__ == "__main__":
    main()
