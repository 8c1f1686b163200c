"""Read models of quality: results as they stand, their history, scores, feeds."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Literal

from datahub.ingest.repository.aside import EACH_REASON
from datahub.quality.domain.rule import score_of
from shared.kit.database import Transaction
from shared.kit.sql import text

By = Literal["entity", "source", "field"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The part of a list that is wanted."""

    limit: int
    offset: int
    after: str | None
    """Id of the last row of the page before; None on the first page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which results are wanted; None stands for any."""

    entity: str | None = None
    source: str | None = None
    feed: str | None = None
    status: str | None = None


_RULES: Final = (
    "FROM quality_rule WHERE in_force AND (CAST(:entity AS text) IS NULL OR entity = :entity)"
    " AND (CAST(:kind AS text) IS NULL OR document ->> 'kind' = :kind)"
)


async def list_rules(
    tx: Transaction, window: Window, entity: str | None, kind: str | None
) -> list[dict[str, Any]]:
    """Return the rules in force."""
    rows = await tx.session.execute(
        text(
            f"SELECT id AS rule, version, entity, origin, document, saved_at {_RULES}"
            " AND (CAST(:after AS text) IS NULL OR id > :after)"
            " ORDER BY id LIMIT :limit OFFSET :offset"
        ),
        {**asdict(window), "entity": entity, "kind": kind},
    )
    return [dict(row) for row in rows.mappings()]


async def count_rules(tx: Transaction, entity: str | None, kind: str | None) -> int:
    """Return how many rules are in force."""
    found = await tx.session.scalar(
        text(f"SELECT count(*) {_RULES}"), {"entity": entity, "kind": kind}
    )
    return int(found or 0)


_NEWEST: Final = (
    "(SELECT DISTINCT ON (entity) id, entity, reason, watermark, finished_at FROM quality_run"
    " ORDER BY entity, id DESC)"
)
_RESULTS: Final = (
    f"FROM quality_result q JOIN {_NEWEST} n ON n.id = q.run"
    " JOIN quality_rule r ON r.id = q.rule AND r.in_force"
    " WHERE (CAST(:entity AS text) IS NULL OR n.entity = :entity)"
    " AND (CAST(:source AS text) IS NULL OR q.source = :source)"
    " AND (CAST(:feed AS text) IS NULL OR q.feed = :feed)"
    " AND (CAST(:status AS text) IS NULL OR q.status = :status)"
)
_COLUMNS: Final = (
    "q.rule, q.rule_version, q.kind, q.severity, nullif(q.feed, '') AS feed,"
    " nullif(q.source, '') AS source, q.fields, q.checked, q.failed, q.observed::text, q.status,"
    " q.reason, q.run"
)


async def list_results(tx: Transaction, window: Window, which: Which) -> list[dict[str, Any]]:
    """Return what the newest run of each entity found."""
    rows = await tx.session.execute(
        text(
            f"SELECT q.rule || '|' || q.feed AS id, n.entity, {_COLUMNS}, n.reason AS run_reason,"
            f" n.watermark, n.finished_at AS evaluated_at {_RESULTS}"
            " AND (CAST(:after AS text) IS NULL OR q.rule || '|' || q.feed > :after)"
            " ORDER BY q.rule || '|' || q.feed LIMIT :limit OFFSET :offset"
        ),
        {**asdict(window), **asdict(which)},
    )
    return [_scored(dict(row)) for row in rows.mappings()]


async def count_results(tx: Transaction, which: Which) -> int:
    """Return how many results the newest runs have."""
    found = await tx.session.scalar(text(f"SELECT count(*) {_RESULTS}"), asdict(which))
    return int(found or 0)


_HISTORY: Final = (
    "FROM quality_result q JOIN quality_run u ON u.id = q.run"
    " WHERE q.rule = :rule AND q.feed = :feed"
)


async def list_history(
    tx: Transaction, rule: str, feed: str, *, limit: int, offset: int, before: int | None
) -> list[dict[str, Any]]:
    """Return what the runs found for a rule, newest first."""
    rows = await tx.session.execute(
        text(
            f"SELECT {_COLUMNS}, u.finished_at AS evaluated_at {_HISTORY}"
            " AND (CAST(:before AS bigint) IS NULL OR q.run < :before)"
            " ORDER BY q.run DESC LIMIT :limit OFFSET :offset"
        ),
        {"rule": rule, "feed": feed, "limit": limit, "offset": offset, "before": before},
    )
    return [_scored(dict(row)) for row in rows.mappings()]


async def count_history(tx: Transaction, rule: str, feed: str) -> int:
    """Return how many runs are known for a rule."""
    found = await tx.session.scalar(
        text(f"SELECT count(*) {_HISTORY}"), {"rule": rule, "feed": feed}
    )
    return int(found or 0)


