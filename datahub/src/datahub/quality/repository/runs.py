"""Runs: what is due, and what was found.

Every run of the last day is kept, and the last run of each day before it: the trend.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from datahub.locks import Space
from shared.kit.database import Transaction
from shared.kit.sql import text

Reason = Literal["changes", "rules", "aged", "nightly", "asked"]
COALESCE_SECONDS: Final = 3.0
"""Changes that come within this time are one run."""

NIGHT_HOUR: Final = 2
_TODAY: Final = "(clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run found for a rule, over all records or for one feed."""

    rule: str
    rule_version: int
    kind: str
    severity: str
    feed: str
    source: str
    fields: tuple[str, ...]
    checked: int
    failed: int
    observed: str | None
    status: str
    reason: str | None


async def follow_changes(tx: Transaction) -> set[str] | None:
    """Move the cursor to the watermark; return the entities that changed; None: another leads."""
    last = await tx.session.scalar(
        text("SELECT last_seq FROM quality_cursor WHERE id = 1 FOR UPDATE SKIP LOCKED")
    )
    if last is None:
        return None
    now = await tx.session.scalar(text("SELECT last_seq FROM watermark WHERE id = 1"))
    if now == last:
        return set()
    entities = await tx.session.scalars(
        text(
            "SELECT DISTINCT entity FROM change_set WHERE first_seq > :last AND first_seq <= :now"
        ),
        {"last": last, "now": now},
    )
    found = set(entities)
    await tx.session.execute(
        text("UPDATE quality_cursor SET last_seq = :now WHERE id = 1"), {"now": now}
    )
    return found


async def is_night_due(tx: Transaction) -> bool:
    """Return whether the full run of this campus day is due, and note that it is under way."""
    day = await tx.session.scalar(
        text(
            f"UPDATE quality_cursor SET full_run_on = {_TODAY} WHERE id = 1"
            f" AND (full_run_on IS NULL OR (full_run_on < {_TODAY} AND extract(hour FROM"
            f" clock_timestamp() AT TIME ZONE 'Asia/Shanghai') >= {NIGHT_HOUR}))"
            " RETURNING full_run_on"
        )
    )
    return day is not None


async def list_aging(tx: Transaction) -> list[tuple[str, str, float]]:
    """Return entity, greatest age and present age in seconds of what was young enough last."""
    rows = await tx.session.execute(
        text(
            "SELECT r.entity, r.document ->> 'max_age' AS most,"
            " n.observed + extract(epoch FROM clock_timestamp() - n.finished_at) AS age"
            " FROM quality_rule r CROSS JOIN LATERAL ("
            "  SELECT q.status, q.observed, u.finished_at FROM quality_result q"
            "  JOIN quality_run u ON u.id = q.run WHERE q.rule = r.id AND q.feed = ''"
            "  ORDER BY q.run DESC LIMIT 1) n"
            " WHERE r.in_force AND r.document ->> 'kind' = 'freshness' AND n.status = 'passed'"
        )
    )
    return [(row.entity, row.most, float(row.age)) for row in rows]


async def mark_due(tx: Transaction, entities: Sequence[str], reason: Reason) -> None:
    """Note that entities are to be evaluated; each mark counts, so that none is lost."""
    if entities:
        await tx.session.execute(
            text(
                "INSERT INTO quality_due AS d (entity, reason, marks)"
                " SELECT e, :reason, 1 FROM unnest(CAST(:entities AS text[])) AS e ORDER BY e"
                " ON CONFLICT (entity) DO UPDATE SET marks = d.marks + 1, reason = CASE WHEN"
                " d.reason = 'changes' OR excluded.reason = 'asked' THEN excluded.reason"
                " ELSE d.reason END"
            ),
            {"entities": sorted(set(entities)), "reason": reason},
        )


@dataclass(frozen=True, slots=True)
class Due:
    """An entity that is to be evaluated."""

    entity: str
    reason: str
    marks: int


