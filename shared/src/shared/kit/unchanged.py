"""Who asks again for what he has is told so before the framework looks at the request."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.kit.etags import tags_of

TagOf = Callable[[Mapping[str, Any], Mapping[bytes, bytes]], str | None]
"""Gets a GET request (ASGI scope, headers); returns the entity tag that its answer would carry.

None where it is not known without asking, or where the caller may not be answered: the request
then goes its ordinary way.
"""


class Unchanged:
    """Pure ASGI: answers 304 where the caller has the very tag that an answer would carry.

    A tag must hold the whole question: who sends it was answered before.
    """

    def __init__(self, app: ASGIApp, tag_of: TagOf) -> None:
        self._app = app
        self._tag_of = tag_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 304, or hand the request on."""
        if (tag := self._held(scope)) is None:
            await self._app(scope, receive, send)
            return
        status, headers = HTTPStatus.NOT_MODIFIED.value, [(b"etag", tag.encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _held(self, scope: Scope) -> str | None:
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        headers = dict(scope["headers"])
        if b"if-none-match" not in headers:
            return None
        tag = self._tag_of(scope, headers)
        return tag if tag in tags_of(headers[b"if-none-match"].decode("latin-1")) else None
