"""A JSON Schema in words and by example.

Source: JSON Schema 2020-12, as far as pydantic writes it; the wording is our default.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Schema = Mapping[str, Any]

DEEPEST: Final = 6
"""Levels of a document that are told; deeper ones would only repeat themselves."""

NOTHING_TOLD: Final = "…"
"""The example of a text of which neither schema nor name says anything."""

EXAMPLES: Final[Mapping[str, Any]] = {
    "actor": "system/academic",
    "alert": "01a213d0-f74b-769f-b905-86157c56be90",
    "batch": 42,
    "binding": "course_pass_rate@course/C0001@term:2026-2027-1",
    "by": "person/T001",
    "cell": "course_pass_rate|course/C0001|term:2026-2027-1",
    "causes": {"unknown-code": 2},
    "code_set": "gbt_2261_1",
    "correction": "01a213d1-e340-7460-9ea2-599a2a571bc0",
    "coverage": "1.000000",
    "deadline": "2026-12-31",
    "definition": "figure_eight",
    "document": "cjxx.csv",
    "effective_from": "2026-09-01",
    "effect": "0.040000",
    "entity": "enrolment",
    "feed_id": "example.enrolment",
    "fields": ["final_result"],
    "formula_version": 1,
    "from": "monitor",
    "gap": "-0.040000",
    "hold_reason": "stale",
    "id": "C0001",
    "indicator": "course_pass_rate",
    "indicator_id": "example_withdrawal_rate",
    "key": "C0001",
    "key_id": "demo0001",
    "login": "wangfang",
    "message": "sex: 未知代码 (unknown code)",
    "name": "王芳",
    "note": "已约谈任课教师",
    "name_en": "Structural Mechanics",
    "name_zh": "建筑力学",
    "op": ">=",
    "owner": "teacher/T001",
    "parents": ["unit/JZGC"],
    "password": "correct horse battery staple",
    "path": "$.sex",
    "period": "term:2026-2027-1",
    "q": "学号",
    "person": "teacher/T001",
    "roles": ["reader"],
    "rule": "threshold/course_pass_rate",
    "scope": "course/C0001",
    "scopes": ["datahub:read"],
    "severity": "orange",
    "source": "academic",
    "words": "≥ 0.85",
    "state": "below_standard",
    "step": "monitor",
    "subject": "person/T001",
    "system": "academic",
    "table": "ODS_KCJBSJ",
    "tags": ["core"],
    "tiers": {
        "floor": {"op": ">=", "value": "0.6"},
        "qualified": {"op": ">=", "value": "0.85"},
    },
    "title": "《建筑力学》及格率",
    "unit": "ratio",
    "value": "0.810000",
    "value_after": "0.850000",
    "value_before": "0.810000",
}
"""What fields of these names hold in examples: a reader learns more from it than from a type."""

_FORMATS: Final = {
    "date-time": "2026-11-23T08:00:00Z",
    "date": "2026-11-23",
    "uuid": "0193a5f2-7c1e-7d3a-9b21-5f0e6c1a2b3d",
}

_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "any": object,
    "array": list,
    "boolean": bool,
    "integer": int,
    "null": type(None),
    "number": (int, float),
    "object": dict,
    "string": str,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One field of a document."""

    path: str
    """From the root: ``items[].value``; ``<name>`` stands for any name."""

    type: str
    required: bool
    note: str


