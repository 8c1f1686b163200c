"""Scopes (诊改对象) as the records make them, compared with what was told, and told.

A scope is told when what is said of it has changed, whatever record that comes from: its own, one
that it reads along a reference, one that appoints somebody to answer for it, or the calendar that
begins or ends an appointment. The numberer alone works here; it leads.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from datahub.changes.repository.numbering import Numbered
from datahub.dictionary.domain.entity import AppointRule, Dictionary, Entity, FieldType, ScopeRule
from datahub.dictionary.tables import table_name
from shared.contracts.datahub import ScopeChanged, ScopeItem
from shared.kit.clock import CAMPUS
from shared.kit.database import Transaction
from shared.kit.sql import text

SCOPES_PER_EVENT: Final = 400

_KEEP: Final = """
INSERT INTO scope (scope, kind, doc, seq)
SELECT scope, kind, doc, seq FROM ({now}) now
 WHERE NOT doc @> '{{"gone": true}}' OR EXISTS (SELECT FROM scope s WHERE s.scope = now.scope)
ON CONFLICT (scope) DO UPDATE SET doc = excluded.doc, seq = greatest(excluded.seq, scope.seq + 1)
 WHERE scope.doc IS DISTINCT FROM excluded.doc
RETURNING doc || jsonb_build_object('scope', scope, 'seq', seq) AS item
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """Under which dictionary and on which day scopes are looked at."""

    dictionary: Dictionary
    today: date


async def publish_scopes(tx: Transaction, sets: Sequence[Numbered], moment: Moment) -> None:
    """Tell of the scopes that numbered change sets of one entity have changed."""
    values = {"ids": [each.id for each in sets], "last": sets[-1].last_seq}
    changed = moment.dictionary.entities[sets[-1].entity]
    for entity, rule in _with_scopes(moment.dictionary):
        for which in _touched(entity, rule, changed):
            await _refresh(tx, entity, rule, which, values, moment)


async def publish_all(
    tx: Transaction, moment: Moment, last_seq: int, *, appointed_only: bool = False
) -> None:
    """Tell of every scope that is not as it was told; of those with appointments alone, if so."""
    appointed = {kind for each in _appointing(moment.dictionary) for kind in each[1].scopes}
    for entity, rule in _with_scopes(moment.dictionary):
        if rule.kind in appointed or not appointed_only:
            which = f'SELECT key, CAST(:last AS bigint) AS seq FROM "{table_name(entity.name)}"'
            # Newer than what any hub before this one told of a scope.
            await _refresh(tx, entity, rule, which, {"last": last_seq + 1}, moment)


async def publish_feeds(tx: Transaction, moment: Moment, last_seq: int) -> None:
    """Tell of the feeds that are not as they were told."""
    rows = await tx.session.execute(
        text(
            "SELECT f.id, f.source, f.entity, f.retired_at, s.name_zh, s.name_en, s.unit, s.owner"
            " FROM feed f LEFT JOIN source_system s ON s.id = f.source"
        )
    )
    docs = [_feed(dict(row), moment.dictionary) for row in rows.mappings()]
    now = (
        "SELECT 'feed/' || (d ->> 'id') AS scope, 'feed' AS kind, d - 'id' AS doc,"
        " greatest(CAST(:last AS bigint), 1) AS seq"
        " FROM jsonb_array_elements(CAST(:docs AS jsonb)) d"
    )
    values = {"docs": json.dumps(docs, ensure_ascii=False), "last": last_seq}
    await _keep(tx, "feed", now, values)


def _feed(row: Mapping[str, Any], dictionary: Dictionary) -> dict[str, Any]:
    """Return what is said of a feed; one of an entity that the dictionary lost goes by its id."""
    entity = dictionary.entities.get(row["entity"])
    about = (entity.zh, entity.en) if entity else (row["entity"], row["entity"])
    ended = row["retired_at"]
    return {
        "id": row["id"],
        "name_zh": f"{row['name_zh'] or row['source']} · {about[0]}",
        "name_en": f"{row['name_en'] or row['source']} · {about[1]}",
        "parents": [row["unit"]] if row["unit"] else [],
        "owners": [{"role": "system_owner", "person": row["owner"]}] if row["owner"] else [],
        "tags": [f"source:{row['source']}", f"entity:{row['entity']}"],
        "valid_from": None,
        "valid_to": None if ended is None else ended.astimezone(CAMPUS).date().isoformat(),
        "gone": False,
    }