def _scored(row: dict[str, Any]) -> dict[str, Any]:
    score = score_of(int(row["checked"]), int(row["failed"]))
    return {**row, "score": None if score is None else str(score)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Which scores are wanted; None stands for any."""

    entity: str | None
    source: str | None
    field: str | None
    first: date
    last: date
    by: By


async def list_scores(tx: Transaction, wanted: Scored) -> list[dict[str, Any]]:
    """Return pooled scores by day, newest first: what the last run of each day found.

    Over all sources each record counts once; by source it counts for each that writes the field.
    Rules of severity ``info`` are not in it.
    """
    is_by_source = wanted.by == "source" or wanted.source is not None
    has_field = wanted.by == "field" or wanted.field is not None
    groups = {"day": "l.day", "entity": "l.entity"}
    if is_by_source:
        groups["source"] = "q.source"
    if has_field:
        groups["field"] = "f.name"
    fields = "CROSS JOIN LATERAL unnest(q.fields) AS f(name)" if has_field else ""
    only = " AND (CAST(:field AS text) IS NULL OR f.name = :field)" if has_field else ""
    rows = await tx.session.execute(
        text(
            f"SELECT {', '.join(f'{sql} AS {name}' for name, sql in groups.items())},"
            " sum(q.checked)::bigint AS checked, sum(q.failed)::bigint AS failed,"
            " count(DISTINCT q.rule) AS rules,"
            " count(DISTINCT q.rule) FILTER (WHERE q.status = 'failed') AS rules_failed,"
            " count(DISTINCT q.rule) FILTER (WHERE q.status = 'error') AS rules_in_error"
            " FROM (SELECT DISTINCT ON (entity, day) id, entity, day FROM quality_run"
            "  WHERE day BETWEEN :first AND :last"
            "  AND (CAST(:entity AS text) IS NULL OR entity = :entity)"
            "  ORDER BY entity, day, id DESC) l JOIN quality_result q ON q.run = l.id"
            f" {fields} WHERE q.severity <> 'info' AND (q.feed <> '') = :is_by_source"
            f" AND (CAST(:source AS text) IS NULL OR q.source = :source){only}"
            f" GROUP BY {', '.join(groups.values())}"
            f" ORDER BY l.day DESC, {', '.join(list(groups.values())[1:])}"
        ),
        {**asdict(wanted), "is_by_source": is_by_source},
    )
    return [_scored(dict(row)) for row in rows.mappings()]


async def list_feeds(tx: Transaction) -> list[dict[str, Any]]:
    """Return every feed as a data steward sees it."""
    rows = await tx.session.execute(text(_FEEDS))
    found = []
    for row in rows.mappings():
        feed = dict(row)
        checked, failed = int(feed.pop("checked") or 0), int(feed.pop("failed") or 0)
        late = {name: feed.pop(name) for name in ("expected_at", "level", "late_by_seconds")}
        feed["delivery"] = late if late["expected_at"] else None
        feed["quality"] = _scored({"checked": checked, "failed": failed})
        feed["refused"] = _refused(feed.pop("refused_at"), feed.pop("refused"))
        found.append(feed)
    return found


def _refused(refused_at: Any, rules: Any) -> dict[str, Any] | None:
    return None if refused_at is None else {"at": refused_at, "rules": rules}


_FEEDS: Final = f"""
    SELECT f.id AS feed, f.source, f.entity, f.document -> 'rhythm' AS rhythm,
           (SELECT to_jsonb(b) FROM (
              SELECT id AS batch, channel, mode, received, created, updated, deleted, unchanged,
                     quarantined, parked, rejected, duplicate, started_at, finished_at
                FROM batch WHERE feed = f.id AND channel <> 'replay'
               ORDER BY id DESC LIMIT 1) b) AS last_batch,
           w.expected_at, w.level,
           CASE WHEN w.level IS NOT NULL
                THEN extract(epoch FROM clock_timestamp() - w.expected_at)::bigint
           END AS late_by_seconds,
           s.checked, s.failed, coalesce(q.causes, '[]') AS quarantine, d.drift,
           w.refused_at, w.refused, f.retired_at
      FROM feed f
      LEFT JOIN feed_watch w ON w.feed = f.id
      LEFT JOIN (
        SELECT q.feed, sum(q.checked) AS checked, sum(q.failed) AS failed
          FROM quality_result q JOIN {_NEWEST} n ON n.id = q.run
         WHERE q.feed <> '' AND q.severity <> 'info' GROUP BY q.feed) s ON s.feed = f.id
      LEFT JOIN (
        SELECT feed, jsonb_agg(jsonb_build_object('verdict', verdict, 'code', code, 'rows', n,
               'oldest_at', oldest_at) ORDER BY n DESC, verdict, code) AS causes
          FROM (SELECT q.feed, q.verdict, r.code, count(DISTINCT q.id) AS n,
                       min(q.put_aside_at) AS oldest_at
                  FROM quarantined_row q, {EACH_REASON} r WHERE q.released_at IS NULL
                 GROUP BY 1, 2, 3) c GROUP BY feed) q ON q.feed = f.id
      LEFT JOIN LATERAL (
        SELECT p.drift || jsonb_build_object('batch', p.batch, 'seen_at', p.seen_at) AS drift
          FROM feed_profile p WHERE p.feed = f.id AND p.drift IS NOT NULL
         ORDER BY p.batch DESC LIMIT 1) d ON true
     ORDER BY f.id
"""
