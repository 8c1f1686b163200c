"""Run the spiral service, or hold its cycles against what was published of them.

``python -m spiral_service``                 serve until told to stop
``python -m spiral_service rebuild [KEY …]``  rebuild cycles from their events and compare: every
cycle that is other than its facts say is told, and the exit code is 1
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Sequence

from shared.kit.app import serve
from shared.kit.database import Database
from spiral_service.app import create_app
from spiral_service.settings import Settings
from spiral_service.usecases.auditing import Finding, rebuild_page


def main() -> None:
    """Read the settings, then do what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m spiral_service")
    commands = parser.add_subparsers(dest="command")
    rebuilding = commands.add_parser("rebuild", help="由事件重建周期并比对 · rebuild and compare")
    rebuilding.add_argument("keys", nargs="*", help="周期编号；不写则全部 · cycles; all by default")
    asked = parser.parse_args()
    settings = Settings.read()
    if asked.command == "rebuild":
        sys.exit(asyncio.run(rebuild(settings, asked.keys)))
    serve(create_app(settings), settings)


async def rebuild(settings: Settings, keys: Sequence[str]) -> int:
    """Rebuild cycles from their events, and print which are other than those say.

    Returns:
        The exit code: 0 where all of them are as they should be.
    """
    database = Database(settings.dsn(), "spiral")
    count, wrong = 0, 0
    async for found in _findings(database, keys):
        count, wrong = count + 1, wrong + bool(found.wrong)
        sys.stdout.writelines(f"{found.cycle}: {each}\n" for each in found.wrong)
    await database.dispose()
    sys.stdout.write(f"{count} 个周期，{wrong} 个不符 · {count} cycles, {wrong} differ\n")
    return 1 if wrong else 0


async def _findings(database: Database, keys: Sequence[str]) -> AsyncIterator[Finding]:
    after: str | None = ""
    while after is not None:
        async with database.transaction() as tx:
            page = await rebuild_page(tx, after, keys)
        for each in page:
            yield each
        after = page[-1].cycle if page else None


if __name__ == "__main__":
    main()
