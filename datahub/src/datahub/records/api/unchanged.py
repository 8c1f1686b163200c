"""Who asks again for a page that he has is told so before the framework looks at the request.

The entity tag of a page holds the question, the version of the dictionary and the revision of the
entity's records. Whoever sends one that would be given again was answered before and needs no
answer now; everything else, also what is wrong, goes its ordinary way.
"""

from hashlib import blake2b
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.kit.etags import etag_of, tags_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from datahub.dictionary.domain.entity import Dictionary
    from datahub.dictionary.repository import Dictionaries
    from datahub.records.repository.revisions import Revisions
    from shared.kit.identity import TokenVerifier

READ: Final = "datahub:read"
"""The permission that reading records needs."""

RECORDS: Final = "/v1/records/"


def version_of(scope: Scope, dictionary: "Dictionary", revision: int) -> str:
    """Return what the entity tag of a page is made of."""
    question = b"?".join((scope["path"].encode(), scope["query_string"]))
    return f"{revision}.{dictionary.version}.{blake2b(question, digest_size=8).hexdigest()}"


class Unchanged:
    """Pure ASGI, around the application; the outermost middleware stays around it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 304, or hand the request on."""
        tag = _tag_held(scope)
        if tag is None:
            await self._app(scope, receive, send)
            return
        headers = [(b"etag", tag.encode())]
        status = HTTPStatus.NOT_MODIFIED.value
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def _tag_held(scope: Scope) -> str | None:
    """Return the tag that the caller has, where an answer would carry the same."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    entity = scope["path"].removeprefix(RECORDS)
    if entity == scope["path"] or "/" in entity:
        return None
    headers = dict(scope["headers"])
    held = tags_of(headers.get(b"if-none-match", b"").decode("latin-1"))
    if not held or not _may_read(scope["app"], headers.get(b"authorization", b"")):
        return None
    tag = _tag_now(scope, entity)
    return tag if tag in held else None


def _may_read(app: "FastAPI", authorization: bytes) -> bool:
    verifier: TokenVerifier = app.state.verifier
    scheme, _, token = authorization.decode("latin-1").partition(" ")
    caller = verifier.known(token.strip()) if scheme.lower() == "bearer" else None
    return caller is not None and caller.may(READ)


def _tag_now(scope: Scope, entity: str) -> str | None:
    dictionaries: Dictionaries = scope["app"].state.dictionaries
    revisions: Revisions = scope["app"].state.revisions
    dictionary, revision = dictionaries.known(), revisions.known(entity)
    if dictionary is None or revision is None:
        return None
    return etag_of(version_of(scope, dictionary, revision))
