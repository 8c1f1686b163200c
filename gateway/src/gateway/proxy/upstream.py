"""HTTP out: the one pool of connections to the services, for the data path and for pages."""

import asyncio
import time
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Final, Generic, Self, TypeVar

import aiohttp
import msgspec
import structlog
from prometheus_client import Counter, Gauge
from yarl import URL

from gateway.access.domain.origins import SAFE_METHODS
from gateway.access.usecases import TokenMint
from gateway.audit.jobs import Scribe
from gateway.proxy.domain.replicas import Replica, pick, seconds_left
from gateway.proxy.domain.routes import Patience, Route
from shared.errors import DomainError, ErrorKind, UnavailableError
from shared.kit.audit.deeds import Circumstances, Deed
from shared.kit.identity import Caller
from shared.kit.ids import uuid7

CONNECT_SECONDS: Final = 3.0
PROBE_SECONDS: Final = 1.0
"""How long a replica may take to say that it lives."""

KEEP_ALIVE_SECONDS: Final = 3.0
"""Shorter than the services' own 5 s, or a request would meet a connection being closed."""

CONNECTIONS: Final = 256
"""To one service, at the same time."""

T = TypeVar("T")

PAGE_SECONDS: Final = 4.0
"""How long a page waits for one of its parts."""


log = structlog.get_logger()

RETRIES: Final = Counter("helix8_gateway_retries_total", "Requests sent again", ["service"])
BREAKER_OPEN: Final = Gauge(
    "helix8_gateway_breaker_open", "1 while an address is left alone", ["service", "address"]
)


class SenderError(Exception):
    """The sender of a body, not the service, is why a request came to nothing."""


class BadGatewayError(DomainError):
    """The service broke off, or answered something that is no HTTP."""

    kind: ClassVar = ErrorKind.UNAVAILABLE
    code: ClassVar = "bad-gateway"
    title_zh: ClassVar = "服务应答中断"
    title_en: ClassVar = "The service broke off"


class SlowServiceError(DomainError):
    """The service did not answer in time."""

    kind: ClassVar = ErrorKind.UNAVAILABLE
    code: ClassVar = "gateway-timeout"
    title_zh: ClassVar = "服务应答超时"
    title_en: ClassVar = "The service is too slow"


@dataclass(frozen=True, slots=True)
class Answer:
    """A small answer, read whole."""

    status: int
    headers: Mapping[str, str]
    """Names in any case."""

    body: bytes

    def json(self) -> Any:
        """Return the parsed body.

        Raises:
            BadGatewayError: it is not JSON.
        """
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError as error:
            raise BadGatewayError("服务应答不是 JSON", "the answer is no JSON") from error


class Remembered(Generic[T]):
    """The last answer of a question that is asked often and costs a round to all services."""

    def __init__(self, ask: Callable[[], Awaitable[T]], seconds: float) -> None:
        self._ask = ask
        self._seconds = seconds
        self._until = 0.0
        self._asking = asyncio.Lock()
        self._answer: T | None = None

    async def get(self, *, anew: bool = False) -> T:
        """Return the answer, asked anew when that is wanted or the last one is too old."""
        async with self._asking:
            if anew or self._answer is None or time.monotonic() > self._until:
                self._answer = await self._ask()
                self._until = time.monotonic() + self._seconds
            return self._answer


