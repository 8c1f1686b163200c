"""Deliveries: their ledgers, the rows put aside, the stored answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from sqlalchemy import text

from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.ledger import Ledger, RowVerdict, Verdict
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction


class IdempotencyConflictError(DomainError):
    """The key was used before, for another body."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "idempotency-key-reused"
    title_zh: ClassVar = "幂等键已用于其他内容"
    title_en: ClassVar = "Idempotency key reused"


async def start_batch(
    tx: Transaction,
    feed: Feed,
    *,
    mode: str,
    channel: str,
    document: str | None = None,
    declared: int | None = None,
) -> int:
    """Record a delivery that begins; return its id."""
    batch = await tx.session.scalar(
        text(
            "INSERT INTO batch (feed, feed_version, source, entity, mode, channel, document,"
            " declared, correlation) VALUES (:feed, :version, :source, :entity, :mode, :channel,"
            " :document, :declared, :correlation) RETURNING id"
        ),
        {
            "feed": feed.id,
            "version": feed.version,
            "source": feed.source,
            "entity": feed.entity.name,
            "mode": mode,
            "channel": channel,
            "document": document,
            "declared": declared,
            "correlation": tx.correlation,
        },
    )
    return int(batch or 0)


async def add_to_batch(tx: Transaction, batch: int, part: Ledger, *, finished: bool) -> None:
    """Add a part to a delivery's ledger, in the transaction of its effect."""
    counts = {name: value for name, value in asdict(part).items() if value}
    sets = [f"{name} = {name} + :{name}" for name in counts]
    sets += ["finished_at = clock_timestamp()"] if finished else []
    if sets:
        await tx.session.execute(
            text(f"UPDATE batch SET {', '.join(sets)} WHERE id = :batch"),
            {**counts, "batch": batch},
        )


async def put_aside(
    tx: Transaction,
    feed: Feed,
    batch: int,
    verdicts: Sequence[RowVerdict],
    raw: Mapping[int, Mapping[str, Any]],
    observed: Mapping[int, int],
) -> None:
    """Keep the rows that have no place in the records, raw and with every reason."""
    by_row: dict[int, list[RowVerdict]] = {}
    for verdict in verdicts:
        if verdict.verdict is not Verdict.DUPLICATE:
            by_row.setdefault(verdict.row, []).append(verdict)
    if not by_row:
        return
    await tx.session.execute(
        text(
            "INSERT INTO quarantined_row (batch, feed, row_no, raw, verdict, code, path, message,"
            " reasons, waits_for, observed) VALUES (:batch, :feed, :row_no, CAST(:raw AS jsonb),"
            " :verdict, :code, :path, :message, CAST(:reasons AS jsonb), :waits_for, :observed)"
        ),
        [
            {
                "batch": batch,
                "feed": feed.id,
                "row_no": row,
                "raw": json.dumps(_storable(raw.get(row, {})), ensure_ascii=False),
                "verdict": fate_of(reasons).value,
                "code": reasons[0].code,
                "path": _storable_text(reasons[0].path),
                "message": _storable_text(reasons[0].message),
                "reasons": json.dumps(
                    [
                        {
                            "code": each.code,
                            "path": _storable_text(each.path),
                            "message": _storable_text(each.message),
                        }
                        for each in reasons
                    ],
                    ensure_ascii=False,
                ),
                "waits_for": _waits_for(reasons),
                "observed": observed.get(row, 0),
            }
            for row, reasons in sorted(by_row.items())
        ],
    )


def fate_of(reasons: Sequence[RowVerdict]) -> Verdict:
    """Return the one fate of a row with several reasons: refused, then wrong, then waiting."""
    fates = {each.verdict for each in reasons}
    for fate in (Verdict.REJECTED, Verdict.QUARANTINED, Verdict.PARKED):
        if fate in fates:
            return fate
    return Verdict.DUPLICATE


def _waits_for(reasons: Sequence[RowVerdict]) -> str | None:
    return next((each.waits_for for each in reasons if each.waits_for), None)


def _storable(raw: Mapping[str, Any]) -> dict[str, Any]:
    """PostgreSQL keeps no NUL in a text: it is written as its symbol ␀."""
    return {
        _storable_text(name): _storable_text(value) if isinstance(value, str) else value
        for name, value in raw.items()
    }


def _storable_text(value: str) -> str:
    return value.replace("\0", "\u2400")


async def stored_answer(
    tx: Transaction, caller: str, key: str, digest: str
) -> dict[str, Any] | None:
    """Return the answer that this key got before; None the first time.

    Raises:
        IdempotencyConflictError: the key was used for another body.
    """
    await tx.session.execute(
        text("SELECT pg_advisory_xact_lock(815, hashtext(:key))"), {"key": f"{caller} {key}"}
    )
    result = await tx.session.execute(
        text("SELECT digest, answer FROM idempotency WHERE caller = :caller AND key = :key"),
        {"caller": caller, "key": key},
    )
    row = result.one_or_none()
    if row is None:
        return None
    if row.digest != digest:
        raise IdempotencyConflictError(
            "同一个 Idempotency-Key 对应的内容不同",
            "this Idempotency-Key was used for another body",
            fixes=["Use a new key for new content"],
        )
    return dict(row.answer)


async def store_answer(
    tx: Transaction, caller: str, key: str, digest: str, answer: Mapping[str, Any]
) -> None:
    """Keep the answer of a request, in the transaction of its effect."""
    await tx.session.execute(
        text(
            "INSERT INTO idempotency (caller, key, digest, answer)"
            " VALUES (:caller, :key, :digest, CAST(:answer AS jsonb)) ON CONFLICT DO NOTHING"
        ),
        {
            "caller": caller,
            "key": key,
            "digest": digest,
            "answer": json.dumps(answer, ensure_ascii=False, default=str),
        },
    )
