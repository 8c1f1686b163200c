"""``python -m gateway``: run the gateway until it is told to stop.

``python -m gateway verify-audit [--expect NUMBER:DIGEST]``: compute every sealed block of the audit
anew; ends with 1 where one is not what was sealed.
"""

import argparse
import asyncio
import sys

from gateway.settings import DatabaseSettings, Settings
from shared.kit.audit.verifying import Finding, verify
from shared.kit.database import Database


def main() -> int:
    """Run the gateway or a command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m gateway", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    verifying = commands.add_parser("verify-audit", help="核对审计封存块 · verify the audit")
    verifying.add_argument("--expect", type=_expected, metavar="NUMBER:DIGEST")
    wanted = parser.parse_args()
    if wanted.command == "verify-audit":
        return _tell(asyncio.run(_verify(wanted.expect)))
    from gateway.app import create_app, serve  # noqa: PLC0415 — slow to load, and a command needs none

    settings = Settings.read()
    serve(create_app(settings), settings)
    return 0


def _expected(text: str) -> tuple[int, str]:
    number, _, digest = text.partition(":")
    return int(number), digest.lower()


async def _verify(expected: tuple[int, str] | None) -> Finding:
    database = Database(DatabaseSettings.read().dsn(), "gateway")
    try:
        return await verify(database, expected)
    finally:
        await database.dispose()


def _tell(found: Finding) -> int:
    good = f"{found.blocks}:{found.digest}"
    print(  # noqa: T201 — a command
        f"{found.blocks} 块、{found.entries} 条与封存时一致，末块 {good}"
        f" · {found.blocks} blocks with {found.entries} entries are as sealed, the last is {good}"
    )
    if found.broken:
        print(found.broken, file=sys.stderr)  # noqa: T201 — a command
    return 1 if found.broken else 0


if __name__ == "__main__":
    sys.exit(main())
