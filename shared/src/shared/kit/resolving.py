"""Names that are resolved once: it is the checked addresses that are connected to.

A name that answers otherwise the second time gains nothing.
"""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from typing_extensions import override

from shared.addresses import Receivers


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
