"""Connections to checked addresses only: it is what was checked that is connected to.

A name that answers otherwise the second time gains nothing.
"""

import asyncio
import socket
from contextlib import suppress
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from typing_extensions import override

from shared.addresses import Receivers

LOOKUP_SECONDS: Final = 5.0


class CheckedResolver(AbstractResolver):
    """Resolves a name, and lets no address pass that may not be connected to."""

    def __init__(self, receivers: Receivers) -> None:
        self._receivers = receivers
        self._system = ThreadedResolver()

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._system.resolve(host, port, family)
        for each in found:
            self._receivers.allow(host, each["host"])
        return found

    @override
    async def close(self) -> None:
        await self._system.close()


async def check_receiver(address: str, receivers: Receivers) -> None:
    """Refuse an address of the web, or the name of a host, that leads where nobody may connect to.

    A name that leads nowhere today is left to the connection, where it is checked again.

    Raises:
        AddressRefusedError: to an address that may not be connected to.
    """
    host = _host_of(address)
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        with suppress(OSError, TimeoutError, UnicodeError):
            async with asyncio.timeout(LOOKUP_SECONDS):
                await CheckedResolver(receivers).resolve(host, family=socket.AF_UNSPEC)
        return
    receivers.allow(host, host)


def _host_of(address: str) -> str:
    """Return the host of an address, in the spelling that is connected to."""
    try:
        return urlsplit(address).hostname or "" if "://" in address else address.strip("[]")
    except ValueError:
        return ""


async def connect(host: str, port: int, receivers: Receivers) -> socket.socket:
    """Return a socket that is connected to a host, at an address that was checked.

    Raises:
        AddressRefusedError: it leads to an address that may not be connected to.
        OSError: it cannot be connected to.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, (address, *_rest) in found:
        receivers.allow(host, str(address))
    family, kind, protocol, _, place = found[0]
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    try:
        await loop.sock_connect(made, place)
    except BaseException:
        made.close()
        raise
    return made
