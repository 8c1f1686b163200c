"""The one way into the canonical tables: to staging, then one MERGE.

The MERGE writes the rows, and in the same statement the change log from its RETURNING: a row
that did not change costs neither. Writers of one entity take turns (advisory lock), which
MERGE needs and which makes the order of change sets the order of commits. A push that is
older than what its feed, or a feed that writes the same fields, said before changes nothing; what
a feed of other fields said later is no reason to drop it. So that this holds whatever overtakes
what, every push leaves its instant: one that says again what is known raises it, and a deletion
leaves a tombstone also of a record that has not come yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import asyncpg
import msgspec
import polars as pl

from datahub.dictionary.domain.entity import EXT, Entity
from datahub.dictionary.tables import SQL_TYPES, table_name
from datahub.ingest.domain.columns import KEY, RAW
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.leaving_out import LEFT_OUT
from datahub.ingest.domain.reading import LINE
from datahub.ingest.domain.summing import WEIGHT
from datahub.ingest.domain.survivorship import Contest, Policy
from datahub.ingest.repository import claims, filling
from datahub.ingest.repository.claims import Said
from datahub.ingest.repository.merging import Merging
from datahub.locks import Space
from shared.kit.database import Transaction
from shared.kit.sql import text

SMALL: Final = 5_000
"""Below this, the planner is told to go by index: on a bloated staging table it once chose a
hash join over 23 million rows, 14 s instead of 0.3 s; and for one record of an entity that several
systems write it read all records, once for each of their feeds."""

MAX_LEFT: Final = 1 << 20
"""Bytes that rows may leave behind in a staging table. To empty it at every commit costs more than
all that is done with one row, and each table that a connection ever staged in costs it again."""

_BY_INDEX: Final = {
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "plan_cache_mode": "force_generic_plan",
}
"""How the planner is told. There is one way to go then, so it is planned once a connection and not
with every statement; what many rows are merged by is another way, and is planned each time."""

OBSERVED: Final = filling.OBSERVED

_SEEN_GONE: Final = "jsonb_build_object('', s.h8_observed)"
"""Under no feed's name: a deletion ends what every feed said before, for ever."""

_GONE: Final = (
    "deleted_at = clock_timestamp(), version = t.version + 1, observed = s.h8_observed,"
    f" seen = {_SEEN_GONE}, batch = $1, line = s.h8_line"
)


@dataclass(frozen=True, slots=True)
class Merged:
    """What a MERGE did, in source rows."""

    created: int
    updated: int
    unchanged: int
    standing: Mapping[str, "Standing"] = field(default_factory=dict)
    """By key how the records stand, where it was asked."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a record stands after a transaction wrote it, or would have."""

    version: int
    is_changed: bool
    is_new: bool


_GO_BY_INDEX: Final = "; ".join(f"SET LOCAL {name} = {to}" for name, to in _BY_INDEX.items())
_TELL: Final = "".join(f"set_config('{name}', '{to}', true), " for name, to in _BY_INDEX.items())
_TOLD: Final = "planner told"


async def go_by_index(tx: Transaction) -> None:
    """Tell the planner to go by index until the commit, unless it was told."""
    if _TOLD not in tx.session.info:
        await (await tx.driver()).execute(_GO_BY_INDEX)
        tx.session.info[_TOLD] = True


async def lock_entities(tx: Transaction, entities: Sequence[str], *, few: bool = False) -> None:
    """Wait for the turn to write records of these entities; held until the commit.

    Args:
        few: few records are written, so that the planner is told to go by index, too.
    """
    held: set[str] = tx.session.info.setdefault("locked entities", set())
    wanted = sorted(set(entities) - held)
    if wanted:
        # One after the other in the order of their names, as everybody does: no deadlock.
        await (await tx.driver()).execute(
            f"SELECT set_config('statement_timeout', '10min', true), {_TELL if few else ''}"
            f" pg_advisory_xact_lock({Space.ENTITY}, hashtext(entity))"
            " FROM unnest($1::text[]) AS entity",
            wanted,
        )
        if few:
            tx.session.info[_TOLD] = True
        held.update(wanted)


