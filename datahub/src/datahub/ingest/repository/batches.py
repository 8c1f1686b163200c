"""Deliveries: their ledgers, and the rows put aside."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Final, Required, TypedDict, Unpack

from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.ledger import (
    MAX_WARNINGS,
    Ledger,
    RowVerdict,
    Verdict,
    Warned,
    fate_of,
)
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.sql import text

RETRY_SECONDS: Final = 2
"""After which a request is worth repeating that met itself under way."""


_START: Final = (
    "INSERT INTO batch (feed, feed_version, source, entity, mode, channel, document,"
    " declared, correlation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    " RETURNING id, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
)


class About(TypedDict, total=False):
    """What a delivery says of itself."""

    mode: Required[str]
    channel: Required[str]
    document: str | None
    declared: int | None
    """Rows that its source says it has."""


class TakenOverError(DomainError):
    """Another request goes on with this upload: ours took itself for the only one."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "upload-taken-over"
    title_zh: ClassVar = "上传已由另一个请求接手"
    title_en: ClassVar = "Another request goes on with this upload"


async def start_batch(tx: Transaction, feed: Feed, **about: Unpack[About]) -> int:
    """Record a delivery that begins; return its id."""
    batch, _ = await start_batch_now(tx, feed, **about)
    return batch


async def start_batch_now(tx: Transaction, feed: Feed, **about: Unpack[About]) -> tuple[int, int]:
    """Record a delivery that begins; return its id, and the present instant.

    By the database's clock, in microseconds since 1970.
    """
    row = await (await tx.driver()).fetchrow(
        _START,
        *(feed.id, feed.version, feed.source, feed.entity.name, about["mode"], about["channel"]),
        *(about.get("document"), about.get("declared"), tx.correlation),
    )
    assert row is not None
    batch, now = row
    return batch, now


async def add_to_batch(tx: Transaction, batch: int, part: Ledger, *, finished: bool) -> None:
    """Add a part to a delivery's ledger, in the transaction of its effect."""
    counts = {name: value for name, value in asdict(part).items() if value}
    sets = [f"{name} = {name} + ${place}" for place, name in enumerate(counts, 2)]
    sets += ["finished_at = clock_timestamp()"] if finished else []
    if sets:
        await (await tx.driver()).execute(
            f"UPDATE batch SET {', '.join(sets)} WHERE id = $1", batch, *counts.values()
        )


def lock_of(batch: int) -> int:
    """Return the number of a batch's advisory lock."""
    return batch % 2**31


async def claim_batch(tx: Transaction, batch: int, received: int) -> None:
    """Take the turn to add the next part to a delivery of which ``received`` rows are in.

    Raises:
        TakenOverError: somebody else has added one meanwhile.
    """
    found = await tx.session.scalar(
        text("SELECT id FROM batch WHERE id = :batch AND received = :received FOR UPDATE"),
        {"batch": batch, "received": received},
    )
    if found is None:
        raise TakenOverError(
            f"批次 {batch} 已由另一个请求继续",
            f"another request goes on with batch {batch}",
            retry_after=RETRY_SECONDS,
        )


async def set_blank(tx: Transaction, batch: int, lines: int) -> None:
    """Tell how many lines of a delivery have no value: they are no rows."""
    if lines:
        await tx.session.execute(
            text("UPDATE batch SET blank = :lines WHERE id = :batch"),
            {"batch": batch, "lines": lines},
        )


async def add_vanished(tx: Transaction, batch: int, records: int) -> None:
    """Add to the records that vanished with a snapshot."""
    await tx.session.execute(
        text("UPDATE batch SET vanished = vanished + :records WHERE id = :batch"),
        {"batch": batch, "records": records},
    )


async def add_warnings(tx: Transaction, batch: int, part: Warned) -> None:
    """Add the warnings of a part to those of its delivery."""
    if not part.codes:
        return
    before = await tx.session.scalar(
        text("SELECT warnings FROM batch WHERE id = :batch FOR UPDATE"), {"batch": batch}
    )
    before = before or {"codes": {}, "rows": []}
    rows = [
        {
            "row": each.row,
            "verdict": each.verdict.value,
            "code": each.code,
            "path": _storable_text(each.path),
            "message": each.message,
        }
        for each in part.listed
    ]
    warnings = {
        "codes": Counter(before["codes"]) + Counter(part.codes),
        "rows": [*before["rows"], *rows][:MAX_WARNINGS],
    }
    await tx.session.execute(
        text(
            "UPDATE batch SET warned = warned + :rows, warnings = CAST(:warnings AS jsonb)"
            " WHERE id = :batch"
        ),
        {
            "batch": batch,
            "rows": part.rows,
            "warnings": json.dumps(warnings, ensure_ascii=False),
        },
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


def _waits_for(reasons: Sequence[RowVerdict]) -> list[str] | None:
    """Return every record that a row waits for; None where none is known."""
    return sorted({name for each in reasons for name in each.waits_for}) or None


def _storable(value: Any) -> Any:
    """PostgreSQL keeps no NUL in a text: it is written as its symbol ␀."""
    match value:
        case str():
            return _storable_text(value)
        case Mapping():
            return {_storable_text(name): _storable(each) for name, each in value.items()}
        case list():
            return [_storable(each) for each in value]
        case _:
            return value


def _storable_text(value: str) -> str:
    return value.replace("\0", "\u2400")
