"""The proxy at the edge: raw ASGI in and out, so that no byte is touched twice."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import ClassVar, Final

import aiohttp
import structlog
from fastapi import Request
from starlette.types import Message, Receive, Scope, Send

from gateway.access.api import DOCUMENT_POLICY, SlowClientError
from gateway.access.domain.origins import SAFE_METHODS
from gateway.access.schemas import Visitor
from gateway.access.usecases import Arrival, Doorkeeper
from gateway.proxy.domain.costs import COST, is_costly
from gateway.proxy.domain.headers import (
    Pair,
    inwards,
    is_chunked,
    length_of,
    named,
    outwards,
    trace_of,
)
from gateway.proxy.domain.routes import PREFIX, Route, UnknownServiceError, split_path
from gateway.proxy.upstream import (
    BadGatewayError,
    SenderError,
    SlowServiceError,
    Upstream,
    broken,
)
from shared.errors import DomainError, ErrorKind
from shared.kit.audit.deeds import Circumstances, Deed, trace_id
from shared.kit.identity import UnauthenticatedError
from shared.kit.problems import STATUS, problem, wants_english

WHOLE_BYTES: Final = 64 * 1024
"""A body of at most this declared length travels in one piece; any other is streamed."""

_STATUS_OF: Final = {BadGatewayError: 502, SlowServiceError: 504, SlowClientError: 408}

log = structlog.get_logger()


class ClientGoneError(SenderError):
    """The client hung up before its request was complete; nobody waits for an answer."""


class BrokenOffError(Exception):
    """The service's answer ended before it was whole."""

    def __init__(self, why: str, *, begun: bool) -> None:
        super().__init__(why)
        self.begun = begun
        """Whether its head has gone to the client."""


class TooLongError(DomainError):
    """The body is longer than this service takes any."""

    kind: ClassVar = ErrorKind.TOO_LARGE
    code: ClassVar = "body-too-long"
    title_zh: ClassVar = "请求体过大"
    title_en: ClassVar = "The body is too long"


class Proxy:
    """Forwards a request to its service and the answer to its client."""

    def __init__(self, upstream: Upstream, doorkeeper: Doorkeeper) -> None:
        self._upstream = upstream
        self._doorkeeper = doorkeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        client = Client(scope, receive, send)
        try:
            answer = await self._answer_of(scope, client)
            async with answer:
                await self._pass_back(scope, client, answer)
        except ClientGoneError:
            return
        except DomainError as error:
            await client.refuse(error)
        finally:
            client.leave()

    async def _pass_back(
        self, scope: Scope, client: "Client", answer: aiohttp.ClientResponse
    ) -> None:
        try:
            await client.pass_back(answer)
        except BrokenOffError as error:
            self._upstream.broke_off(scope["route"], answer)
            if error.begun:
                # Only a broken connection tells the client that this is not all.
                log.warning("answer_broken_off", service=scope["route"].service, why=str(error))
                raise
            # Nothing was sent yet, so half an answer can still become an honest refusal.
            raise broken(scope["route"].service) from error

    async def _answer_of(self, scope: Scope, client: "Client") -> aiohttp.ClientResponse:
        """Return the answer of the service; of a write, when it is on record."""
        if scope["method"] in SAFE_METHODS:
            return await self._forward(scope, client)
        self._upstream.scribe.require_room()
        status: int | None = None
        try:
            answer = await self._forward(scope, client)
            status = answer.status
        except DomainError as error:
            status = status_of(error)
            raise
        finally:
            if client.visitor is not None:
                await self._record(scope, client, client.visitor, status)
        return answer

    async def _record(
        self, scope: Scope, client: "Client", visitor: Visitor, status: int | None
    ) -> None:
        who = Circumstances(
            actor=visitor.caller.subject,
            by=visitor.by,
            role=visitor.acting[0] if visitor.acting else None,
            address=client.address,
            request=scope["state"]["request_id"],
            trace=trace_id(client.trace.decode()),
        )
        deed = Deed(kind="write", about=scope["path"], method=scope["method"], status=status)
        await self._upstream.scribe.write(who, deed)

    async def _forward(self, scope: Scope, client: "Client") -> aiohttp.ClientResponse:
        service, path = split_path(scope["raw_path"])
        route = self._upstream.routes.get(service)
        if route is None:
            raise UnknownServiceError(f"没有服务 {service!r}", f"there is no service {service!r}")
        # The middleware around us names metrics and log lines after the route.
        scope["route"] = route
        costly = is_costly(service, scope["method"], path)
        visitor = await self._doorkeeper.admit(
            self._arrival(scope, client), cost=COST if costly else 1
        )
        if visitor is None:
            raise UnauthenticatedError("请先登录，或使用 API 密钥", "sign in, or use an API key")
        client.visitor = visitor
        client.leave = self._doorkeeper.limiter.enter(visitor, costly=costly)
        sent = inwards(client.headers) + self._own_headers(scope, route, visitor, client.trace)
        query = scope["query_string"].decode("latin-1")
        body = await client.body(route.most_bytes)
        try:
            return await self._upstream.open(
                route,
                scope["method"],
                f"{path}?{query}" if query else path,
                [(name.decode("latin-1"), value.decode("latin-1")) for name, value in sent],
                body,
            )
        except DomainError as error:
            raise client.fault or error from error

    def _arrival(self, scope: Scope, client: "Client") -> Arrival:
        headers = named(client.headers)
        peer = str((scope.get("client") or ("", 0))[0])
        forwarded = headers.get("x-forwarded-for")
        client.address = self._doorkeeper.address_of(peer, [forwarded] if forwarded else [])
        return Arrival(
            method=scope["method"],
            headers=headers,
            peer=peer,
            address=client.address,
            state=scope["state"],
        )

    def _own_headers(
        self, scope: Scope, route: Route, visitor: Visitor, trace: bytes
    ) -> list[Pair]:
        request: str = scope["state"]["request_id"]
        only = None if scope["method"] in SAFE_METHODS else request
        token = self._upstream.mint.token(visitor.caller, route.service, only)
        address = scope.get("client") or ("unknown", 0)
        return [
            (b"authorization", f"Bearer {token}".encode()),
            (b"x-request-id", request.encode()),
            (b"traceparent", trace),
            (b"x-forwarded-for", str(address[0]).encode()),
            (b"x-forwarded-proto", scope["scheme"].encode()),
            (b"x-forwarded-prefix", f"{PREFIX}{route.service}".encode()),
        ]


