"""The one statement by which staged rows become records and leave their trace in the change log."""

from dataclasses import dataclass
from typing import Final

from datahub.dictionary.domain.entity import EXT, Entity
from datahub.dictionary.tables import table_name

_CHANGED: Final = "(old.version IS DISTINCT FROM new.version)"
_GOES_ON: Final = f"({_CHANGED} AND merge_action() = 'UPDATE' AND old.deleted_at IS NULL)"

_SEEN: Final = "jsonb_build_object($2::text, s.h8_observed)"
_RAISED: Final = (
    "observed = greatest(t.observed, s.h8_observed),"
    f" seen = coalesce(t.seen, '{{}}'::jsonb) || {_SEEN}"
)

_BOTH_RAW: Final = "coalesce(t.raw || s.h8_raw, t.raw, s.h8_raw)"


@dataclass(frozen=True, slots=True)
class Merging:
    """How the staged rows of a feed are written."""

    entity: Entity
    targets: tuple[str, ...]
    """Columns that are written."""

    stage: str
    words: tuple[str, ...]
    """Under which names a record keeps instants that a push must not be older than."""

    head: str = ""
    """Steps of the statement in which the rows and their ``absent`` parents are found, where no
    table holds them."""

    def sql(self, *, tells: bool) -> str:
        """Return the statement; its parameters are batch, feed, source and correlation.

        What changed is a change set, numbered under the entity's lock: their ids follow commits.

        Args:
            tells: whether it returns how each staged record stands afterwards.
        """
        return f"""
            WITH {self.head} made AS MATERIALIZED (
              SELECT nextval(pg_get_serial_sequence('change_set', 'id')) AS id
            ), merged AS (
              {self._merge()}
            ), logged AS (
              INSERT INTO change (change_set, ordinal, key, op, version, fields, before)
              SELECT made.id, row_number() OVER () - 1, key, 'upsert', version, fields, before
                FROM merged, made WHERE changed
            ), closed AS (
              INSERT INTO change_set (id, batch, source, entity, rows, correlation)
              OVERRIDING SYSTEM VALUE
              SELECT made.id, $1, $3::text, '{self.entity.name}', count(*), $4::text
                FROM merged, made WHERE changed GROUP BY made.id
            )
            SELECT coalesce(sum(weight) FILTER (WHERE changed AND NOT goes_on), 0)::bigint
                     AS created,
                   coalesce(sum(weight) FILTER (WHERE goes_on), 0)::bigint AS updated,
                   (SELECT coalesce(sum(h8_weight), 0)::bigint FROM "{self.stage}") AS staged,
                   {self._beside()}
                   {self._standing() if tells else ""}
              FROM merged
        """

    def _beside(self) -> str:
        """Return what is told besides: how large the staging table is, or who is absent."""
        if not self.head:
            return f"pg_table_size('\"{self.stage}\"') AS left"
        return "(SELECT json_agg(json_build_array(a.place, a.key))::text FROM absent a) AS absent"

    def _merge(self) -> str:
        names = [f'"{name}"' for name in self.targets]
        values = ", ".join(
            f"nullif(jsonb_strip_nulls(s.{EXT}), '{{}}')" if name == EXT else f's."{name}"'
            for name in self.targets
        )
        new = ", ".join(self._new(name) for name in self.targets)
        own = ", ".join(f"t.{name}" for name in names)
        return f"""
              MERGE INTO "{table_name(self.entity.name)}" t USING "{self.stage}" s
                 ON t.key = s.h8_key
              WHEN MATCHED AND s.h8_observed >= {self._last_said()}
                   AND (t.deleted_at IS NOT NULL OR ({own}) IS DISTINCT FROM ({new})) THEN
                UPDATE SET {self._set_sql()}
              WHEN MATCHED AND s.h8_observed > {self._last_said()} THEN
                UPDATE SET {_RAISED}
              WHEN NOT MATCHED THEN
                INSERT (key, {", ".join(names)}, raw, version, observed, seen, batch, line)
                VALUES (s.h8_key, {values}, s.h8_raw, 1, s.h8_observed, {_SEEN},
                        $1, s.h8_line)
              RETURNING {self._log_sql()}
        """

    def _standing(self) -> str:
        """Return how each staged record stands: as it was merged, or as it was before."""
        return f"""
            , (SELECT json_agg(json_build_array(
                        s.h8_key, coalesce(m.version, t.version), coalesce(m.changed, false),
                        coalesce(m.changed AND NOT m.goes_on, false)))::text
                 FROM "{self.stage}" s LEFT JOIN merged m ON m.key = s.h8_key
                 LEFT JOIN "{table_name(self.entity.name)}" t
                   ON m.key IS NULL AND t.key = s.h8_key AND t.deleted_at IS NULL
                WHERE m.key IS NOT NULL OR t.key IS NOT NULL) AS standing
        """

    def _last_said(self) -> str:
        """Return the instant that a push must not be older than; of a deleted record, anybody's."""
        each = ", ".join(f"(t.seen ->> '{name}')::bigint" for name in self.words)
        return (
            f"CASE WHEN t.deleted_at IS NULL AND t.seen IS NOT NULL"
            f" THEN coalesce(greatest({each}), 0) ELSE t.observed END"
        )

    def _new(self, name: str) -> str:
        """Return what a target becomes: what other feeds keep beside a live record stays."""
        if name != EXT:
            return f's."{name}"'
        kept = f"coalesce(CASE WHEN t.deleted_at IS NULL THEN t.{EXT} END, '{{}}')"
        return f"nullif(jsonb_strip_nulls({kept} || s.{EXT}), '{{}}')"

    def _set_sql(self) -> str:
        """Return what an update sets; a record that comes back after its deletion is a new one."""
        columns = [*self.entity.fields, EXT]
        others = [name for name in columns if name not in self.targets]
        sets = [
            *(f'"{name}" = {self._new(name)}' for name in self.targets),
            *(f'"{name}" = CASE WHEN t.deleted_at IS NULL THEN t."{name}" END' for name in others),
            f"raw = CASE WHEN t.deleted_at IS NULL THEN {_BOTH_RAW} ELSE s.h8_raw END",
            "version = t.version + 1",
            _RAISED,
            "batch = $1",
            "line = s.h8_line",
            "deleted_at = NULL",
        ]
        return ", ".join(sets)

    def _log_sql(self) -> str:
        """Return which fields changed and what they were; null for a record that is new."""
        changed = ", ".join(
            f'CASE WHEN old."{name}" IS DISTINCT FROM new."{name}" THEN \'{name}\' END'
            for name in self.targets
        )
        before = ", ".join(f"'{name}', old.\"{name}\"" for name in self.targets)
        return (
            f"{_CHANGED} AS changed, {_GOES_ON} AS goes_on, new.key, new.version,"
            " s.h8_weight AS weight,"
            f" CASE WHEN {_GOES_ON} THEN array_remove(ARRAY[{changed}]::text[], NULL) END"
            " AS fields,"
            f" CASE WHEN {_GOES_ON} THEN jsonb_build_object({before}) END AS before"
        )