class Reader:
    """Reads the schemas of one document, whose references point into ``root``."""

    def __init__(self, root: Schema) -> None:
        self._root = root

    def resolve(self, schema: Schema) -> Schema:
        """Return what a schema refers to; itself where it is no reference."""
        while "$ref" in schema:
            target: Any = self._root
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            schema = target
        if len(schema.get("allOf", ())) == 1:
            return self.resolve(schema["allOf"][0])
        return schema

    def rows(self, schema: Schema) -> list[Row]:
        """Return every field of a document, those of inner ones behind their parent."""
        return list(self._rows(schema, "", DEEPEST, {}))

    def _rows(self, schema: Schema, path: str, depth: int, told: dict[str, str]) -> Iterator[Row]:
        """Yield the fields; a shape that was ``told`` before is not told again."""
        for inner, more in self._parts(self.resolve(schema)):
            if more:
                yield from self._rows(inner, path + more, depth, told)
                continue
            required = inner.get("required", ())
            for name, field in inner.get("properties", {}).items():
                place = f"{path}.{name}" if path else name
                shape = _reference(field)
                like = told.setdefault(shape, place) if shape else place
                yield Row(
                    path=place,
                    type=self.type_text(field),
                    required=name in required,
                    note=_note(field, self.resolve(field)) if like == place else f"↑ {like}",
                )
                if depth > 1 and like == place:
                    yield from self._rows(field, place, depth - 1, told)

    def _parts(self, schema: Schema) -> Iterator[tuple[Schema, str]]:
        """Yield the objects that a schema holds, with what leads there from its own path."""
        if "properties" in schema:
            yield schema, ""
        if isinstance(schema.get("items"), Mapping):
            yield schema["items"], "[]"
        if isinstance(schema.get("additionalProperties"), Mapping):
            yield schema["additionalProperties"], ".<name>"
        for choice in schema.get("anyOf", ()):
            yield from self._parts(self.resolve(choice))

    def type_text(self, schema: Schema) -> str:
        """Return the type of a value in a few words."""
        found = self.resolve(schema)
        if "anyOf" in found:
            return " | ".join(dict.fromkeys(self.type_text(each) for each in found["anyOf"]))
        if "const" in found or "enum" in found:
            words = found.get("enum", [found.get("const")])
            return " | ".join(json.dumps(word, ensure_ascii=False) for word in words)
        kind = str(found.get("type", "any"))
        if kind == "array":
            return f"{self.type_text(found.get('items', {}))}[]"
        return f"{kind} ({found['format']})" if "format" in found else kind

    def example(self, schema: Schema, name: str = "", depth: int = DEEPEST) -> Any:
        """Return a value that the schema allows, as far as a schema tells."""
        found = self.resolve(schema)
        given = [*schema.get("examples", ()), *found.get("examples", ()), *found.get("enum", ())]
        given += [found["const"]] if "const" in found else []
        choices = [each for each in found.get("anyOf", ()) if each.get("type") != "null"]
        if given:
            return given[0]
        if choices:
            return self.example(choices[0], name, depth)
        return self._example_of_type(found, name, depth)

    def _example_of_type(self, schema: Schema, name: str, depth: int) -> Any:
        kind = schema.get("type", "any")
        if name in EXAMPLES and isinstance(EXAMPLES[name], _TYPES[kind]):
            return EXAMPLES[name]
        if "properties" in schema:
            return {
                field: self.example(inner, field, depth - 1)
                for field, inner in schema["properties"].items()
                if field in schema.get("required", ()) or (depth > 1 and _is_telling(inner, field))
            }
        if kind == "array":
            return [self.example(schema.get("items", {}), name.removesuffix("s"), depth - 1)]
        word = _FORMATS.get(schema.get("format", ""), name or NOTHING_TOLD)
        number = schema.get("minimum", 1)
        plain = {"boolean": False, "object": {}, "integer": number, "number": number}
        return plain.get(kind, word)


def _reference(schema: Schema) -> str | None:
    """Return the shape that a schema refers to, itself or among its choices; None for none."""
    each: Schema
    for each in (schema, *schema.get("anyOf", ()), schema.get("items") or {}):
        if "$ref" in each:
            return str(each["$ref"])
    return None


def _is_telling(schema: Schema, name: str) -> bool:
    """Return whether an example is worth more with this optional field than without."""
    return name in EXAMPLES or "examples" in schema or schema.get("default") is not None


def _note(*schemas: Schema) -> str:
    """Return what a schema says beside its type; the outer words win over the inner ones."""
    joined: dict[str, Any] = {}
    for schema in reversed(schemas):
        for choice in schema.get("anyOf", ()):
            joined |= choice
        joined |= schema
    said = [str(joined["description"])] if "description" in joined else []
    said += [sign.format(joined[name]) for name, sign in _LIMITS.items() if name in joined]
    if joined.get("default") not in (None, [], {}, ""):
        said.append(f"= {json.dumps(joined['default'], ensure_ascii=False)}")
    return " · ".join(" ".join(each.replace("``", "").split()) for each in said)


_LIMITS: Final = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minLength": "length ≥ {}",
    "maxLength": "length ≤ {}",
    "maxItems": "items ≤ {}",
    "pattern": "/{}/",
}
