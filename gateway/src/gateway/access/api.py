"""Access at the edge: dependencies of the gateway's own routes, and headers of every answer."""

import asyncio
import time
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from fastapi import Depends, Request
from fastapi.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.access.schemas import Visitor
from gateway.access.usecases import Arrival, Doorkeeper
from shared.errors import DomainError, ErrorKind
from shared.kit.identity import Caller, UnauthenticatedError

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""For pages of the portal: nothing inline, nothing from elsewhere, in nobody's frame."""

DOCUMENT_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""For a document that a service renders and sends without a policy of its own: no script, an
origin of its own (``sandbox``), and therefore no harm in the styles that it brings along."""

_ALWAYS_SECURE: Final = (
    (b"strict-transport-security", b"max-age=31536000"),
    # On plain HTTP browsers ignore it, and complain in the console.
    (b"cross-origin-opener-policy", b"same-origin"),
)

_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # Not no-referrer: browsers then send `Origin: null` with the forms of our own pages.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cache-control", b"private, no-cache"),
)


SILENCE_SECONDS: Final = 30.0
"""How long the sender of a body, or the reader of an answer, may keep us waiting."""

GRACE_SECONDS: Final = 20.0
SLOWEST: Final = 512.0
"""Bytes a second: who sends a body more slowly than this, after the first 20 s, holds a place."""


class SlowClientError(DomainError):
    """The body of a request does not come, or drop by drop."""

    kind: ClassVar = ErrorKind.UNAVAILABLE
    code: ClassVar = "slow-request"
    title_zh: ClassVar = "请求发送过慢"
    title_en: ClassVar = "The request comes too slowly"


class SlowReaderError(Exception):
    """Nobody reads the answer; only a broken connection frees what it occupies."""


async def get_doorkeeper(request: Request) -> Doorkeeper:
    """Return the one doorkeeper of this process."""
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    return doorkeeper


Door = Annotated[Doorkeeper, Depends(get_doorkeeper)]


def address_of(request: Request, doorkeeper: Doorkeeper) -> str:
    """Return whence a request came."""
    peer = request.client.host if request.client else ""
    return doorkeeper.address_of(peer, request.headers.getlist("x-forwarded-for"))


def arrival_of(request: Request, doorkeeper: Doorkeeper, method: str | None = None) -> Arrival:
    """Return a request as the doorkeeper takes it; under another method where one is given."""
    return Arrival(
        method=method or request.method,
        headers=request.headers,
        peer=request.client.host if request.client else "",
        address=address_of(request, doorkeeper),
        state=request.scope["state"],
    )


async def visitor_or_none(request: Request, doorkeeper: Door) -> Visitor | None:
    """Return who sent the request; None when nobody is signed in. He is counted once."""
    known: Visitor | None = getattr(request.state, "visitor", None)
    if known is not None:
        return known
    visitor = await doorkeeper.admit(arrival_of(request, doorkeeper))
    request.state.visitor = visitor
    return visitor


async def count_stranger(request: Request, doorkeeper: Door) -> None:
    """Count a request that anybody may send against the limit of its address."""
    await doorkeeper.limiter.admit(None, address_of(request, doorkeeper), request.scope["state"])


async def signed_in(visitor: Annotated[Visitor | None, Depends(visitor_or_none)]) -> Visitor:
    """Return who sent the request, or refuse."""
    if visitor is None:
        raise UnauthenticatedError("请先登录，或使用 API 密钥", "sign in, or use an API key")
    return visitor


async def signed_in_quietly(request: Request, doorkeeper: Door) -> Visitor:
    """Like `signed_in`, for what a page asks by itself: that keeps no session awake."""
    return await signed_in(await doorkeeper.admit(arrival_of(request, doorkeeper), background=True))


SignedIn = Annotated[Visitor, Depends(signed_in)]
SignedInQuietly = Annotated[Visitor, Depends(signed_in_quietly)]


@dataclass(frozen=True, slots=True)
class Allowed:
    """A dependency that refuses visitors without a permission."""

    permission: str
    """The OpenAPI tells it beside the operation."""

    async def __call__(self, visitor: SignedIn) -> Visitor:
        """Return the visitor.

        Raises:
            NotAllowedError: he lacks the permission.
        """
        visitor.caller.needs(self.permission)
        return visitor


def allowed(permission: str) -> Allowed:
    """Return a dependency that refuses visitors without ``permission``."""
    return Allowed(permission)


async def caller_of_visitor(visitor: SignedIn) -> Caller:
    """Return who asks, for routes of the kit: at a service the internal token says that."""
    return visitor.caller


async def caller_of_request(request: Request) -> Caller:
    """Return who asks, before a route has looked at the request.

    Raises:
        UnauthenticatedError: nobody is signed in.
    """
    visitor = await visitor_or_none(request, await get_doorkeeper(request))
    return (await signed_in(visitor)).caller


class Pacing:
    """Pure ASGI: who sends a body or reads a stream too slowly does not occupy us for ever."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Incoming(receive)

        async def send_in_time(message: Message) -> None:
            if not message.get("more_body", False):
                await send(message)
                return
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    await send(message)
            except TimeoutError as error:
                raise SlowReaderError from error

        await self._app(scope, body.receive, send_in_time)


class _Incoming:
    """The body of a request, which must not stop coming. What comes after it may take for ever."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._over = False
        self._waited = 0.0
        """Seconds that we waited for the sender, not he for us."""

        self._size = 0

    async def receive(self) -> Message:
        if self._over:
            return await self._receive()
        began = time.monotonic()
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                message = await self._receive()
        except TimeoutError as error:
            raise _too_slow() from error
        self._waited += time.monotonic() - began
        self._over = not message.get("more_body", False)
        self._size += len(message.get("body", b""))
        if not self._over and (self._waited - GRACE_SECONDS) * SLOWEST > self._size:
            raise _too_slow()
        return message


def _too_slow() -> SlowClientError:
    return SlowClientError(
        "请求体迟迟没有发完",
        "the body of the request does not come",
        fixes=["检查网络后重新发送 (look after the network, and send it again)"],
    )


class SecurityHeaders:
    """Pure ASGI: adds to every answer the security headers that it does not carry itself.

    What is left of the caller's limits goes with it, too.
    """

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._always = (*_ALWAYS, *_ALWAYS_SECURE) if secure else _ALWAYS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope["state"] = dict(scope.get("state") or {})

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = [*message.get("headers", []), *state.get("rate_limit", ())]
                message["headers"] = self._complete(told)
            await send(message)

        await self._app(scope, receive, send_safely)

    def _complete(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        present = {name.lower() for name, _ in headers}
        headers += [pair for pair in self._always if pair[0] not in present]
        if b"content-security-policy" not in present:
            is_page = Headers(raw=headers).get("content-type", "").startswith("text/html")
            policy = PAGE_POLICY if is_page else "default-src 'none'; frame-ancestors 'none'"
            headers.append((b"content-security-policy", policy.encode()))
        return headers
