"""What happens around every request: its id, its limit, its one log line, its duration."""

import asyncio
import re
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.kit.audit.deeds import Doing, at_work, trace_id
from shared.kit.ids import uuid7
from shared.kit.problems import fault, problem
from shared.kit.telemetry import REQUESTS

MAX_JSON_BODY: Final = 2 * 1024 * 1024
"""Bytes of an ordinary JSON body; streamed uploads read the body themselves."""

MAX_DISCARDED: Final = 64 * 1024 * 1024
DISCARD_SECONDS: Final = 10.0
"""How much is read of a refused body, and for how long; who sends more is cut off."""

Pair = tuple[bytes, bytes]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
_PREFIX = re.compile(rb"(/[a-z0-9-]{1,40}){1,4}")

log = structlog.get_logger()


class RequestMiddleware:
    """Pure ASGI: sets ``request.state.request_id``, echoes it, logs and measures.

    HEAD is answered as GET is, without the body.

    Args:
        behind_gateway: paths in answers are those that the caller of the gateway knows; the
            gateway says in ``X-Forwarded-Prefix`` what it puts before them.
    """

    def __init__(self, app: ASGIApp, *, behind_gateway: bool = False) -> None:
        self._app = app
        self._behind_gateway = behind_gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            # A copy: the server must go on knowing that no body is due.
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        request_id = given.decode() if _REQUEST_ID.fullmatch(given) else str(uuid7())
        prefix = self._prefix_of(headers)
        scope.setdefault("state", {}).update(request_id=request_id, prefix=prefix.decode())
        answer: dict[str, Any] = {"status": 500}
        body = _Body(receive, headers)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] >= 400:
                    await body.discard()
                answer.update(status=message["status"], begun=True)
                message["headers"] = [
                    *_found_at(prefix, message.get("headers", [])),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        doing = _doing_of(scope, prefix.decode(), request_id, headers)
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request=request_id), at_work(doing):
            try:
                has_nul = "\0" in scope["path"] or b"%00" in scope["query_string"]
                app = _refuse_nul if has_nul else self._app
                await app(scope, body.receive, send_with_id)
            except Exception as error:
                # Raised further, it would make the server drop the connection, and whoever
                # shares it with this caller would lose an answer.
                if "begun" in answer:
                    raise
                response = await fault(Request(scope), error)
                await response(scope, body.receive, send_with_id)
            finally:
                _record(scope, answer["status"], time.perf_counter() - started)

    def _prefix_of(self, headers: Mapping[bytes, bytes]) -> bytes:
        given = headers.get(b"x-forwarded-prefix", b"")
        return given if self._behind_gateway and _PREFIX.fullmatch(given) else b""


def _doing_of(scope: Scope, prefix: str, request_id: str, headers: Mapping[bytes, bytes]) -> Doing:
    """Return what the audit knows of a request before it is known who asks."""
    return Doing(
        method=scope["method"],
        path=prefix + scope["path"],
        request=request_id,
        trace=trace_id(headers.get(b"traceparent", b"").decode("latin-1")),
    )


def _found_at(prefix: bytes, headers: Iterable[Pair]) -> list[Pair]:
    """Return the headers of an answer, its ``Location`` as the caller can follow it."""
    return [
        (name, prefix + value if name == b"location" and value.startswith(b"/") else value)
        for name, value in headers
    ]


def _without_body(send: Send) -> Send:
    """Return a way to send an answer of which only the head goes out, and that is then over."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b""})

    return send_head


class _Body:
    """The body of a request, of which what nobody read is thrown away before a refusal.

    A client that is still writing when the connection closes sees a broken one, not the answer.
    """

    def __init__(self, receive: Receive, headers: Mapping[bytes, bytes]) -> None:
        self._receive = receive
        length = headers.get(b"content-length", b"")
        self._left = int(length) if length.isdigit() else None
        # Nothing comes without a length or pieces; who waits to be told to go on has not begun.
        has_begun = self._left or b"transfer-encoding" in headers
        self._is_over = not has_begun or b"expect" in headers

    async def receive(self) -> Message:
        message = await self._receive()
        if self._left is not None:
            self._left -= len(message.get("body", b""))
        self._is_over = not message.get("more_body", False) or self._left == 0
        return message

    async def discard(self) -> None:
        size = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(DISCARD_SECONDS):
                while not self._is_over and size < MAX_DISCARDED:
                    size += len((await self.receive()).get("body", b""))


async def _refuse_nul(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a NUL in path or query: PostgreSQL keeps none, and would answer with an error."""
    response = problem(
        Request({**scope, "path": scope["path"].replace("\0", "")}),
        code="malformed",
        status=400,
        title="请求无法读取",
        detail="路径或查询含 NUL 字符 (NUL in path or query)",
    )
    await response(scope, receive, send)


def _record(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "unknown")
    REQUESTS.labels(scope["method"], route, str(status)).observe(seconds)
    if route not in {"/healthz", "/readyz", "/metrics"}:
        log.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
        )
