"""Connections to checked addresses only.

A name is resolved once, each address that it gives is checked, and it is those addresses that are
connected to: a name that answers otherwise the second time gains nothing. No proxy of the
environment is used, and no redirect is followed unseen.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

import aiohttp
import structlog
from yarl import URL

from datahub.pulls.sources import SourceFailedError
from shared.addresses import Receivers
from shared.kit.resolving import CheckedResolver

MAX_ANSWER: Final = 32 * 1024 * 1024
MAX_REDIRECTS: Final = 3
TIMEOUT: Final = aiohttp.ClientTimeout(total=120, sock_connect=10, sock_read=60)
LOOKUP_SECONDS: Final = 5
"""For looking up a name when a pull is saved."""

_PIECE: Final = 64 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a web service answered."""

    body: bytes
    next: str | None
    """The address of the next page, by the header ``Link``."""


async def check_name(address: str, receivers: Receivers) -> None:
    """Look up where a name leads; one that leads nowhere today is left to the run.

    Raises:
        AddressRefusedError: to an address that may not be connected to.
        SourceFailedError: no run could read it.
    """
    try:
        host = URL(address).raw_host
    except ValueError as error:
        reason = f"不是可以访问的地址 (no address that can be asked): {error}"
        raise SourceFailedError(
            f"{address} 不是可以访问的地址",
            f"{address} is no address that can be asked",
            fields={"$.url": [reason]},
        ) from error
    assert host is not None, "the address was read before"
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            await CheckedResolver(receivers).resolve(host)
    except (OSError, TimeoutError):
        log.info("pull_name_unknown", host=host)


class Visitor:
    """Asks one web service, as long as it is the one that was checked."""

    def __init__(
        self, session: aiohttp.ClientSession, receivers: Receivers, secret_for: str | None
    ) -> None:
        self._session = session
        self._receivers = receivers
        self._secret_for = secret_for

    async def get(self, address: str, query: Mapping[str, str]) -> Answer:
        """Return the answer to a GET.

        Raises:
            AddressRefusedError: it leads to an address that may not be connected to.
            SourceFailedError: no answer in time, too large a one, or another status than 200.
        """
        url = URL(address).update_query(query)
        try:
            return await self._follow(url)
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
            why = f"{type(error).__name__}: {error}"[:300]
            raise SourceFailedError(
                f"{url.host} 没有正常应答：{why}",
                f"{url.host} did not answer: {why}",
                fixes=["核对地址与网络 (check the address and the network)"],
            ) from error

    async def _follow(self, url: URL) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            self._check(url)
            async with self._session.get(url, allow_redirects=False) as answer:
                if answer.status not in _REDIRECTS:
                    return await _read(answer)
                url = url.join(URL(answer.headers.get("Location", "")))
        raise SourceFailedError(
            f"{url.host} 重定向过多",
            f"{url.host} redirects too often",
            fixes=["在拉取约定中写最终地址 (name the final address in the pull)"],
        )

    def _check(self, url: URL) -> None:
        """Check what no name is resolved for: an address, another scheme, another origin."""
        if url.scheme not in {"http", "https"} or not url.raw_host:
            raise SourceFailedError(f"不支持的地址 {url}", f"an address that is no http(s): {url}")
        if self._secret_for is not None and str(url.origin()) != self._secret_for:
            raise SourceFailedError(
                f"转向其他主机 {url.host}，不会向它发送密钥",
                f"it leads to another host, {url.host}, which is sent no secret",
                fixes=["在拉取约定中写最终地址 (name the final address in the pull)"],
            )
        try:
            ip_address(url.raw_host)
        except ValueError:
            return
        self._receivers.allow(url.raw_host, url.raw_host)


@asynccontextmanager
async def visiting(
    receivers: Receivers, headers: Mapping[str, str], secret_for: str | None
) -> AsyncIterator[Visitor]:
    """Yield a visitor.

    Args:
        secret_for: the address whose origin alone may see the headers; None when they hold no
            secret.
    """
    # Without compression an answer is as large as what comes over the line.
    connector = aiohttp.TCPConnector(resolver=CheckedResolver(receivers), use_dns_cache=False)
    origin = str(URL(secret_for).origin()) if secret_for else None
    async with aiohttp.ClientSession(
        connector=connector,
        headers={"Accept": "application/json", "Accept-Encoding": "identity", **headers},
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=TIMEOUT,
        trust_env=False,
        auto_decompress=False,
    ) as session:
        yield Visitor(session, receivers, origin)


async def _read(answer: aiohttp.ClientResponse) -> Answer:
    host = answer.url.host
    if answer.status != 200:
        raise SourceFailedError(
            f"{host} 答复 {answer.status}",
            f"{host} answered {answer.status}",
            fixes=["核对地址、参数与密钥 (check address, parameters and secret)"],
        )
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise SourceFailedError(
            f"{host} 的答复经过压缩",
            f"{host} sends its answer compressed",
            fixes=["请服务按 Accept-Encoding: identity 应答 (it is to honour that header)"],
        )
    body = bytearray()
    async for piece in answer.content.iter_chunked(_PIECE):
        body += piece
        if len(body) > MAX_ANSWER:
            raise SourceFailedError(
                f"{host} 的一页超过 {MAX_ANSWER >> 20} MiB",
                f"a page of {host} is larger than {MAX_ANSWER >> 20} MiB",
                fixes=["减小每页条数 (ask for smaller pages)"],
            )
    link = answer.links.get("next")
    return Answer(bytes(body), str(link["url"]) if link else None)
