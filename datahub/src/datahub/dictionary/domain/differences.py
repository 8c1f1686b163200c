"""What a new version of the dictionary changes, and whom that would break.

A difference is breaking when something that was written or read before no longer can be: a code
that is gone, or retired without a successor while a field uses its set; a field that is gone,
narrower, of another type, newly required or newly closed; a label that means another code now,
for a feed that reads labels would follow in silence. Everything else is compatible. Source:
our default, after the rule of released contracts.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, Final

from datahub.dictionary.domain.code_set import Code, CodeSet
from datahub.dictionary.domain.entity import Dictionary, Entity, Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is other than before."""

    place: str
    subject: str
    """What a feed would be bound to: a code set or its labels, an entity, or
    ``<entity>.<field>``."""

    change: str
    breaking: bool = False
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Something that rests on the dictionary."""

    kind: str
    """``feed`` or ``indicator``."""

    id: str
    subjects: frozenset[str] = frozenset()
    """Code sets, entities and fields that a breaking change must not touch under it."""

    faults: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Why its document would be refused under the new version."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a version may not be published yet."""

    place: str
    kind: str
    id: str
    reason: str
    remedy: str


def labels_of(code_set: str) -> str:
    """Return what a feed is bound to that reads the labels of a code set."""
    return f"{code_set}.labels"


def differences(before: Dictionary, after: Dictionary) -> list[Difference]:
    """Return every difference, in the order of the places."""
    used = {
        each.code_set
        for entity in after.entities.values()
        for each in (*entity.fields.values(), *entity.ext.values())
        if each.code_set
    }
    found = list(_sets(before, after, used))
    for name in sorted(before.entities.keys() | after.entities.keys()):
        found += _entities(name, before.entities.get(name), after.entities.get(name))
    return found


def obstacles(found: Sequence[Difference], bound: Sequence[Bound]) -> list[Obstacle]:
    """Return which feeds and indicators forbid the differences, and what to do about each."""
    hits = [
        Obstacle(
            each.place,
            holder.kind,
            holder.id,
            f"{_NAMES[holder.kind]} {holder.id} 绑定于 {each.subject} ({holder.kind} bound to it)",
            _remedy(each, holder),
        )
        for each in found
        if each.breaking
        for holder in bound
        if each.subject in holder.subjects
    ]
    hits += [
        Obstacle(
            f"{holder.kind}s.{holder.id}{place.removeprefix('$')}",
            holder.kind,
            holder.id,
            f"{_NAMES[holder.kind]} {holder.id} 在新版本下有误：{'；'.join(reasons)}"
            f" ({holder.kind} would be refused)",
            f"先修改 {holder.id} (mend it first: PUT /api/datahub/v1/{holder.kind}s/{holder.id})",
        )
        for holder in bound
        for place, reasons in holder.faults.items()
    ]
    return hits


_NAMES: Final = {"feed": "数据源约定", "indicator": "指标"}


def _remedy(each: Difference, holder: Bound) -> str:
    if each.change == "code.label-moved":
        return (
            f"各代码保留原名称，或在 {holder.id} 中逐一写明 codes (leave each code its label,"
            " or write the codes out)"
        )
    mend = f"修改 {holder.id} 使其不再使用 (mend it so that it uses this no more)"
    if each.change == "code.retired":
        return f"给出 successors，或{mend} (or name successors)"
    return mend


def _sets(before: Dictionary, after: Dictionary, used: Collection[str]) -> Iterator[Difference]:
    for name in sorted(before.code_sets.keys() | after.code_sets.keys()):
        old, new = before.code_sets.get(name), after.code_sets.get(name)
        place = f"code_sets.{name}"
        if old is new:
            continue
        if old is None:
            yield Difference(place=place, subject=name, change="code_set.added")
        if new is None:
            yield Difference(place=place, subject=name, change="code_set.removed", breaking=True)
        if old is not None and new is not None:
            yield from _labels(place, name, "code_set", old, new)
            yield from _codes(place, (old, before), (new, after), used)
            yield from _moved(place, before, after, new)