async def take_due(tx: Transaction, *, only_asked: bool) -> Due | None:
    """Return what was asked for, or waits longest, and nobody evaluates; None: nothing is due.

    It stays due until `finish_run`: a run that dies is done again.
    """
    rows = await tx.session.execute(
        text(
            # The lock is tried in order, and on no more than is taken: hence the inner query.
            "SELECT entity, reason, marks FROM (SELECT * FROM quality_due"
            " WHERE reason = 'asked' OR (NOT :only_asked AND (reason <> 'changes'"
            "  OR since <= clock_timestamp() - make_interval(secs => :s)))"
            " ORDER BY reason <> 'asked', since OFFSET 0) d"
            f" WHERE pg_try_advisory_xact_lock({Space.QUALITY_RUN}, hashtext(entity)) LIMIT 1"
        ),
        {"s": COALESCE_SECONDS, "only_asked": only_asked},
    )
    row = rows.one_or_none()
    return None if row is None else Due(*row)


async def start_run(tx: Transaction, entity: str, reason: str) -> int:
    """Record a run that begins; return its id."""
    run = await tx.session.scalar(
        text(
            "INSERT INTO quality_run (entity, reason, watermark, day) SELECT :entity, :reason,"
            f" coalesce((SELECT last_seq FROM watermark WHERE id = 1), 0), {_TODAY} RETURNING id"
        ),
        {"entity": entity, "reason": reason},
    )
    return int(run or 0)


async def finish_run(tx: Transaction, run: int, due: Due, results: Sequence[Result]) -> None:
    """Keep what a run found; what changed meanwhile stays due."""
    if results:
        await tx.session.execute(
            text(
                "INSERT INTO quality_result (run, rule, feed, rule_version, kind, severity, source,"
                " fields, checked, failed, observed, status, reason) VALUES (:run, :rule, :feed,"
                " :rule_version, :kind, :severity, :source, CAST(:fields AS text[]), :checked,"
                " :failed, CAST(CAST(:observed AS text) AS numeric), :status, :reason)"
            ),
            [
                {
                    "run": run,
                    "rule": each.rule,
                    "feed": each.feed,
                    "rule_version": each.rule_version,
                    "kind": each.kind,
                    "severity": each.severity,
                    "source": each.source,
                    "fields": list(each.fields),
                    "checked": each.checked,
                    "failed": each.failed,
                    "observed": each.observed,
                    "status": each.status,
                    "reason": each.reason,
                }
                for each in results
            ],
        )
    await tx.session.execute(
        text("UPDATE quality_run SET finished_at = clock_timestamp() WHERE id = :run"),
        {"run": run},
    )
    await tx.session.execute(
        text("DELETE FROM quality_due WHERE entity = :entity AND marks = :marks"),
        {"entity": due.entity, "marks": due.marks},
    )


async def failed_before(tx: Transaction, entity: str, run: int) -> Mapping[tuple[str, str], int]:
    """Return what was found failing before, by rule and feed.

    Of the rules of the run before this one, as each was found when it could be evaluated last.
    """
    rows = await tx.session.execute(
        text(
            "SELECT q.rule, q.feed, q.failed FROM quality_result r CROSS JOIN LATERAL ("
            "  SELECT o.run FROM quality_result o WHERE o.rule = r.rule AND o.feed = ''"
            "  AND o.run <= r.run AND o.status <> 'error' ORDER BY o.run DESC LIMIT 1) n"
            " JOIN quality_result q ON q.run = n.run AND q.rule = r.rule"
            " WHERE r.feed = '' AND r.run ="
            " (SELECT max(id) FROM quality_run WHERE entity = :entity AND id < :run)"
        ),
        {"entity": entity, "run": run},
    )
    return {(row.rule, row.feed): row.failed for row in rows}


async def prune(tx: Transaction) -> None:
    """Drop runs older than a day that are not the last one of their day."""
    await tx.session.execute(
        text(
            "WITH gone AS (DELETE FROM quality_run r"
            " WHERE r.started_at < clock_timestamp() - interval '1 day' AND EXISTS (SELECT FROM"
            " quality_run n WHERE n.entity = r.entity AND n.day = r.day AND n.id > r.id)"
            " RETURNING id) DELETE FROM quality_result q USING gone WHERE q.run = gone.id"
        )
    )