class Upstream:
    """Opens requests to the services. Enter it where an event loop runs."""

    def __init__(self, routes: dict[str, Route], mint: TokenMint, scribe: Scribe) -> None:
        self.routes = routes
        self.mint = mint
        self.scribe = scribe
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, limit_per_host=CONNECTIONS, keepalive_timeout=KEEP_ALIVE_SECONDS
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=_timeout(Patience().write),
            skip_auto_headers={"Accept", "Accept-Encoding", "Content-Type", "User-Agent"},
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def open(
        self,
        route: Route,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]],
        body: bytes | AsyncIterable[bytes] | None,
    ) -> aiohttp.ClientResponse:
        """Send a request and return the answer as soon as its head is there.

        It is sent once more: to another replica when nothing was sent, and, where the service's
        budget allows it, when repeating it changes nothing (RFC 9110 §9.2.2).

        Args:
            target: path and query, percent-encoded.

        Raises:
            UnavailableError: nobody listens there, or it is left alone for now; nothing was sent.
            SlowServiceError: no answer in time.
            BadGatewayError: the connection broke; the service may have done its work.
        """
        route.retries.earn()
        replica = self._pick(route)
        request = _Request(method, target, headers, body)
        try:
            return await self._send(route, replica, request)
        except (UnavailableError, BadGatewayError) as error:
            nothing_sent = isinstance(error, UnavailableError)
            again = pick(route.replicas, time.monotonic(), after=replica)
            if again is None or (nothing_sent and again is replica):
                raise
            if not request.repeatable(nothing_sent=nothing_sent):
                raise
            # What was not sent is no load: another replica costs nobody anything.
            if not nothing_sent and not route.retries.take():
                raise
            RETRIES.labels(route.service).inc()
        return await self._send(route, again, request)

    def broke_off(self, route: Route, answer: aiohttp.ClientResponse) -> None:
        """Note that an answer ended before it was whole."""
        replica = route.replica(str(answer.url.origin()))
        if replica is not None:
            self._failed(route, replica, answered=True)

    async def probe(self, service: str, replica: Replica) -> None:
        """Ask a replica whether it lives, and keep what it says."""
        assert self._session is not None
        try:
            async with (
                asyncio.timeout(PROBE_SECONDS),
                self._session.get(f"{replica.address}/healthz") as answer,
            ):
                healthy = answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            healthy = False
        if healthy != replica.healthy:
            log.warning("replica_health", service=service, address=replica.address, ok=healthy)
        replica.healthy = healthy

    def _pick(self, route: Route) -> Replica:
        now = time.monotonic()
        replica = pick(route.replicas, now)
        if replica is None:
            raise left_alone(route.service, seconds_left(route.replicas, now))
        return replica

    async def _send(
        self, route: Route, replica: Replica, request: "_Request"
    ) -> aiohttp.ClientResponse:
        assert self._session is not None
        reads = request.method in SAFE_METHODS
        replica.waiting += 1
        try:
            answer = await self._session.request(
                request.method,
                URL(replica.address + request.target, encoded=True),
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
                timeout=_timeout(route.patience.read if reads else route.patience.write),
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            if not isinstance(error.__cause__, SenderError | DomainError):
                where = {"service": route.service, "address": replica.address}
                log.warning("service_failed", **where, why=f"{type(error).__name__}: {error}")
                self._failed(route, replica)
                # Idle because dead, it would be asked first; a probe tells when it is back.
                replica.healthy = len(route.replicas) == 1
            raise _refusal(route.service, error) from error
        finally:
            replica.waiting -= 1
        if replica.breaker.answered(time.monotonic()):
            log.warning("breaker_closed", service=route.service, address=replica.address)
            BREAKER_OPEN.labels(route.service, replica.address).set(0)
        return answer

    def _failed(self, route: Route, replica: Replica, *, answered: bool = False) -> None:
        if replica.breaker.failed(time.monotonic(), answered=answered):
            log.error("breaker_opened", service=route.service, address=replica.address)
            BREAKER_OPEN.labels(route.service, replica.address).set(1)

    async def ask(
        self,
        service: str,
        target: str,
        caller: Caller | None,
        *,
        json: Any = None,
        more: Sequence[tuple[str, str]] = (),
        method: str | None = None,
    ) -> Answer:
        """Ask a service for something small, on behalf of a caller.

        Args:
            json: posted when given, unless another method is named.
            more: further headers.

        Raises:
            UnavailableError: the service is away or takes more than 4 s.
            BadGatewayError: it broke off.
        """
        body = None if json is None else msgspec.json.encode(json)
        method = method or ("GET" if body is None else "POST")
        writer = None if method in SAFE_METHODS else caller
        request = str(structlog.contextvars.get_contextvars().get("request") or uuid7())
        headers = [("accept", "application/json"), ("x-request-id", request), *more]
        if body is not None:
            headers.append(("content-type", "application/json"))
        if caller is not None:
            token = self.mint.token(caller, service, request if writer else None)
            headers.append(("authorization", f"Bearer {token}"))
        asked = _Request(method, target, headers, body)
        if writer is None:
            return await self._answer(service, asked)
        self.scribe.require_room()
        answer: Answer | None = None
        try:
            answer = await self._answer(service, asked)
        finally:
            # Its request is that of the page.
            who = Circumstances(actor=writer.subject, by="session", request=request)
            about = f"/api/{service}{target.partition('?')[0]}"
            status = None if answer is None else answer.status
            await self.scribe.write(
                who, Deed(kind="write", about=about, method=method, status=status)
            )
        return answer

    async def _answer(self, service: str, asked: "_Request") -> Answer:
        try:
            async with asyncio.timeout(PAGE_SECONDS):
                answer = await self.open(
                    self.routes[service], asked.method, asked.target, asked.headers, asked.body
                )
                async with answer:
                    return Answer(answer.status, answer.headers, await answer.read())
        except TimeoutError as error:
            raise away(service) from error
        except aiohttp.ClientError as error:
            raise broken(service) from error


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes | AsyncIterable[bytes] | None

    def repeatable(self, *, nothing_sent: bool) -> bool:
        """Return whether it may be sent again: what is streamed is gone."""
        if self.body is not None and not isinstance(self.body, bytes):
            return False
        keyed = any(name == "idempotency-key" for name, _ in self.headers)
        return nothing_sent or keyed or self.method in SAFE_METHODS


@lru_cache(maxsize=64)
def _timeout(silence: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_read=silence)


def _refusal(service: str, error: Exception) -> DomainError:
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return away(service)
    if isinstance(error, TimeoutError):
        return SlowServiceError(f"{service} 没有及时应答", f"{service} did not answer in time")
    return broken(service)


def left_alone(service: str, seconds: int) -> UnavailableError:
    """Return the refusal for a service that has failed too often just now."""
    return UnavailableError(
        f"{service} 服务连续出错，已暂停转发，请在 {seconds} 秒后重试",
        f"{service} has failed again and again and is left alone, try again in {seconds} s",
        retry_after=seconds,
    )


def away(service: str) -> UnavailableError:
    """Return the refusal for a service that cannot be reached."""
    return UnavailableError(f"{service} 服务暂不可用，请稍后重试", f"{service} is away for now")


def broken(service: str) -> BadGatewayError:
    """Return the refusal for a service that broke off."""
    return BadGatewayError(
        f"{service} 在应答途中断开；如为写操作，请先确认是否已生效",
        f"{service} broke off; a write may have happened, look before you repeat it",
    )
