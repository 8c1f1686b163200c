"""A college's own part of the dictionary, laid on what is shipped.

The part is a document beside the base and never inside it, so that an upgrade of the base leaves
it as it is: own code sets, own codes, other labels, retirements, extension fields. Source: our
default; design "Data hub" 1.

Its shape: ``code_sets.<id>`` {zh, en, version, valid_from, valid_to, codes: [{code, zh, en,
valid_from, valid_to, retired, successors}]}, where whatever is absent stays as the base says;
``entities.<name>`` {ext: {<field>: declaration}, zh, en, labels: {<field>: {zh, en}}}.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from datahub.dictionary.domain.base import parse_day
from datahub.dictionary.domain.code_set import OWN, Code, CodeSet
from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.dictionary.domain.entity_document import parse_field

Part = Mapping[str, Any]
_DAYS: Final = frozenset({"valid_from", "valid_to"})


def compose(base: Dictionary, part: Part, *, version: int, as_of: date) -> Dictionary:
    """Return the base with a college's part laid on it; what the base lacks is left out."""
    code_sets = dict(base.code_sets)
    for name, overlay in part.get("code_sets", {}).items():
        code_sets[name] = _code_set(name, base.code_sets.get(name), overlay)
    entities = dict(base.entities)
    for name, overlay in part.get("entities", {}).items():
        if name in entities:
            entities[name] = _entity(entities[name], overlay)
    return replace(base, entities=entities, code_sets=code_sets, version=version, as_of=as_of)


def _code_set(name: str, present: CodeSet | None, overlay: Part) -> CodeSet:
    codes = dict(present.codes) if present else {}
    for each in overlay.get("codes", ()):
        codes[each["code"]] = _code(codes.get(each["code"]), each)
    said = {key: _read(key, overlay[key]) for key in overlay.keys() - {"codes"}}
    if present is not None:
        return replace(present, codes=codes, **said)
    plain: dict[str, Any] = {"zh": "", "standard": OWN, "version": "1", **said}
    return CodeSet(id=name, own=True, codes=codes, **plain)


def _code(present: Code | None, overlay: Part) -> Code:
    said = {key: _read(key, value) for key, value in overlay.items()}
    blank = Code(code=overlay["code"], zh="")
    return replace(present or blank, own=True, **said)


def _read(key: str, value: Any) -> Any:
    if key in _DAYS:
        return parse_day(value)
    return tuple(value) if key == "successors" else value


def _entity(entity: Entity, overlay: Part) -> Entity:
    ext = {name: parse_field(name, each) for name, each in overlay.get("ext", {}).items()}
    fields = dict(entity.fields)
    for name, labels in overlay.get("labels", {}).items():
        if name in fields:
            fields[name] = replace(fields[name], **labels)
    names = {key: overlay[key] for key in ("zh", "en") if key in overlay}
    return replace(entity, ext=ext, fields=fields, **names)


def with_code_set(part: Part, name: str, overlay: Part) -> Part:
    """Return the part with another overlay of one code set; an empty one takes it away."""
    return _with(part, "code_sets", name, overlay)


def with_entity(part: Part, name: str, more: Part) -> Part:
    """Return the part with some sections of one entity replaced; an empty section goes."""
    merged = {**part.get("entities", {}).get(name, {}), **more}
    return _with(part, "entities", name, {key: value for key, value in merged.items() if value})


def with_code(part: Part, code_set: str, more: Part) -> Part:
    """Return the part with what is said of one code added to what it said before."""
    overlay = part.get("code_sets", {}).get(code_set, {})
    before = {each["code"]: each for each in overlay.get("codes", ())}
    before[more["code"]] = {**before.get(more["code"], {}), **more}
    return with_code_set(part, code_set, {**overlay, "codes": list(before.values())})


def _with(part: Part, section: str, name: str, overlay: Part) -> Part:
    others = {key: each for key, each in part.get(section, {}).items() if key != name}
    kept = {**others, name: overlay} if overlay else others
    return {**part, section: kept}