def _with_scopes(dictionary: Dictionary) -> Iterator[tuple[Entity, ScopeRule]]:
    for entity in dictionary.entities.values():
        if entity.scope is not None:
            yield entity, entity.scope


def _appointing(dictionary: Dictionary) -> Iterator[tuple[Entity, AppointRule]]:
    for entity in dictionary.entities.values():
        if entity.appoints is not None:
            yield entity, entity.appoints


def _touched(entity: Entity, rule: ScopeRule, changed: Entity) -> Iterator[str]:
    """Return selects of the keys of an entity whose scopes change sets may have changed.

    The change sets are ``:ids``, the last of their numbers is ``:last``.
    """
    changes = "FROM change WHERE change_set = ANY(:ids)"
    if entity.name == changed.name:
        yield (
            "SELECT key, max(first_seq + ordinal) AS seq FROM"
            " (SELECT change_set, ordinal, unnest(ARRAY[key, previous_key]) AS key"
            f" {changes}) moved JOIN change_set s ON s.id = moved.change_set"
            " WHERE key IS NOT NULL GROUP BY key"
        )
    last = "CAST(:last AS bigint) AS seq"
    for path in rule.parents.values():
        own, _, read = path.partition(".")
        if read and entity.fields[own].ref == changed.name:
            yield (
                f'SELECT key, {last} FROM "{table_name(entity.name)}" WHERE "{own}" IN'
                f" (SELECT key {changes} AND (fields IS NULL OR op <> 'upsert'"
                f" OR '{read}' = ANY(fields)))"
            )
    appoints = changed.appoints
    if appoints is not None and rule.kind in appoints.scopes:
        people = (
            f'SELECT a."{appoints.person}" AS person, a."{appoints.scopes[rule.kind]}" AS scope'
            f' FROM "{table_name(changed.name)}" a WHERE a.key IN (SELECT key {changes})'
        )
        # Whom the appointment leaves is known by what was told of him.
        yield (
            f"WITH a AS MATERIALIZED ({people}) SELECT key, {last} FROM"
            " (SELECT scope AS key FROM a WHERE scope IS NOT NULL UNION"
            f" SELECT substr(s.scope, {len(rule.kind) + 2}) FROM scope s, a"
            f" WHERE s.kind = '{rule.kind}' AND s.doc -> 'owners' @> jsonb_build_array("
            "jsonb_build_object('person', 'teacher/' || a.person))) keys"
        )


async def _refresh(
    tx: Transaction,
    entity: Entity,
    rule: ScopeRule,
    which: str,
    values: Mapping[str, Any],
    moment: Moment,
) -> None:
    now = (
        f"SELECT '{rule.kind}/' || r.key AS scope, '{rule.kind}' AS kind, k.seq,"
        f" {_doc(entity, rule, moment.dictionary)} AS doc"
        f' FROM ({which}) k JOIN "{table_name(entity.name)}" r ON r.key = k.key'
    )
    dated = ":today" in now
    await _keep(tx, entity.name, now, {**values, **({"today": moment.today} if dated else {})})


async def _keep(tx: Transaction, key: str, now: str, values: Mapping[str, Any]) -> None:
    """Keep what is said now, and publish what differs from what was told."""
    found = await tx.session.scalars(text(_KEEP.format(now=now)), values)
    docs = sorted(found, key=lambda each: (each["seq"], each["scope"]))
    for start in range(0, len(docs), SCOPES_PER_EVENT):
        # Of all of a large file at once the items would take more memory than the file does.
        items = map(ScopeItem.model_validate, docs[start : start + SCOPES_PER_EVENT])
        tx.publish(ScopeChanged(items=tuple(items)), key=key)