class Client:
    """The client's side of one exchange: its body in, the answer out."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._read = asyncio.Event()
        self.headers: list[Pair] = scope["headers"]
        self.trace = trace_of(self.headers)
        self.visitor: Visitor | None = None
        """Known from the moment on that he was let in."""

        self.address = ""
        self.leave: Callable[[], None] = _nothing
        """Ends what the request occupies."""

        self.fault: ClientGoneError | DomainError | None = None
        """Why its body came to nothing."""

    async def body(self, most: int) -> bytes | AsyncGenerator[bytes] | None:
        """Return the body: whole when small, else piece by piece; None without one.

        Args:
            most: bytes that it may have.

        Raises:
            TooLongError: it says that it has more.
        """
        length = length_of(self.headers)
        if not length and not is_chunked(self.headers):
            self._read.set()
            return None
        if length is not None and length > most:
            raise _too_long(most)
        if length is None or length > WHOLE_BYTES:
            return self._pieces(most)
        return b"".join([piece async for piece in self._pieces(most)])

    async def _pieces(self, most: int) -> AsyncGenerator[bytes]:
        """Yield the body piece by piece: the service's pace is the client's."""
        more, size = True, 0
        while more:
            try:
                message = await self._receive()
            except SlowClientError as error:
                self.fault = error
                raise
            if message["type"] == "http.disconnect":
                self.fault = ClientGoneError()
                raise self.fault
            more = message.get("more_body", False)
            size += len(message.get("body", b""))
            if size > most:
                self.fault = _too_long(most)
                raise self.fault
            if message.get("body"):
                yield message["body"]
        self._read.set()

    async def pass_back(self, answer: aiohttp.ClientResponse) -> None:
        """Send an answer: whole when small, else as it comes."""
        headers = [*outwards(answer.raw_headers), (b"traceparent", self.trace)]
        if answer.content_type == "text/html" and "content-security-policy" not in answer.headers:
            headers.append((b"content-security-policy", DOCUMENT_POLICY.encode()))
        start: Message = {
            "type": "http.response.start",
            "status": answer.status,
            "headers": headers,
        }
        length = length_of(headers)
        if length is None or length > WHOLE_BYTES:
            await self._stream(answer, start)
        else:
            await self._send_whole(answer, start)

    async def _send_whole(self, answer: aiohttp.ClientResponse, start: Message) -> None:
        try:
            whole = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise BrokenOffError(str(error), begun=False) from error
        await self._send(start)
        await self._send({"type": "http.response.body", "body": whole})

    async def _stream(self, answer: aiohttp.ClientResponse, start: Message) -> None:
        """Send pieces as they come; break off when the service does, or the client."""
        gone = asyncio.create_task(self._close_when_gone(answer))
        try:
            await self._send(start)
            async for piece in answer.content.iter_any():
                await self._send({"type": "http.response.body", "body": piece, "more_body": True})
            await self._send({"type": "http.response.body", "body": b""})
        except (aiohttp.ClientError, TimeoutError) as error:
            if gone.done():
                return
            raise BrokenOffError(str(error), begun=True) from error
        finally:
            gone.cancel()

    async def _close_when_gone(self, answer: aiohttp.ClientResponse) -> None:
        """Close the service's answer when the client hangs up: nobody reads it any more."""
        # Until the body is read, the messages belong to whoever sends it on.
        await self._read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            continue
        answer.close()

    async def refuse(self, error: DomainError) -> None:
        """Send a refusal as a problem document."""
        request = Request(self._scope)
        english = wants_english(request.headers.get("accept-language"))
        answer = problem(
            request,
            code=error.code,
            status=status_of(error),
            title=(error.title_en if english else error.title_zh) or error.code,
            detail=error.en if english else error.zh,
            fields=error.fields,
            fixes=error.fixes,
        )
        if answer.status_code == 401:
            answer.headers["WWW-Authenticate"] = 'Bearer realm="helix8"'
        if error.retry_after is not None:
            answer.headers["Retry-After"] = str(error.retry_after)
        await answer(self._scope, self._receive, self._send)


def _nothing() -> None:
    """Occupies nothing."""


def _too_long(most: int) -> TooLongError:
    return TooLongError(
        f"请求体不得超过 {most} 字节",
        f"a body has {most} bytes at most",
        fixes=["分成几次发送 (send it in several parts)"],
    )


def status_of(error: DomainError) -> int:
    """Return the status that a refusal is answered with."""
    return _STATUS_OF.get(type(error), STATUS[error.kind])
