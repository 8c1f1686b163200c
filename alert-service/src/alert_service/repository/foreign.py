"""Load and save alerts that Prometheus found, as it told of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zlib import crc32

from sqlalchemy import select

from alert_service.domain.alertmanager import Foreign
from alert_service.domain.life import Alert
from alert_service.repository.alerts import is_one_of, read_alert, upsert
from alert_service.tables import AlertRow, ForeignAlertRow
from shared.kit.database import Transaction
from shared.kit.sql import text

LOCKS: Final = 7_004
MOST: Final = 500


async def lock(tx: Transaction, keys: Sequence[str]) -> None:
    """Let one at a time decide on an alert; taken in order, so none deadlocks."""
    places = sorted({crc32(key.encode()) % 64 for key in keys})
    await tx.session.execute(
        text(
            "SELECT pg_advisory_xact_lock(:space, place)"
            " FROM unnest(CAST(:places AS int[])) AS place ORDER BY place"
        ),
        {"space": LOCKS, "places": places},
    )


async def open_alerts(tx: Transaction, keys: Sequence[str]) -> dict[str, Alert]:
    """Return the open alerts of some fingerprints, locked."""
    rows = await tx.session.execute(
        select(ForeignAlertRow.fingerprint, AlertRow)
        .join(AlertRow, AlertRow.id == ForeignAlertRow.alert)
        .where(is_one_of(ForeignAlertRow.fingerprint, keys), AlertRow.state == "open")
        .order_by(AlertRow.id)
        .with_for_update(of=AlertRow)
    )
    return {key: read_alert(row) for key, row in rows}


async def save(tx: Transaction, told: Sequence[tuple[Foreign, str, bool]], at: datetime) -> None:
    """Store what was told of alerts, by their ids, and whether they are open."""
    rows = [
        {
            "fingerprint": each.fingerprint,
            "alert": alert,
            "labels": dict(each.labels),
            "annotations": dict(each.annotations),
            "url": each.url,
            "starts_at": each.starts_at,
            "ends_at": each.ends_at,
            "updated_at": at,
            "is_open": is_open,
        }
        for each, alert, is_open in told
    ]
    await upsert(tx, ForeignAlertRow, ["fingerprint"], rows)


async def list_over(tx: Transaction, at: datetime) -> list[str]:
    """Return the fingerprints of open alerts whose end has come."""
    rows = await tx.session.scalars(
        select(ForeignAlertRow.fingerprint)
        .where(ForeignAlertRow.is_open, ForeignAlertRow.ends_at <= at)
        .order_by(ForeignAlertRow.fingerprint)
        .limit(MOST)
    )
    return list(rows)


async def load_over(tx: Transaction, keys: Sequence[str], at: datetime) -> list[Foreign]:
    """Return those of some alerts that are over still; locked before, nobody tells of them now."""
    rows = await tx.session.scalars(
        select(ForeignAlertRow).where(
            is_one_of(ForeignAlertRow.fingerprint, keys),
            ForeignAlertRow.is_open,
            ForeignAlertRow.ends_at <= at,
        )
    )
    return [
        Foreign(
            labels=row.labels,
            annotations=row.annotations,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            url=row.url,
        )
        for row in rows
    ]


async def await_no_more(tx: Transaction, keys: Sequence[str], at: datetime) -> None:
    """Wait for no other end of alerts whose end has come: people have them in hand, or closed them.

    A new word on one is waited for again.
    """
    await tx.session.execute(
        text(
            "UPDATE foreign_alert SET is_open = false"
            " WHERE fingerprint = ANY(CAST(:keys AS text[])) AND ends_at <= :at"
        ),
        {"keys": list(keys), "at": at},
    )


async def told_of(tx: Transaction, alerts: Sequence[str]) -> dict[str, ForeignAlertRow]:
    """Return what was told of alerts that Prometheus found, by the alert's id."""
    rows = await tx.session.scalars(
        select(ForeignAlertRow).where(is_one_of(ForeignAlertRow.alert, alerts))
    )
    return {row.alert: row for row in rows}
