"""Questions to all services at once, each with its own outcome."""

import asyncio
import gzip
import hashlib
from typing import Any, Final, NamedTuple

import msgspec

from gateway.proxy.upstream import Upstream
from shared.errors import DomainError
from shared.kit.identity import Caller

SELF: Final = Caller(subject="system/gateway", scopes=frozenset({"datahub:read"}))
"""The gateway asking for itself: for a number that tells nothing about anybody."""

_SCHEMAS: Final = "#/components/schemas/"

BEYOND_ALL: Final = 2**53 - 1

Document = dict[str, Any]


class EntityNames(NamedTuple):
    """What an entity is called."""

    zh: str
    en: str


async def readiness_of(upstream: Upstream) -> dict[str, Document]:
    """Return what each service says of its readiness."""
    names = list(upstream.routes)
    answers = await asyncio.gather(*(_ready(upstream, name) for name in names))
    return dict(zip(names, answers, strict=True))


async def watermarks_of(upstream: Upstream) -> dict[str, int]:
    """Return how far each feed of changes has come; a service away is left out."""
    try:
        answer = await upstream.ask("datahub", f"/v1/changes?after={BEYOND_ALL}&limit=1", SELF)
        return {"datahub": int(answer.headers["Feed-Watermark"])}
    except (DomainError, KeyError, ValueError):
        return {}


async def entity_names_of(upstream: Upstream) -> dict[str, EntityNames]:
    """Return what the hub's dictionary calls each entity; nothing while the hub is away."""
    try:
        answer = await upstream.ask("datahub", "/v1/dictionary/entities?limit=1000", SELF)
        listed = answer.json() if answer.status == 200 else []
    except DomainError:
        return {}
    return {each["name"]: EntityNames(each["zh"], each["en"]) for each in listed}


class Packed(NamedTuple):
    """A document as it is sent: nobody waits until it is written or packed anew for him."""

    document: Document
    plain: bytes
    zipped: bytes
    tag: str
    """Entity tag, in quotation marks."""


def pack(document: Document) -> Packed:
    """Write a document, and pack it."""
    plain = msgspec.json.encode(document)
    zipped = gzip.compress(plain, mtime=0)
    return Packed(document, plain, zipped, f'"{hashlib.sha256(plain).hexdigest()[:16]}"')


async def openapi_of_all(upstream: Upstream, own: Document) -> Packed:
    """Return one OpenAPI document of the gateway and of every service that answers.

    Names of schemas and operations get the service's name in front, so that they stay unique.
    """
    names = list(upstream.routes)
    answers = await asyncio.gather(*(_openapi(upstream, name) for name in names))
    found = {name: each for name, each in zip(names, answers, strict=True) if each is not None}
    return await asyncio.to_thread(lambda: pack(merge({"gateway": own} | found)))


def merge(documents: dict[str, Document]) -> Document:
    """Merge OpenAPI documents by service name; paths become those at the gateway."""
    merged: Document = {
        "openapi": "3.1.0",
        "info": {"title": "Helix8", "version": documents["gateway"]["info"]["version"]},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": {},
        "components": {
            "schemas": {},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "x-services": sorted(documents),
        "x-problems": {name: each.get("x-problems", []) for name, each in documents.items()},
    }
    for name, document in documents.items():
        prefix = "" if name == "gateway" else f"/api/{name}"
        renamed = _rename(document, name)
        for path, operations in renamed["paths"].items():
            for operation in operations.values():
                operation["operationId"] = f"{name}.{operation['operationId']}"
            merged["paths"][prefix + path] = operations
        for schema, body in renamed.get("components", {}).get("schemas", {}).items():
            # Generators name classes after titles, which are those of one service alone.
            named = {**body, "title": f"{name}.{schema}"}
            merged["components"]["schemas"][f"{name}.{schema}"] = named
    return merged


def _rename(value: Any, service: str) -> Any:
    """Return a copy in which references to schemas, also those of discriminators, are renamed."""
    match value:
        case dict():
            return {key: _rename(each, service) for key, each in value.items()}
        case list():
            return [_rename(each, service) for each in value]
        case str() if value.startswith(_SCHEMAS):
            return f"{_SCHEMAS}{service}.{value.removeprefix(_SCHEMAS)}"
        case _:
            return value


async def _ready(upstream: Upstream, name: str) -> Document:
    try:
        answer = await upstream.ask(name, "/readyz", None)
        document = answer.json()
    except DomainError as error:
        return {"ok": False, "why": f"{error.zh} · {error.en}"}
    checks = document.get("checks", {}) if isinstance(document, dict) else {}
    failing = {check: found for check, found in checks.items() if not found.get("ok", False)}
    return {"ok": answer.status == 200, **({"failing": failing} if failing else {})}


async def _openapi(upstream: Upstream, name: str) -> Document | None:
    try:
        answer = await upstream.ask(name, "/v1/openapi.json", None)
        document = answer.json()
    except DomainError:
        return None
    return document if answer.status == 200 and isinstance(document, dict) else None
