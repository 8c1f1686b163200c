"""The audits of the running suite, computed anew from the databases: no service is believed."""

import asyncio
from collections.abc import Mapping
from urllib.parse import quote

from helix8.embedded.ports import LOOPBACK
from helix8.errors import StartError
from helix8.home import Home
from helix8.progress import say
from helix8.state import SuiteState
from helix8.suite import EVERY_SERVICE
from shared.kit.audit.verifying import Finding, verify
from shared.kit.database import Database


def verify_audits(home: Home, state: SuiteState, expected: Mapping[str, str]) -> list[str]:
    """Compute every sealed block of every audit anew; return a line for each service.

    Args:
        expected: by service, ``NUMBER:DIGEST`` of a block, as it was noted elsewhere.

    Raises:
        StartError: a block is not what was sealed, or none has the number and digest.
    """
    unknown = set(expected) - {each.name for each in EVERY_SERVICE}
    if unknown:
        known = ", ".join(each.name for each in EVERY_SERVICE)
        raise StartError(say(f"没有服务 {', '.join(sorted(unknown))}", f"services are: {known}"))
    found = asyncio.run(_verify(home, state.ports()["postgres"], expected))
    lines = [_line(name, each) for name, each in found.items()]
    broken = [f"{name}: {each.broken}" for name, each in found.items() if each.broken]
    if broken:
        raise StartError("\n".join([*lines, *broken]))
    return lines


async def _verify(home: Home, port: int, expected: Mapping[str, str]) -> dict[str, Finding]:
    found = {}
    for service in EVERY_SERVICE:
        password = quote(home.vault().read(f"database-{service.name}"), safe="")
        url = f"postgresql+asyncpg://{service.name}:{password}@{LOOPBACK}:{port}/{service.name}"
        database = Database(url, service.name)
        try:
            found[service.name] = await verify(database, _block(expected.get(service.name)))
        finally:
            await database.dispose()
    return found


def _block(told: str | None) -> tuple[int, str] | None:
    if told is None:
        return None
    number, _, digest = told.partition(":")
    if not number.isdecimal() or not digest:
        raise StartError(say(f"{told} 不是 编号:摘要", f"{told} is no NUMBER:DIGEST"))
    return int(number), digest.lower()


def _line(name: str, found: Finding) -> str:
    last = f"{found.blocks}:{found.digest}"
    return say(
        f"{name}：{found.blocks} 块、{found.entries} 条与封存时一致，末块 {last}",
        f"{found.blocks} blocks with {found.entries} entries are as sealed, the last is {last}",
    )