def _doc(entity: Entity, rule: ScopeRule, dictionary: Dictionary) -> str:
    parents = [
        f"'{kind}/' || {_value(entity, path, dictionary)}" for kind, path in rule.parents.items()
    ]
    tags = [_tag(entity, name) for name in rule.tags]
    said = {
        "name_zh": f'coalesce(r."{rule.name}", r.key)',
        "name_en": _column(rule.name_en),
        "parents": _list(parents),
        "owners": _owners(entity, rule, dictionary),
        "tags": _list(tags),
        "valid_from": _column(rule.valid_from),
        "valid_to": _column(rule.valid_to),
        "gone": "r.deleted_at IS NOT NULL",
    }
    parts = [f"'{name}', {sql}" for name, sql in said.items()]
    return f"jsonb_build_object({', '.join(parts)})"


def _column(name: str | None) -> str:
    return f'r."{name}"' if name else "NULL"


def _list(values: Sequence[str]) -> str:
    return f"to_jsonb(array_remove(CAST(ARRAY[{', '.join(values)}] AS text[]), NULL))"


def _value(entity: Entity, path: str, dictionary: Dictionary) -> str:
    """Return the value of a field, or of a field of the record that a field refers to."""
    own, _, read = path.partition(".")
    if not read:
        return f'r."{own}"'
    other = dictionary.entities[str(entity.fields[own].ref)]
    return (
        f'(SELECT p."{read}" FROM "{table_name(other.name)}" p'
        f' WHERE p.key = r."{own}" AND p.deleted_at IS NULL)'
    )


def _tag(entity: Entity, name: str) -> str:
    if entity.fields[name].type is FieldType.BOOLEAN:
        return f"CASE WHEN r.\"{name}\" THEN '{name}' END"
    return f"'{name}:' || r.\"{name}\""


def _owners(entity: Entity, rule: ScopeRule, dictionary: Dictionary) -> str:
    """Return who answers for a scope: those whom its record names, then the appointed ones."""
    parts = []
    for place, (role, name) in enumerate(rule.owners.items()):
        said = f"SELECT {place} AS place, '{role}' AS role,"
        if entity.fields[name].type is FieldType.LIST:
            others = _distinct(list(rule.owners.values())[:place])
            parts.append(f'{said} p AS person FROM unnest(r."{name}") p{others}')
        else:
            parts.append(f'{said} r."{name}" AS person')
    for appointing, appoints in _appointing(dictionary):
        if rule.kind in appoints.scopes:
            parts.append(_appointed(table_name(appointing.name), appoints, rule.kind))
    if not parts:
        return "'[]'::jsonb"
    return (
        "coalesce((SELECT jsonb_agg(jsonb_build_object('role', role, 'person', 'teacher/' ||"
        " person) ORDER BY place, role, person) FROM (SELECT role, person, min(place) AS place"
        f" FROM ({' UNION ALL '.join(parts)}) named WHERE person <> '' GROUP BY role, person) o),"
        " '[]'::jsonb)"
    )


def _distinct(names: Sequence[str]) -> str:
    """Return that somebody in a list is none of those whom other fields name."""
    conditions = [f'p IS DISTINCT FROM r."{name}"' for name in names]
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _appointed(table: str, appoints: AppointRule, kind: str) -> str:
    names = list(appoints.scopes)
    nearer = "".join(
        f' AND a."{appoints.scopes[each]}" IS NULL' for each in names[: names.index(kind)]
    )
    return (
        f'SELECT 99, a."{appoints.role}", a."{appoints.person}" FROM "{table}" a'
        f' WHERE a.deleted_at IS NULL AND a."{appoints.scopes[kind]}" = r.key{nearer}'
        f' AND a."{appoints.role}" IS NOT NULL AND a."{appoints.valid_from}" <= :today'
        f' AND (a."{appoints.valid_to}" IS NULL OR a."{appoints.valid_to}" > :today)'
    )
