"""No event and no operation changes by accident: what is stored is what the code says.

The rule binds from the first tag on. A change that is wanted and additive is stored by
``make schemas``; one that breaks somebody is a new major version beside the old one.
"""

import json
from copy import deepcopy
from typing import Any

import pytest

from shared.contracts.catalogue import published_events
from tests.contracts.released import (
    RELEASED,
    SERVICES,
    breaking,
    event_schema,
    openapi,
    written,
)

EVENTS = published_events()


def stored(folder: str, name: str) -> Any:
    path = RELEASED / folder / f"{name}.json"
    assert path.exists(), f"{path.name} is not stored: run make schemas"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", list(EVENTS))
def test_an_event_is_the_released_one(kind: str) -> None:
    present = event_schema(EVENTS[kind])

    assert breaking(stored("events", kind), present) == []
    assert written(present) == written(stored("events", kind)), "run make schemas"


@pytest.mark.parametrize("package", SERVICES)
def test_the_operations_of_a_service_are_the_released_ones(package: str) -> None:
    present = openapi(package)

    assert breaking(stored("http", package.removesuffix("_service")), present) == []
    assert written(present) == written(stored("http", package.removesuffix("_service"))), (
        "run make schemas"
    )


def test_no_event_that_was_released_has_gone() -> None:
    names = {path.name.removesuffix(".json") for path in (RELEASED / "events").glob("*.json")}

    assert names == set(EVENTS)


@pytest.mark.parametrize("package", SERVICES)
def test_operation_ids_are_unique_and_bodies_refuse_unknown_fields(package: str) -> None:
    document = openapi(package)
    operations = [
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
    ]
    bodies = {
        body["schema"]["$ref"].rsplit("/", 1)[1]
        for item in document["paths"].values()
        for operation in item.values()
        for body in operation.get("requestBody", {}).get("content", {}).values()
        if "$ref" in body["schema"]
    }
    schemas = document.get("components", {}).get("schemas", {})

    assert len(operations) == len(set(operations))
    assert [
        name
        for name in sorted(bodies)
        if schemas[name].get("additionalProperties") is not False and "properties" in schemas[name]
    ] == []


@pytest.mark.parametrize("event", EVENTS.values(), ids=list(EVENTS))
def test_an_event_says_what_it_means_and_may_grow(event: Any) -> None:
    assert event.__doc__
    assert event.model_config["extra"] == "ignore"
    assert event.model_config["frozen"] is True
    assert event.type.split(".")[0] == "qa"
    assert event.type.split(".")[-1] == "v1"


SCHEMA: dict[str, Any] = {
    "type": "object",
    "$defs": {
        "Part": {
            "type": "object",
            "properties": {"op": {"enum": ["a", "b"], "type": "string"}},
            "required": ["op"],
        }
    },
    "properties": {
        "id": {"type": "string"},
        "value": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "items": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
        "kind": {"const": "x"},
    },
    "required": ["id"],
}
FLAT = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "value": {"type": "string"}},
    "required": ["id"],
}
OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/v1/things": {
            "get": {
                "operationId": "list_things",
                "parameters": [{"in": "query", "name": "limit", "schema": {"type": "integer"}}],
                "responses": {"200": {"content": {"application/json": {"schema": FLAT}}}},
            },
            "post": {
                "operationId": "post_thing",
                "requestBody": {"content": {"application/json": {"schema": FLAT}}},
                "responses": {"201": {}},
            },
        }
    },
}


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy with one place set, or (with None) removed."""
    copy = deepcopy(document)
    *parents, last = path.split("|")
    place: Any = copy
    for name in parents:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("properties|id", None, "$.id went"),
        ("properties|id|type", "integer", "$.id is integer, was string"),
        ("required", ["id", "kind"], "$.kind is required now"),
        ("$defs|Part|properties|op|enum", ["a"], "$.items.items.op lost the values ['b']"),
        ("$defs|Part|properties|op", None, "$.items.items.op went"),
        ("properties|value|anyOf", [{"type": "null"}], "$.value is no longer one of ['string']"),
        ("properties|kind|const", "y", "$.kind lost the value x"),
        ("properties|items|items", {"type": "string"}, "$.items.items is string, was object"),
    ],
)
def test_a_change_of_a_schema_that_breaks_somebody_is_found(
    path: str, value: Any, words: str
) -> None:
    assert words in breaking(SCHEMA, changed(SCHEMA, path, value))


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("paths|/v1/things|get", None, "$ GET /v1/things went"),
        ("paths|/v1/things", {}, "$ POST /v1/things went"),
        ("paths|/v1/things|get|operationId", "all", "$ GET /v1/things has another operationId"),
        ("paths|/v1/things|get|parameters", [], "$ GET /v1/things query limit went"),
        (
            "paths|/v1/things|get|parameters",
            [
                {"in": "query", "name": "limit", "schema": {"type": "integer"}},
                {"in": "query", "name": "kind", "required": True, "schema": {"type": "string"}},
            ],
            "$ GET /v1/things query kind is required now",
        ),
        ("paths|/v1/things|get|responses|200", None, "$ GET /v1/things 200 went"),
        (
            "paths|/v1/things|post|requestBody|content|application/json|schema|required",
            ["id", "value"],
            "$ POST /v1/things request.value is required now",
        ),
    ],
)
def test_a_change_of_an_operation_that_breaks_somebody_is_found(
    path: str, value: Any, words: str
) -> None:
    assert words in breaking(OPENAPI, changed(OPENAPI, path, value))


@pytest.mark.parametrize(
    ("document", "path", "value"),
    [
        (SCHEMA, "properties|new", {"type": "string"}),
        (SCHEMA, "required", []),
        (SCHEMA, "$defs|Part|properties|op|enum", ["a", "b", "c"]),
        (SCHEMA, "description", "more words"),
        (OPENAPI, "paths|/v1/more", {"get": {"operationId": "more", "responses": {}}}),
    ],
)
def test_an_additive_change_breaks_nobody(document: Any, path: str, value: Any) -> None:
    assert breaking(document, changed(document, path, value)) == []