def _codes(
    place: str,
    before: tuple[CodeSet, Dictionary],
    after: tuple[CodeSet, Dictionary],
    used: Collection[str],
) -> Iterator[Difference]:
    old, new = before[0], after[0]
    was, now = old.writable(before[1].as_of), new.writable(after[1].as_of)
    for code in sorted(old.codes.keys() | new.codes.keys()):
        one, other = old.codes.get(code), new.codes.get(code)
        at = partial(Difference, place=f"{place}.codes.{code}", subject=new.id)
        if other is None:
            yield at(change="code.removed", breaking=True, before=_words(one))
        elif one is None:
            yield at(change="code.added", after=_words(other))
        elif code in was and code not in now:
            lost = new.id in used and not other.successors
            yield at(change="code.retired", breaking=lost, after=other.successors)
        elif code in now and code not in was:
            yield at(change="code.revived")
        else:
            yield from _labels(f"{place}.codes.{code}", new.id, "code", one, other)
            yield from _code(at, one, other)


def _moved(
    place: str, before: Dictionary, after: Dictionary, code_set: CodeSet
) -> Iterator[Difference]:
    """Yield the labels that mean another code than before; a successor may inherit its own."""
    was = before.labels(code_set.id)
    for label, code in sorted(after.labels(code_set.id).items()):
        old = was.get(label, code)
        if old != code and code not in code_set.successors(old):
            yield Difference(
                place=f"{place}.codes.{code}",
                subject=labels_of(code_set.id),
                change="code.label-moved",
                breaking=True,
                before={"label": label, "code": old},
                after={"label": label, "code": code},
            )


def _code(at: "partial[Difference]", old: Code, new: Code) -> Iterator[Difference]:
    for name in ("successors", "valid_from", "valid_to"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield at(change=f"code.{name}", before=before, after=after)


def _words(code: Code | None) -> dict[str, str]:
    return {"zh": code.zh, "en": code.en} if code else {}


def _labels(place: str, subject: str, what: str, old: Any, new: Any) -> Iterator[Difference]:
    if (old.zh, old.en) != (new.zh, new.en):
        yield Difference(
            place=place,
            subject=subject,
            change=f"{what}.label",
            before={"zh": old.zh, "en": old.en},
            after={"zh": new.zh, "en": new.en},
        )


def _entities(name: str, old: Entity | None, new: Entity | None) -> Iterator[Difference]:
    place = f"entities.{name}"
    if old is new:
        return
    if old is None or new is None:
        change = "entity.added" if old is None else "entity.removed"
        yield Difference(place=place, subject=name, change=change, breaking=new is None)
        return
    yield from _labels(place, name, "entity", old, new)
    if old.key != new.key:
        yield Difference(
            place=f"{place}.key",
            subject=name,
            change="entity.key",
            breaking=True,
            before=list(old.key),
            after=list(new.key),
        )
    yield from _fields(f"{place}.fields", name, old.fields, new.fields)
    yield from _fields(f"{place}.ext", f"{name}.ext", old.ext, new.ext)


def _fields(
    place: str, subject: str, old: Mapping[str, Field], new: Mapping[str, Field]
) -> Iterator[Difference]:
    for name in sorted(old.keys() | new.keys()):
        at = partial(Difference, place=f"{place}.{name}", subject=f"{subject}.{name}")
        one, other = old.get(name), new.get(name)
        if other is None:
            yield at(change="field.removed", breaking=True)
        elif one is None and other.required:
            # Whoever writes the entity would have to write it too.
            yield at(subject=subject, change="field.added", breaking=True)
        elif one is None:
            yield at(change="field.added")
        elif one != other:
            yield from _labels(f"{place}.{name}", f"{subject}.{name}", "field", one, other)
            yield from _field(at, one, other)


def _field(at: "partial[Difference]", old: Field, new: Field) -> Iterator[Difference]:
    narrower = {
        "type": old.type is not new.type,
        "unit": False,
        "labels": False,
        "code_set": old.code_set != new.code_set,
        "ref": new.ref is not None and old.ref != new.ref,
        "refs": new.refs is not None and old.refs != new.refs,
        "required": new.required and not old.required,
        "parent": new.parent and not old.parent,
        "values": bool(set(old.values) - set(new.values)),
        "max_length": _below(new.max_length, old.max_length),
        "max": _below(new.max, old.max),
        "min": new.min is not None and (old.min is None or new.min > old.min),
        "privacy": new.is_closed and not old.is_closed,
    }
    for name, breaks in narrower.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield at(change=f"field.{name}", breaking=breaks, before=before, after=after)


def _below(new: Decimal | int | None, old: Decimal | int | None) -> bool:
    """Return whether an upper limit became stricter; None is no limit."""
    return new is not None and (old is None or new < old)
