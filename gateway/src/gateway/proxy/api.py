"""The proxy at the edge: raw ASGI in and out, so that no byte is touched twice."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

import aiohttp
import structlog
from fastapi import Request
from starlette.types import Message, Receive, Scope, Send

from gateway.access.api import DOCUMENT_POLICY
from gateway.access.schemas import Visitor
from gateway.access.usecases import Doorkeeper
from gateway.proxy.domain.headers import Pair, inwards, length_of, outwards, trace_of
from gateway.proxy.domain.routes import Route, UnknownServiceError, split_path
from gateway.proxy.upstream import BadGatewayError, SlowServiceError, Upstream, broken
from shared.errors import DomainError
from shared.kit.identity import UnauthenticatedError
from shared.kit.problems import STATUS, problem, wants_english

WHOLE_BYTES: Final = 64 * 1024
"""A body of at most this declared length travels in one piece; any other is streamed."""

_STATUS_OF: Final = {BadGatewayError: 502, SlowServiceError: 504}

log = structlog.get_logger()


class ClientGoneError(Exception):
    """The client hung up before its request was complete; nobody waits for an answer."""


class Proxy:
    """Forwards a request to its service and the answer to its client."""

    def __init__(self, upstream: Upstream, doorkeeper: Doorkeeper) -> None:
        self._upstream = upstream
        self._doorkeeper = doorkeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            answer, trace = await self._forward(scope, receive)
        except ClientGoneError:
            return
        except DomainError as error:
            await _refuse(error, scope, receive, send)
            return
        async with answer:
            await _pass_back(answer, trace, scope, receive, send)

    async def _forward(
        self, scope: Scope, receive: Receive
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        service, path = split_path(scope["raw_path"])
        route = self._upstream.routes.get(service)
        if route is None:
            raise UnknownServiceError(f"没有服务 {service!r}", f"there is no service {service!r}")
        # The middleware around us names metrics and log lines after the route.
        scope["route"] = route
        headers: list[Pair] = scope["headers"]
        named = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        visitor = await self._doorkeeper.visitor(scope["method"], named)
        if visitor is None:
            raise UnauthenticatedError("请先登录，或使用 API 密钥", "sign in, or use an API key")
        trace = trace_of(headers)
        sent = inwards(headers) + self._own_headers(scope, route, visitor, trace)
        query = scope["query_string"].decode("latin-1")
        answer = await self._upstream.open(
            route,
            scope["method"],
            f"{path}?{query}" if query else path,
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in sent],
            await _body(headers, receive),
        )
        return answer, trace

    def _own_headers(
        self, scope: Scope, route: Route, visitor: Visitor, trace: bytes
    ) -> list[Pair]:
        token = self._upstream.mint.token(visitor.caller, route.service)
        client = scope.get("client") or ("unknown", 0)
        return [
            (b"authorization", f"Bearer {token}".encode()),
            (b"x-request-id", scope["state"]["request_id"].encode()),
            (b"traceparent", trace),
            (b"x-forwarded-for", str(client[0]).encode()),
            (b"x-forwarded-proto", scope["scheme"].encode()),
        ]


async def _body(headers: list[Pair], receive: Receive) -> bytes | AsyncGenerator[bytes] | None:
    """Return the body of a request: whole when small, else piece by piece; None without one."""
    length = length_of(headers)
    chunked = any(name == b"transfer-encoding" for name, _ in headers)
    if not length and not chunked:
        return None
    pieces = _pieces(receive)
    if length is None or length > WHOLE_BYTES:
        return pieces
    return b"".join([piece async for piece in pieces])


async def _pieces(receive: Receive) -> AsyncGenerator[bytes]:
    """Yield a body piece by piece; the service's pace is the client's."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        more = message.get("more_body", False)
        if message.get("body"):
            yield message["body"]


async def _pass_back(
    answer: aiohttp.ClientResponse, trace: bytes, scope: Scope, receive: Receive, send: Send
) -> None:
    headers = [*outwards(answer.raw_headers), (b"traceparent", trace)]
    if answer.content_type == "text/html" and "content-security-policy" not in answer.headers:
        headers.append((b"content-security-policy", DOCUMENT_POLICY.encode()))
    start: Message = {"type": "http.response.start", "status": answer.status, "headers": headers}
    length = length_of(headers)
    if length is None or length > WHOLE_BYTES:
        await _stream(answer, start, scope, receive, send)
        return
    try:
        whole = await answer.read()
    except (aiohttp.ClientError, TimeoutError):
        # Nothing was sent yet, so half an answer can still become an honest refusal.
        await _refuse(broken(scope["route"].service), scope, receive, send)
        return
    await send(start)
    await send({"type": "http.response.body", "body": whole})


async def _stream(
    answer: aiohttp.ClientResponse, start: Message, scope: Scope, receive: Receive, send: Send
) -> None:
    """Pass an answer on as it comes; break off when the service does, or the client."""
    gone = asyncio.create_task(_close_when_gone(receive, answer))
    try:
        await send(start)
        async for piece in answer.content.iter_any():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    except (aiohttp.ClientError, TimeoutError) as error:
        if gone.done():
            return
        # The head is out: only a broken connection tells the client that this is not all.
        log.warning("answer_broken_off", service=scope["route"].service, why=str(error))
        raise
    finally:
        gone.cancel()


async def _close_when_gone(receive: Receive, answer: aiohttp.ClientResponse) -> None:
    """Close the service's answer when the client hangs up: nobody reads the stream any more."""
    while (await receive())["type"] != "http.disconnect":
        continue
    answer.close()


async def _refuse(error: DomainError, scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope)
    english = wants_english(request.headers.get("accept-language"))
    answer = problem(
        request,
        code=error.code,
        status=_STATUS_OF.get(type(error), STATUS[error.kind]),
        title=(error.title_en if english else error.title_zh) or error.code,
        detail=error.en if english else error.zh,
        fields=error.fields,
        fixes=error.fixes,
    )
    if answer.status_code == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="helix8"'
    await answer(scope, receive, send)
