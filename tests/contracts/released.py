"""What integrators build against: the schema of every event, the OpenAPI of every service.

``python -m tests.contracts.released`` writes both under ``shared/released``; a test fails while
what is stored differs from what the code says. The rule binds from the first tag on: before it,
anything may still change; after it, a breaking change is refused here too (publish a new major
version beside the old one instead), and an additive one is stored by running this again.
"""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from shared.contracts.base import Event
from shared.contracts.catalogue import published_events

ROOT = Path(__file__).parents[2]
RELEASED = ROOT / "shared" / "released"
SERVICES = (
    "datahub",
    "target_service",
    "spiral_service",
    "alert_service",
    "report_service",
    "gateway",
)
Document = dict[str, Any]


def event_schema(event: type[Event]) -> Document:
    """Return the JSON Schema of an event's data."""
    return event.model_json_schema(mode="serialization")


def application(package: str) -> Any:
    """Return the application of a service, without starting it."""
    settings_class: Any = importlib.import_module(f"{package}.settings").Settings
    values: dict[str, Any] = {"database_url": "postgresql+asyncpg://nowhere/none"}
    if package == "gateway":
        key = ECKey.generate_key("P-256", auto_kid=True).as_dict(private=True)
        values["signing_key"] = json.dumps({"keys": [key]})
        values |= {
            f"{name}_url": "http://127.0.0.1:9"
            for name in ("datahub", "target", "spiral", "alert", "report")
        }
    app: Any = importlib.import_module(f"{package}.app").create_app(settings_class(**values))
    return getattr(app, "own", app)


def openapi(package: str) -> Document:
    """Return the OpenAPI document of a service, without starting it."""
    document: Document = application(package).openapi()
    return document


def documents() -> Iterator[tuple[Path, Document]]:
    """Yield every document with the place where it is stored."""
    for kind, event in published_events().items():
        yield RELEASED / "events" / f"{kind}.json", event_schema(event)
    for package in SERVICES:
        name = package.removesuffix("_service")
        yield RELEASED / "http" / f"{name}.json", openapi(package)


def written(document: Document) -> str:
    """Return a document as it is stored: stable, so that a diff shows what changed."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def breaking(old: Document, new: Document) -> list[str]:
    """Return what would break a program that was written for ``old``.

    A field, operation or parameter that went; another type; a newly required field or
    parameter; a value that is no longer in an enumeration.
    """
    return list(_schema("$", old, new, _Roots(old, new)))


class _Roots:
    """The documents that references point into, and the pairs that were compared already."""

    def __init__(self, old: Document, new: Document) -> None:
        self.old = old
        self.new = new
        self.seen: set[tuple[str, str]] = set()


def _resolve(root: Document, part: Any) -> Any:
    while isinstance(part, Mapping) and "$ref" in part:
        target: Any = root
        for name in part["$ref"].removeprefix("#/").split("/"):
            target = target[name.replace("~1", "/").replace("~0", "~")]
        part = target
    return part


def _schema(place: str, old: Any, new: Any, roots: _Roots) -> Iterator[str]:
    if not isinstance(old, Mapping):
        return
    if "$ref" in old:
        pair = (old["$ref"], str(new.get("$ref")) if isinstance(new, Mapping) else "")
        if pair in roots.seen:
            return
        roots.seen.add(pair)
    old, new = _resolve(roots.old, old), _resolve(roots.new, new)
    if not isinstance(new, Mapping):
        yield f"{place} went"
        return
    yield from _values(place, old, new)
    yield from _fields(place, old, new, roots)
    yield from _operations(place, old, new, roots)
    for name in ("items", "additionalProperties"):
        if isinstance(old.get(name), Mapping):
            yield from _schema(f"{place}.{name}", old[name], new.get(name), roots)


def _values(place: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if old.get("type") != new.get("type") and "openapi" not in old:
        yield f"{place} is {new.get('type')}, was {old.get('type')}"
    if "enum" in old and (lost := set(old["enum"]) - set(new.get("enum", old["enum"]))):
        yield f"{place} lost the values {sorted(lost)}"
    if "const" in old and old["const"] not in {new.get("const"), *new.get("enum", ())}:
        yield f"{place} lost the value {old['const']}"
    for name in ("anyOf", "oneOf"):
        kinds = {_kind(each) for each in old.get(name, ())}
        if lost := kinds - {_kind(each) for each in new.get(name, ())}:
            yield f"{place} is no longer one of {sorted(lost)}"


def _kind(part: Mapping[str, Any]) -> str:
    return str(part.get("$ref") or part.get("type"))


def _fields(
    place: str, old: Mapping[str, Any], new: Mapping[str, Any], roots: _Roots
) -> Iterator[str]:
    present = new.get("properties", {})
    for name, part in old.get("properties", {}).items():
        if name in present:
            yield from _schema(f"{place}.{name}", part, present[name], roots)
        else:
            yield f"{place}.{name} went"
    if old.get("type") == "object" or "properties" in old:
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            yield f"{place}.{name} is required now"


def _operations(
    place: str, old: Mapping[str, Any], new: Mapping[str, Any], roots: _Roots
) -> Iterator[str]:
    for path, item in old.get("paths", {}).items():
        for method, operation in item.items():
            here = f"{place} {method.upper()} {path}"
            present = new["paths"].get(path, {}).get(method)
            if present is None:
                yield f"{here} went"
                continue
            if operation.get("operationId") != present.get("operationId"):
                yield f"{here} has another operationId"
            yield from _parameters(here, operation, present, roots)
            yield from _bodies(here, operation, present, roots)


def _parameters(place: str, old: Any, new: Any, roots: _Roots) -> Iterator[str]:
    def by_name(operation: Any) -> dict[tuple[str, str], Any]:
        return {(each["in"], each["name"]): each for each in operation.get("parameters", ())}

    before, after = by_name(old), by_name(new)
    for key, parameter in before.items():
        if key in after:
            where = f"{place} {key[0]} {key[1]}"
            yield from _schema(where, parameter["schema"], after[key]["schema"], roots)
        else:
            yield f"{place} {key[0]} {key[1]} went"
    for key, parameter in after.items():
        was_required = before.get(key, {}).get("required", False)
        if parameter.get("required") and not was_required:
            yield f"{place} {key[0]} {key[1]} is required now"


def _bodies(place: str, old: Any, new: Any, roots: _Roots) -> Iterator[str]:
    for name, part in (("request", old.get("requestBody")), *old.get("responses", {}).items()):
        if part is None:
            continue
        other = new.get("requestBody") if name == "request" else new["responses"].get(name)
        if other is None:
            yield f"{place} {name} went"
            continue
        for kind, content in part.get("content", {}).items():
            if kind in other.get("content", {}):
                where, present = f"{place} {name}", other["content"][kind]
                yield from _schema(where, content.get("schema", {}), present.get("schema"), roots)
            else:
                yield f"{place} {name} {kind} went"


def is_released() -> bool:
    """Whether a version was tagged: from then on nothing that is stored may break."""
    answer = subprocess.run(
        ["git", "tag", "--list", "v*"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return bool(answer.stdout.strip())


def main() -> int:
    """Store what the code says; refuse what would break somebody, once a version is out."""
    broken: list[str] = []
    for path, document in documents():
        if path.exists() and is_released():
            stored = json.loads(path.read_text(encoding="utf-8"))
            broken += [f"{path.name}: {each}" for each in breaking(stored, document)]
    if broken:
        sys.stderr.write("\n".join([*broken, "publish a new major version instead", ""]))
        return 1
    for path, document in documents():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(document), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
