"""Run the report service, or rebuild its read model from what was published.

``python -m report_service``                    serve until told to stop
``python -m report_service rebuild [--apply]``  read every event of the streams again, and compare
what they make with what is there, table by table; the exit code is 1 where something differs. With
``--apply`` what was rebuilt takes its place: after a loss, or a change of what is kept of an event.

Streams forget after a while. ``--from=PORTAL`` reads what the services keep for ever instead: their
facts (``/v1/facts``) and the hub's history of measured values, with an API key that may read
operations (``operations:read``), in the file that ``--key-file`` names.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from report_service.app import create_app
from report_service.repository.rebuilding import begin_rebuilding, compare, put_in_place
from report_service.settings import Settings
from report_service.subscriptions import SUBSCRIPTIONS, Fact
from report_service.subscriptions.again import NotToldError, Services, from_stream
from report_service.usecases.read_model import take_in
from shared.kit import bus
from shared.kit.app import serve
from shared.kit.database import Database
from shared.kit.logs import configure_logs


def main() -> None:
    """Read the settings, then do what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m report_service")
    commands = parser.add_subparsers(dest="command")
    words = "由事件重建读模型并比对 · rebuild the read model from events, and compare"
    rebuilding = commands.add_parser("rebuild", help=words)
    rebuilding.add_argument(
        "--apply", action="store_true", help="以重建的取代现有的 · put it in place"
    )
    rebuilding.add_argument(
        "--from",
        dest="portal",
        metavar="URL",
        help="门户地址：由各服务留存的重建 · the portal: from what services keep",
    )
    rebuilding.add_argument(
        "--key-file", type=Path, help="API 密钥文件 · file of the API key, for --from"
    )
    asked = parser.parse_args()
    settings = Settings.read()
    if asked.command == "rebuild":
        # What is printed is what differs, and nothing else.
        configure_logs("report", as_json=settings.log_json, to=sys.stderr)
        if (asked.portal is None) is not (asked.key_file is None):
            parser.error("--from 与 --key-file 一起写 · --from and --key-file go together")
        services = None
        if asked.portal is not None:
            services = Services(url=asked.portal, key=asked.key_file.read_text("utf-8").strip())
        try:
            code = asyncio.run(rebuild(settings, apply=asked.apply, services=services))
        except NotToldError as error:
            sys.stderr.write(f"{error}\n")
            code = 2
        sys.exit(code)
    serve(create_app(settings), settings)


async def rebuild(
    settings: Settings, *, apply: bool = False, services: Services | None = None
) -> int:
    """Rebuild the read model and print which tables are other than the events say.

    Args:
        services: from what they keep; from the streams for None.

    Returns:
        The exit code: 0 where all of them are the same.

    Raises:
        NotToldError: a service does not tell what it published.
    """
    database = Database(settings.dsn(), "report")
    wrong = 0
    try:
        async with database.transaction() as tx:
            await begin_rebuilding(tx, lock=apply)
            async for facts in services.facts() if services else _from_streams(settings):
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
    finally:
        await database.dispose()
    sys.stdout.write(f"{wrong} 张表不同 · {wrong} tables differ\n")
    return 1 if wrong and not apply else 0


async def _from_streams(settings: Settings) -> AsyncIterator[list[Fact]]:
    client = await bus.connect(settings, "report")
    try:
        for subscription in SUBSCRIPTIONS:
            async for facts in from_stream(client, subscription):
                yield facts
    finally:
        await client.close()


if __name__ == "__main__":
    main()