async def observed_now(tx: Transaction) -> int:
    """Return the database's clock in microseconds since 1970."""
    instant: int = await (await tx.driver()).fetchval(
        "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    )
    return instant


async def campus_day(tx: Transaction) -> date:
    """Return the present day on the campus, by the database's clock."""
    day: date = await tx.session.scalar(
        text("SELECT (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date")
    )
    return day


def _emptied(stage: str, rows: int) -> str:
    """Return what empties a staging table for so many rows, and tells the planner of them.

    A truncation makes the connection forget the plans that it knows.
    """
    if rows < SMALL:
        return f'DELETE FROM "{stage}"; {_GO_BY_INDEX}'
    return f'TRUNCATE "{stage}"; SET LOCAL plan_cache_mode = force_custom_plan'


def spoken_under(contest: Contest) -> tuple[str, ...]:
    """Return under which names a record keeps instants that a push must not be older than."""
    return ("", claims.silence_of(contest.source), *contest.rivals)


def stage_name(entity: Entity) -> str:
    """Return the name of the table in which rows of an entity wait to take effect."""
    return f"stage_{entity.name}"


class Staging:
    """Canonical rows on their way into one entity's table.

    The temporary table belongs to the connection; whoever fills it empties it first.

    Args:
        feed: whose rows they are; without mappings where keys alone are staged.
        contest: whom the feed shares its entity with.
    """

    def __init__(self, connection: "asyncpg.Connection[Any]", feed: Feed, contest: Contest) -> None:
        self._connection = connection
        self._entity = feed.entity
        self._targets = list(feed.targets) if feed.mappings else []
        self._written = [*feed.written, *([EXT] if feed.keeps_unknown else [])]
        self._ext = feed.ext
        self._feed = feed.id
        self._contest = contest
        self._stage = stage_name(feed.entity)
        self._table = table_name(feed.entity.name)
        words = spoken_under(contest)
        self._merging = Merging(feed.entity, tuple(self._targets), self._stage, words)

    async def is_contested(self) -> bool:
        """Whether other systems, which write some of the feed's fields, speak of staged records."""
        if not self._contest.fields:
            return False
        return await claims.is_contested(self._connection, self._stage, self._contest)

    async def settle(self, batch: int, policy: Policy) -> None:
        """Keep what the staged rows say beside what others said, and let them say what is believed.

        Args:
            policy: whose word is believed of fields that several systems write.
        """
        await claims.keep(self._connection, self._stage, Said(batch, self._contest))
        await claims.decide(self._connection, self._stage, self._contest, policy)

    async def load(self, rows: pl.DataFrame) -> None:
        """Fill the staging table with canonical rows (text columns, as the mapping made them)."""
        fields = self._entity.fields.values()
        types = {each.name: SQL_TYPES[each.type] for each in fields}
        columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
        await self._connection.execute(
            f'CREATE TEMP TABLE IF NOT EXISTS "{self._stage}"'
            f" ({filling.PLUMBING_COLUMNS}, {columns}); {_emptied(self._stage, rows.height)}"
        )
        for each in self._ext:
            # The connection may have had the table since before the field was declared.
            await self._connection.execute(
                f'ALTER TABLE "{self._stage}" ADD COLUMN IF NOT EXISTS "{each.name}" text'
            )
        if rows.height == 0:
            return
        left = [LEFT_OUT] if LEFT_OUT in rows.columns else []
        written = self._written if self._targets else []
        staged = rows[[KEY, LINE, OBSERVED, WEIGHT, RAW, *left, *written]]
        types |= dict.fromkeys((each.name for each in self._ext), "text")
        await filling.fill(self._connection, self._stage, staged, types)
        if left:
            await self._fill_in(rows[LEFT_OUT])
        if self._ext:
            await self._gather_ext()

    async def _gather_ext(self) -> None:
        """Put the fields of the college into their column, typed; what a row leaves out is not."""
        pairs = " || ".join(
            f"CASE WHEN '{each.name}' = ANY(h8_left_out) THEN '{{}}' ELSE jsonb_build_object("
            f"'{each.name.removeprefix(f'{EXT}.')}',"
            f' to_jsonb(CAST("{each.name}" AS {SQL_TYPES[each.type]}))) END'
            for each in self._ext
        )
        await self._connection.execute(
            f"UPDATE \"{self._stage}\" SET {EXT} = coalesce({EXT}, '{{}}') || {pairs}"
        )

    async def _fill_in(self, left_out: pl.Series) -> None:
        """Let fields that rows leave out be what they are in the records."""
        names = {name for text in left_out.drop_nulls().unique() for name in text[1:-1].split(",")}
        sets = ", ".join(
            f'"{name}" = CASE WHEN \'{name}\' = ANY(s.h8_left_out) THEN t."{name}"'
            f' ELSE s."{name}" END'
            for name in self._targets
            if name in names
        )
        if sets:
            await self._connection.execute(
                f'UPDATE "{self._stage}" s SET {sets} FROM "{self._table}" t'
                " WHERE t.key = s.h8_key AND t.deleted_at IS NULL AND s.h8_left_out IS NOT NULL"
            )

    async def take_out(self, *, existing: bool) -> list[int]:
        """Remove rows whose record exists (or does not); return their lines."""
        rows = await self._connection.fetch(
            f'DELETE FROM "{self._stage}" s WHERE {"" if existing else "NOT "}EXISTS (SELECT FROM'
            f' "{self._table}" t WHERE t.key = s.h8_key AND t.deleted_at IS NULL)'
            " RETURNING s.h8_line AS line"
        )
        return [row["line"] for row in rows]

    async def take_out_lines(self, lines: Sequence[int]) -> None:
        """Remove the rows of some lines."""
        if lines:
            await self._connection.execute(
                f'DELETE FROM "{self._stage}" WHERE h8_line = ANY($1::bigint[])', lines
            )

    async def merge(self, batch: int, correlation: str | None, *, tells: bool = False) -> Merged:
        """Write the staged rows, their change log and their change set; the feed's fields only.

        Args:
            tells: whether it is asked how each record stands afterwards.
        """
        row = await self._connection.fetchrow(
            self._merging.sql(tells=tells), batch, self._feed, self._contest.source, correlation
        )
        assert row is not None
        await self._tidy(row["left"])
        changed = row["created"] + row["updated"]
        told = msgspec.json.decode(row["standing"] or "[]") if tells else []
        return Merged(
            row["created"],
            row["updated"],
            row["staged"] - changed,
            {key: Standing(*how) for key, *how in told},
        )

    async def drop_unfounded(self, batch: int, change_set: int) -> None:
        """Turn aggregated records into tombstones that no document gives anything any more."""
        unfounded = (
            "s.h8_weight = 0 AND NOT EXISTS"
            " (SELECT FROM aggregate_part p WHERE p.feed = {feed} AND p.key = s.h8_key)"
        )
        gone = f"""
            UPDATE "{self._table}" t SET {_GONE} FROM "{self._stage}" s
             WHERE t.key = s.h8_key AND t.deleted_at IS NULL AND s.h8_observed >= t.observed
               AND {unfounded.format(feed="$3")}
        """
        await self._log_gone(gone, batch, change_set, self._feed)
        await self._connection.execute(
            f'DELETE FROM "{self._stage}" s WHERE {unfounded.format(feed="$1")}', self._feed
        )

    async def delete(self, batch: int, change_set: int) -> int:
        """Turn the staged keys into tombstones; return how many records that were."""
        gone = f"""
            MERGE INTO "{self._table}" t USING "{self._stage}" s ON t.key = s.h8_key
            WHEN MATCHED AND t.deleted_at IS NULL AND s.h8_observed >= t.observed THEN
              UPDATE SET {_GONE}
            WHEN MATCHED AND t.deleted_at IS NOT NULL AND s.h8_observed > t.observed THEN
              UPDATE SET observed = s.h8_observed, seen = {_SEEN_GONE}
            WHEN NOT MATCHED THEN
              INSERT (key, version, observed, seen, batch, line, deleted_at)
              VALUES (s.h8_key, 0, s.h8_observed, {_SEEN_GONE}, $1, s.h8_line, clock_timestamp())
        """
        deleted, left = await self._log_gone(gone, batch, change_set)
        await self._tidy(left)
        return deleted

    async def _tidy(self, left: int) -> None:
        """Empty the staging table where much is left in it."""
        if left > MAX_LEFT:
            await self._connection.execute(f'TRUNCATE "{self._stage}"')

    async def withdraw(self) -> list[tuple[Any, ...]]:
        """Take out, and return, deletions that end a system's word and not the record."""
        contest = self._contest
        if not contest.others or contest.is_leading:
            return []
        return await claims.take_out_held(self._connection, self._stage, contest)

    async def say_nothing(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Stage rows that say nothing of any field."""
        await self._connection.execute(f'TRUNCATE "{self._stage}"')
        await self._connection.copy_records_to_table(
            self._stage,
            records=[(*row, 1, "{}") for row in rows],
            columns=["h8_key", "h8_line", "h8_observed", "h8_weight", EXT],
        )
        if self._ext:
            await self._gather_ext()

    async def forget(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Note that the system of the feed holds records no more."""
        await claims.forget(self._connection, self._contest, rows)

    async def _log_gone(self, gone: str, *values: object) -> tuple[int, int]:
        """Run a statement that makes tombstones and log those that were records.

        Returns:
            how many that are, and how many bytes are staged.
        """
        row = await self._connection.fetchrow(
            f"""
            WITH gone AS (
              {gone} RETURNING new.key, new.version, {self._all_before()} AS before,
                old.key IS NOT NULL AND old.deleted_at IS NULL AS was_there
            ), logged AS (
              INSERT INTO change (change_set, ordinal, key, op, version, fields, before)
              SELECT $2, row_number() OVER () - 1, key, 'delete', version, NULL, before
                FROM gone WHERE was_there
            ), forgotten AS (
              DELETE FROM claim c USING gone g
               WHERE c.entity = '{self._entity.name}' AND c.key = g.key
            )
            SELECT count(*) AS gone, pg_table_size('"{self._stage}"') AS left
              FROM gone WHERE was_there
            """,
            *values,
        )
        assert row is not None
        return row["gone"], row["left"]

    def _all_before(self) -> str:
        names = [*self._entity.fields, EXT]
        pairs = ", ".join(f"'{name}', old.\"{name}\"" for name in names)
        return f"jsonb_build_object({pairs})"


async def versions_of(tx: Transaction, entity: Entity, keys: Sequence[str]) -> dict[str, int]:
    """Return the version of each of some records that are there."""
    rows = await tx.session.execute(
        text(
            f'SELECT key, version FROM "{table_name(entity.name)}"'
            " WHERE key = ANY(:keys) AND deleted_at IS NULL"
        ),
        {"keys": list(keys)},
    )
    return {row.key: row.version for row in rows}
