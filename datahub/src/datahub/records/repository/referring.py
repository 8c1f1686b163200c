"""Fields of records that keep their own key name the new keys of those that moved.

A field holds one key or a list of them, in a column of its own or in what the college added. What
source systems said of it follows, so that nobody's word brings the old key back.
"""

from typing import Final

from datahub.dictionary.domain.entity import EXT
from datahub.dictionary.tables import table_name
from datahub.records.domain.rekeying import Follower
from shared.kit.database import Transaction
from shared.kit.sql import text

_MOVED: Final = "h8_move m WHERE m.step = :before"
_OLD: Final = f"ARRAY(SELECT old_key FROM {_MOVED})"


async def refer(tx: Transaction, before: int, follower: Follower, change_set: int) -> None:
    """Let a field of records that keep their key name the new keys of a step, and log it."""
    column = follower.name.partition(".")[0]
    holds, value = _renamed(follower)
    await tx.session.execute(
        text(
            "WITH changed AS ("
            f' UPDATE "{table_name(follower.entity.name)}" r SET "{column}" = {value},'
            f" version = r.version + 1 WHERE {holds}{_meant(follower)} AND r.deleted_at IS NULL"
            f' RETURNING new.key, new.version, old."{column}" AS before'
            ") INSERT INTO change (change_set, ordinal, key, op, version, fields, before)"
            " SELECT CAST(:change_set AS bigint), row_number() OVER (ORDER BY key) - 1, key,"
            " 'upsert', version,"
            " ARRAY[CAST(:column AS text)], jsonb_build_object(CAST(:column AS text), before)"
            " FROM changed"
        ),
        {"before": before, "change_set": change_set, "column": column},
    )
    await _claim(tx, before, follower)


async def _claim(tx: Transaction, before: int, follower: Follower) -> None:
    said = f"'{{{follower.name},value}}'"
    holds, value = _renamed_json("c.said", said, is_list=follower.is_list)
    if meant := _meant(follower):
        rows = f'FROM "{table_name(follower.entity.name)}" r WHERE r.key = c.key'
        holds = f"{holds} AND EXISTS (SELECT {rows}{meant})"
    await tx.session.execute(
        text(f"UPDATE claim c SET said = {value} WHERE c.entity = :entity AND {holds}"),
        {"before": before, "entity": follower.entity.name},
    )


def _meant(follower: Follower) -> str:
    """Return the SQL of whether the keys of a row are those of the entity that moved."""
    if follower.field.keys_of is None:
        return ""
    words = ", ".join(f"'{word}'" for word in follower.words)
    return f' AND r."{follower.field.keys_of.by}" = ANY(ARRAY[{words}])'


def _renamed(follower: Follower) -> tuple[str, str]:
    """Return the SQL of whether a row holds an old key, and of what its column becomes."""
    name = follower.field.name
    if follower.is_own:
        return _renamed_json(f"r.{EXT}", f"'{{{name}}}'", is_list=follower.is_list)
    if follower.is_list:
        each = (
            "SELECT coalesce(m.new_key, e.key) FROM"
            f' unnest(r."{name}") WITH ORDINALITY e(key, place) {_joined("e.key")}'
        )
        return f'r."{name}" && {_OLD}', f"ARRAY({each} ORDER BY e.place)"
    return _renamed_one(f'r."{name}"')


def _renamed_json(column: str, path: str, *, is_list: bool) -> tuple[str, str]:
    """Return the same of a place inside a JSON column."""
    if not is_list:
        holds, value = _renamed_one(f"{column} #>> {path}")
        return holds, f"jsonb_set({column}, {path}, to_jsonb({value}))"
    # Only there is it known to be a list.
    listed = f"jsonb_typeof({column} #> {path}) = 'array' AND {column} #> {path} ?| {_OLD}"
    each = (
        "SELECT jsonb_agg(coalesce(m.new_key, e.key) ORDER BY e.place) FROM"
        f" jsonb_array_elements_text({column} #> {path}) WITH ORDINALITY e(key, place)"
        f" {_joined('e.key')}"
    )
    return listed, f"jsonb_set({column}, {path}, ({each}))"


def _renamed_one(key: str) -> tuple[str, str]:
    return f"{key} = ANY({_OLD})", f"(SELECT m.new_key FROM {_MOVED} AND m.old_key = {key})"


def _joined(key: str) -> str:
    return f"LEFT JOIN h8_move m ON m.step = :before AND m.old_key = {key}"
