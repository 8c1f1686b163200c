"""What the entity tag of a page of records is made of, and what it would be now."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from shared.access.sight import clear_sight_of, sight_of
from shared.kit.etags import etag_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from datahub.dictionary.domain.entity import Dictionary
    from datahub.dictionary.repository import Dictionaries
    from datahub.records.repository.revisions import Revisions
    from shared.kit.identity import TokenVerifier

READ: Final = "datahub:read"
"""The permission that reading records needs."""

RECORDS: Final = "/v1/records/"


def version_of(scope: Mapping[str, Any], dictionary: "Dictionary", revision: int) -> str:
    """Return the revision of the records, the version of the dictionary, and the question."""
    question = b"?".join((scope["path"].encode(), scope["query_string"]))
    return f"{revision}.{dictionary.version}.{blake2b(question, digest_size=8).hexdigest()}"


def tag_now(scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> str | None:
    """Return the tag that a page asked for would carry, where that is known without asking."""
    app, entity = scope["app"], scope["path"].removeprefix(RECORDS)
    if entity == scope["path"] or not _sees_all(app, headers.get(b"authorization", b"")):
        return None
    dictionaries: Dictionaries = app.state.dictionaries
    revisions: Revisions = app.state.revisions
    dictionary, revision = dictionaries.known(), revisions.known(entity)
    if dictionary is None or revision is None:
        return None
    return etag_of(version_of(scope, dictionary, revision))


def _sees_all(app: "FastAPI", authorization: bytes) -> bool:
    verifier: TokenVerifier = app.state.verifier
    scheme, _, token = authorization.decode("latin-1").partition(" ")
    caller = verifier.known(token.strip()) if scheme.lower() == "bearer" else None
    return (
        caller is not None
        and caller.may(READ)
        and sight_of(caller, "datahub") is None
        and clear_sight_of(caller, "datahub") is None
    )
