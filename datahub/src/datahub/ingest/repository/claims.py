"""What each source system says of fields that several write, and which of them is believed.

Of a field the claims keep what each system said last: the value, when, with which feed, batch and
line, and the source's text. The last word of a system that has no value any more is null. They
are kept for fields that several systems write, of records of which several have spoken, and for
nothing else.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from datahub.dictionary.domain.entity import EXT, Entity, is_ext
from datahub.dictionary.tables import table_name
from datahub.ingest.domain.survivorship import Contest, Policy


@dataclass(frozen=True, slots=True)
class Said:
    """Under which batch, and by which feed, something is said."""

    batch: int
    contest: Contest


def value_of(row: str, name: str) -> str:
    """Return the SQL of a field's value as JSON; null where it has none."""
    if is_ext(name):
        return f"nullif({row}.{EXT} -> '{name.removeprefix(f'{EXT}.')}', 'null')"
    return f'to_jsonb({row}."{name}")'


async def is_contested(connection: Any, stage: str, contest: Contest) -> bool:
    """Return whether other systems have spoken of any staged record; of most nobody else has."""
    table = table_name(contest.entity.name)
    found: bool = await connection.fetchval(
        f"""
        SELECT EXISTS (SELECT FROM "{stage}" s JOIN claim c
                          ON c.entity = $1::text AND c.key = s.h8_key)
            OR EXISTS (SELECT FROM "{stage}" s JOIN "{table}" t
                          ON t.key = s.h8_key AND t.deleted_at IS NULL AND t.seen ?| $2::text[])
        """,
        contest.entity.name,
        list(contest.others),
    )
    return found


async def keep(connection: Any, stage: str, said: Said) -> None:
    """Keep what the staged rows say of records of which other systems have spoken, too.

    A deletion ends every word before it.
    """
    await _keep_standing(connection, stage, said.contest)
    contest = said.contest
    pairs = " || ".join(
        f"CASE WHEN '{name}' = ANY(s.h8_left_out) THEN '{{}}' ELSE jsonb_build_object('{name}',"
        f" jsonb_build_object('value', {value_of('s', name)}, 'raw', s.h8_raw -> '{name}',"
        " 'at', s.h8_observed, 'feed', $3::text, 'batch', $4::bigint, 'line', s.h8_line)) END"
        for name in contest.fields
    )
    await connection.execute(
        f"""
        INSERT INTO claim (entity, key, source, said)
        SELECT $1::text, s.h8_key, $2::text, {pairs} FROM "{stage}" s
          JOIN "{table_name(contest.entity.name)}" t ON t.key = s.h8_key AND t.deleted_at IS NULL
         WHERE s.h8_observed >= coalesce((t.seen ->> '')::bigint, 0)
           AND (t.seen ?| $5::text[] OR EXISTS (
                SELECT FROM claim c WHERE c.entity = $1::text AND c.key = s.h8_key))
         ORDER BY s.h8_key
        ON CONFLICT (entity, key, source) DO UPDATE SET said = claim.said || coalesce((
          SELECT jsonb_object_agg(e.field, e.said) FROM jsonb_each(excluded.said) e(field, said)
           WHERE (e.said ->> 'at')::bigint
                 >= coalesce((claim.said -> e.field ->> 'at')::bigint, 0)), '{{}}')
        """,
        contest.entity.name,
        contest.source,
        contest.feed,
        said.batch,
        list(contest.others),
    )


