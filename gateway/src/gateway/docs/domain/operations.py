"""The operations of the suite, read out of the merged OpenAPI for people.

Source: OpenAPI 3.1, as FastAPI writes it; what is shown of it is our default.
"""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from gateway.docs.domain.schemas import NOTHING_TOLD, Reader, Row

Document = Mapping[str, Any]

FAMILIAR: Final = ("application/json", "application/x-ndjson", "text/csv")
METHODS: Final = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """Something that goes with the path, the query or a header."""

    name: str
    where: str
    type: str
    required: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is sent or answered in one content type."""

    media: str
    type: str
    rows: Sequence[Row]
    example: str | None
    """None where the schema says nothing that an example could show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What comes back with one status."""

    status: str
    bodies: Sequence[Body]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation, ready to be shown."""

    id: str
    """Without its service: ``list_alerts``."""

    service: str
    tag: str
    method: str
    path: str
    zh: str
    en: str
    description: str
    parameters: Sequence[Parameter]
    bodies: Sequence[Body]
    answers: Sequence[Answer]
    permissions: Sequence[str]
    """What the caller's key or session must be allowed."""

    target: str
    """Path and query of the example."""

    def curl(self, address: str) -> str:
        """Return a command that calls this operation at an address."""
        verb = "" if self.method == "GET" else f"-X {self.method} "
        parts = [f"curl {verb}{shlex.quote(address + self.target)}"]
        if self.id != "sign_in":
            parts.append('-H "Authorization: Bearer $KEY"')
        for body in self.bodies[:1]:
            parts.append(f'-H "Content-Type: {body.media}"')
            parts += [f"--data-binary {shlex.quote(body.example)}"] if body.example else []
        return " \\\n  ".join(parts)

    def matches(self, words: Sequence[str]) -> bool:
        """Return whether every word occurs somewhere in this operation."""
        said = [self.id, self.service, self.tag, self.method, self.path, self.zh, self.en]
        said += [self.description, *(each.name for each in self.parameters)]
        text = " ".join(said).lower()
        return all(word.lower() in text for word in words)


def operations_of(merged: Document) -> list[Operation]:
    """Return every operation of the merged document, in its order."""
    reader = Reader(merged)
    return [
        _operation(reader, path, method, each)
        for path, methods in merged["paths"].items()
        for method, each in methods.items()
        if method in METHODS
    ]


def _operation(reader: Reader, path: str, method: str, document: Document) -> Operation:
    service, _, name = document["operationId"].partition(".")
    given = [reader.resolve(each) for each in document.get("parameters", ())]
    zh, _, en = document.get("summary", name).partition(" · ")
    content = document.get("requestBody", {}).get("content", {})
    return Operation(
        id=name,
        service=service,
        tag=(document.get("tags") or [""])[0],
        method=method.upper(),
        path=path,
        zh=zh,
        en=en or name.replace("_", " ").capitalize(),
        description=document.get("description", ""),
        parameters=[_parameter(reader, each) for each in given],
        bodies=list(_bodies(reader, content)),
        answers=[
            Answer(status=status, bodies=list(_bodies(reader, each.get("content", {}))))
            for status, each in document.get("responses", {}).items()
            if status != "default"
        ],
        permissions=document.get("x-permissions", ()),
        target=_target(reader, path, given, reads=method == "get"),
    )


def _parameter(reader: Reader, document: Document) -> Parameter:
    schema = document.get("schema", {})
    [row] = reader.rows({"properties": {document["name"]: schema}})[:1]
    said = [document.get("description", ""), row.note]
    return Parameter(
        name=document["name"],
        where=document["in"],
        type=row.type.removesuffix(" | null"),
        required=document.get("required", False),
        note=" · ".join(dict.fromkeys(each for each in said if each)),
    )


def _bodies(reader: Reader, content: Document) -> Iterator[Body]:
    for media, each in sorted(content.items(), key=lambda found: _familiar(found[0])):
        schema = each.get("schema", {})
        yield Body(
            media=media,
            type=reader.type_text(schema),
            rows=reader.rows(schema),
            example=_example(reader, each, schema),
        )


def _familiar(media: str) -> tuple[int, str]:
    """Order content types: what people send by hand comes first."""
    known = media in FAMILIAR
    return FAMILIAR.index(media) if known else len(FAMILIAR), media


def _example(reader: Reader, media: Document, schema: Document) -> str | None:
    example = media.get("example", reader.example(schema))
    if isinstance(example, str):
        return None if example == NOTHING_TOLD else example
    return json.dumps(example, ensure_ascii=False, indent=2)


def _target(reader: Reader, path: str, parameters: Sequence[Document], *, reads: bool) -> str:
    """Return a path with its places filled in, and the query that it cannot do without.

    A write shows what its query is an example of, too: it decides what is written. A list is told
    by naming its parameter once for each value. Source: OpenAPI 3.1, "style" form, exploded.
    """
    query = []
    for each in parameters:
        schema = {**each.get("schema", {}), **each}
        example = reader.example(schema, each["name"])
        values = example if isinstance(example, list) else [example]
        told = [quote(str(value), safe="") for value in values]
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", ",".join(told))
        elif each["in"] == "query" and (each.get("required") or (not reads and _is_shown(schema))):
            query += [f"{each['name']}={value}" for value in told]
    return f"{path}?{'&'.join(query)}" if query else path


def _is_shown(schema: Document) -> bool:
    choices = schema.get("anyOf", ())
    return "examples" in schema or any("examples" in each for each in choices)
