"""Where each value of a record comes from: whose word it is, and why the others lost.

Source: design "Data hub" 6.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from datahub.dictionary.domain.entity import EXT, Entity, Field
from datahub.ingest.domain.survivorship import Policy

_HIDDEN = ("value", "raw")
_TOLD = ("source", "feed", "at", "batch", "line", "raw")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a record."""

    key: str
    id: str
    version: int
    batch: int
    line: int
    raw: Mapping[str, Any]
    values: Mapping[str, Any]
    """Of every field that has a value, closed ones too; ``ext`` as one."""

    claims: Mapping[str, Mapping[str, Mapping[str, Any]]]
    """By source system, what it said last by field, where several write it."""

    written: Mapping[str, Mapping[str, Any]]
    """By field, the batch that wrote its value."""


def explain(
    entity: Entity, known: Known, policy: Policy, hidden: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Return, for each field of a record, its value, who said it, and what the others say.

    ``rule`` is ``priority``, ``recency`` or, where one system alone writes the field, ``only``;
    None where nobody has said anything. ``why`` an other lost is ``no-value``, ``lower-priority``
    or ``older``. Of a closed field everything is told but what was said.

    Args:
        hidden: fields of which as little is told as of closed ones.
    """
    fields = [(each, known.values.get(name)) for name, each in entity.fields.items()]
    own = known.values.get(EXT) or {}
    fields += [(_named(each, f"{EXT}.{name}"), own.get(name)) for name, each in entity.ext.items()]
    return [
        _field(field, value, known, policy, is_hidden=field.is_closed or field.name in hidden)
        for field, value in fields
    ]


def _named(field: Field, name: str) -> Field:
    return Field(name=name, type=field.type, zh=field.zh, en=field.en, privacy=field.privacy)


def _field(
    field: Field, value: Any, known: Known, policy: Policy, *, is_hidden: bool
) -> dict[str, Any]:
    words = _words(field.name, known.claims, policy)
    rule: str | None
    if words:
        best, *others = words if words[0]["value"] is not None else [dict.fromkeys(_TOLD), *words]
        rule = "priority" if field.name in policy.order else "recency"
    else:
        best, others = _alone(field.name, value, known), []
        rule = None if best["batch"] is None else "only"
    ranks = {source: rank for name, source, rank in policy.ranks if name == field.name}
    told = {
        "field": field.name,
        "zh": field.zh,
        "en": field.en,
        "closed": is_hidden,
        "value": value,
        "rule": rule,
        **{name: best[name] for name in _TOLD},
        "others": [{**each, "why": _why(each, best, ranks)} for each in others],
    }
    if is_hidden:
        for word in (told, *told["others"]):
            word.update(dict.fromkeys(_HIDDEN))
    return told


def _words(
    name: str, claims: Mapping[str, Mapping[str, Mapping[str, Any]]], policy: Policy
) -> Sequence[dict[str, Any]]:
    """Return what each system says of a field, the one that is believed first."""
    order = policy.order.get(name, ())
    found = [{"source": source, **said[name]} for source, said in claims.items() if name in said]
    found.sort(
        key=lambda word: (
            word["value"] is None,
            order.index(word["source"]) if word["source"] in order else len(order),
            -word["at"],
            word["source"],
        )
    )
    return [{**word, "at": _instant(word["at"])} for word in found]


def _alone(name: str, value: Any, known: Known) -> dict[str, Any]:
    """Return which batch wrote a field that one system alone writes."""
    written = known.written.get(name.partition(".")[0] if name.startswith(f"{EXT}.") else name)
    if value is None or written is None:
        return dict.fromkeys(_TOLD)
    line = known.line if written["batch"] == known.batch else None
    return {**written, "line": line, "raw": known.raw.get(name)}


def _why(word: Mapping[str, Any], best: Mapping[str, Any], ranks: Mapping[str, int]) -> str:
    if word["value"] is None:
        return "no-value"
    last = len(ranks)
    is_lower = ranks.get(word["source"], last) > ranks.get(best["source"], last)
    return "lower-priority" if is_lower else "older"


def _instant(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)