async def _keep_standing(connection: Any, stage: str, contest: Contest) -> None:
    """Keep what stands in records from before their fields were contested.

    Whose word it is the record tells: of the feeds that write the field, the one that spoke last.
    """
    values = ", ".join(f"('{name}', {value_of('t', name)})" for name in contest.fields)
    told = [
        (each.feed, each.source, name)
        for each in contest.writers
        for name in contest.fields
        if name in each.fields
    ]
    await connection.execute(
        f"""
        INSERT INTO claim (entity, key, source, said)
        SELECT $1::text, x.key, x.source, jsonb_object_agg(x.field, x.said) FROM (
          SELECT DISTINCT ON (t.key, v.field) t.key, v.field, w.source, jsonb_build_object(
                 'value', v.value, 'raw', t.raw -> v.field, 'at', (t.seen ->> w.feed)::bigint,
                 'feed', w.feed, 'batch', b.id, 'line', CASE WHEN b.id IS NOT NULL THEN t.line END
                 ) AS said
            FROM "{stage}" s
            JOIN "{table_name(contest.entity.name)}" t ON t.key = s.h8_key AND t.deleted_at IS NULL
           CROSS JOIN LATERAL (VALUES {values}) v(field, value)
            JOIN unnest($2::text[], $3::text[], $4::text[]) w(feed, source, field)
              ON w.field = v.field AND t.seen ? w.feed
            LEFT JOIN batch b ON b.id = t.batch AND b.feed = w.feed
           WHERE v.value IS NOT NULL AND t.seen ?| $5::text[] AND NOT EXISTS (
                 SELECT FROM claim c
                  WHERE c.entity = $1::text AND c.key = t.key AND c.said ? v.field)
           ORDER BY t.key, v.field, (t.seen ->> w.feed)::bigint DESC) x
         GROUP BY x.key, x.source
        ON CONFLICT (entity, key, source) DO UPDATE SET said = claim.said || excluded.said
        """,
        contest.entity.name,
        *(list(each) for each in zip(*told, strict=True)),
        list(contest.others),
    )


def _winners(keys: str, first: int) -> str:
    """Return the SELECT of ``key``, ``doc`` (believed values) and ``raws`` of some records.

    Args:
        keys: SELECT of the keys.
        first: number of the first of its parameters: entity; fields, systems and ranks of the
            policy.
    """
    entity, fields, sources, ranks = (f"${first + place}" for place in range(4))
    return f"""
        SELECT x.key, jsonb_object_agg(x.field, x.value) AS doc,
               jsonb_object_agg(x.field, x.raw) FILTER (WHERE x.raw <> 'null') AS raws
          FROM (SELECT DISTINCT ON (c.key, e.field) c.key, e.field, e.said -> 'value' AS value,
                       e.said -> 'raw' AS raw
                  FROM claim c JOIN ({keys}) k ON k.key = c.key
                 CROSS JOIN LATERAL jsonb_each(c.said) e(field, said)
                  LEFT JOIN unnest({fields}::text[], {sources}::text[], {ranks}::int[])
                       p(field, source, rank) ON p.field = e.field AND p.source = c.source
                 WHERE c.entity = {entity}
                 ORDER BY c.key, e.field, e.said -> 'value' = 'null', p.rank NULLS LAST,
                       (e.said ->> 'at')::bigint DESC, c.source) x
         GROUP BY x.key"""


def _ranked(policy: Policy) -> list[list[Any]]:
    found = policy.ranks
    return [[each[place] for each in found] for place in range(3)]


async def decide(connection: Any, stage: str, contest: Contest, policy: Policy) -> None:
    """Let the staged rows say what is believed, whoever said it."""
    plain = [name for name in contest.fields if not is_ext(name)]
    own = [name for name in contest.fields if is_ext(name)]
    sets = [f'"{name}" = p."{name}"' for name in plain]
    if own:
        pairs = ", ".join(f"'{name.removeprefix(f'{EXT}.')}', w.doc -> '{name}'" for name in own)
        sets.append(f"{EXT} = s.{EXT} || jsonb_build_object({pairs})")
    names = json.dumps(list(contest.fields))
    sets.append(
        f"h8_raw = nullif((coalesce(s.h8_raw, '{{}}') - ARRAY(SELECT jsonb_array_elements_text("
        f"'{names}'))) || coalesce(w.raws, '{{}}'), '{{}}')"
    )
    winners = _winners(f'SELECT h8_key AS key FROM "{stage}"', 1)
    await connection.execute(
        f"""
        WITH w AS MATERIALIZED ({winners})
        UPDATE "{stage}" s SET {", ".join(sets)}
          FROM w CROSS JOIN LATERAL
               jsonb_populate_record(NULL::"{table_name(contest.entity.name)}", w.doc) p
         WHERE w.key = s.h8_key
        """,
        contest.entity.name,
        *_ranked(policy),
    )


async def take_out_held(connection: Any, stage: str, contest: Contest) -> list[tuple[Any, ...]]:
    """Remove and return staged deletions of records that other systems hold, as well.

    Returns:
        key, line and instant of each.
    """
    rows = await connection.fetch(
        f"""
        DELETE FROM "{stage}" s USING "{table_name(contest.entity.name)}" t
         WHERE t.key = s.h8_key AND t.deleted_at IS NULL AND t.seen ?| $1::text[]
        RETURNING s.h8_key, s.h8_line, s.h8_observed
        """,
        list(contest.others),
    )
    return [tuple(row) for row in rows]


def silence_of(source: str) -> str:
    """Return under which name a record tells when a system took its word back."""
    return f"-{source}"


async def forget(connection: Any, contest: Contest, rows: Sequence[tuple[Any, ...]]) -> None:
    """Note that a system holds records no more: only others do."""
    feeds = [each.feed for each in contest.writers if each.source == contest.source]
    await connection.execute(
        f"""
        UPDATE "{table_name(contest.entity.name)}" t
           SET seen = t.seen - $1::text[] || jsonb_build_object($4::text, w.at)
          FROM unnest($2::text[], $3::bigint[]) w(key, at)
         WHERE t.key = w.key AND NOT EXISTS (
               SELECT FROM unnest($1::text[]) f WHERE (t.seen ->> f)::bigint > w.at)
        """,
        feeds,
        [row[0] for row in rows],
        [row[2] for row in rows],
        silence_of(contest.source),
    )


async def list_keys(connection: Any, entity: str, after: str | None, limit: int) -> list[str]:
    """Return keys of records of which claims are kept, in their order."""
    rows = await connection.fetch(
        "SELECT DISTINCT key FROM claim WHERE entity = $1 AND ($2::text IS NULL OR key > $2)"
        " ORDER BY key LIMIT $3",
        entity,
        after,
        limit,
    )
    return [row["key"] for row in rows]


def _believed(fields: Sequence[str]) -> dict[str, str]:
    """Return, by column, the SQL of what is believed; what nobody has claimed stays."""
    plain = [name for name in fields if not is_ext(name)]
    own = [name for name in fields if is_ext(name)]
    now = {
        f'"{name}"': f'CASE WHEN w.doc ? \'{name}\' THEN p."{name}" ELSE t."{name}" END'
        for name in plain
    }
    if own:
        told = " || ".join(
            f"CASE WHEN w.doc ? '{name}' THEN jsonb_build_object("
            f"'{name.removeprefix(f'{EXT}.')}', w.doc -> '{name}') ELSE '{{}}' END"
            for name in own
        )
        now[f'"{EXT}"'] = f"nullif(jsonb_strip_nulls(coalesce(t.{EXT}, '{{}}') || {told}), '{{}}')"
    return now


async def decide_again(
    connection: Any,
    entity: Entity,
    fields: Sequence[str],
    policy: Policy,
    keys: Sequence[str],
    change_set: int,
) -> int:
    """Decide records anew, and log what changes; return how many did."""
    table = table_name(entity.name)
    now = _believed(fields)
    columns = [name.strip('"') for name in now]
    changed = ", ".join(
        f'CASE WHEN old."{name}" IS DISTINCT FROM new."{name}" THEN \'{name}\' END'
        for name in columns
    )
    before = ", ".join(f"'{name}', old.\"{name}\"" for name in columns)
    found = await connection.fetchval(
        f"""
        WITH w AS MATERIALIZED ({_winners("SELECT unnest($5::text[]) AS key", 1)}), decided AS (
          UPDATE "{table}" t SET {", ".join(f"{name} = {value}" for name, value in now.items())},
                 raw = nullif((coalesce(t.raw, '{{}}') - ARRAY(SELECT jsonb_object_keys(w.doc)))
                              || coalesce(w.raws, '{{}}'), '{{}}'),
                 version = t.version + 1
            FROM w CROSS JOIN LATERAL jsonb_populate_record(NULL::"{table}", w.doc) p
           WHERE t.key = w.key AND t.deleted_at IS NULL
             AND ({", ".join(f"t.{name}" for name in now)})
                 IS DISTINCT FROM ({", ".join(now.values())})
          RETURNING new.key, new.version, array_remove(ARRAY[{changed}]::text[], NULL) AS fields,
                    jsonb_build_object({before}) AS before
        ), logged AS (
          INSERT INTO change (change_set, ordinal, key, op, version, fields, before)
          SELECT $6, row_number() OVER (ORDER BY key) - 1, key, 'upsert', version, fields, before
            FROM decided
        )
        SELECT count(*) FROM decided
        """,
        entity.name,
        *_ranked(policy),
        list(keys),
        change_set,
    )
    return int(found)
