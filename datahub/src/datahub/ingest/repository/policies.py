"""The order of the source systems by entity, and how far records were decided by it anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datahub.ingest.domain.survivorship import Policy
from datahub.ingest.tables import SurvivorshipRow
from shared.kit.database import Transaction
from shared.kit.sql import text


@dataclass(frozen=True, slots=True)
class Undecided:
    """A policy by which some records are still to be decided."""

    entity: str
    version: int
    decided_to: str | None


async def find_policy(tx: Transaction, entity: str) -> Policy:
    """Return the policy in force; where nobody has written one, recency alone."""
    document = await tx.session.scalar(
        text(
            "SELECT document FROM survivorship WHERE entity = :entity ORDER BY version DESC LIMIT 1"
        ),
        {"entity": entity},
    )
    fields: Mapping[str, Any] = (document or {}).get("fields", {})
    return Policy({name: tuple(sources) for name, sources in fields.items()})


async def find_row(tx: Transaction, entity: str) -> SurvivorshipRow | None:
    """Return the policy in force as it was saved."""
    found = await tx.session.scalar(
        text("SELECT max(version) FROM survivorship WHERE entity = :entity"), {"entity": entity}
    )
    return None if found is None else await tx.session.get(SurvivorshipRow, (entity, found))


async def save_policy(
    tx: Transaction, entity: str, version: int, document: Mapping[str, Any], by: str
) -> None:
    """Add a version; every record is to be decided by it."""
    tx.session.add(
        SurvivorshipRow(entity=entity, version=version, document=dict(document), saved_by=by)
    )
    await tx.session.flush()


async def find_undecided(tx: Transaction) -> Undecided | None:
    """Return a policy that is to be followed, the oldest first, locked; none of another's."""
    row = (
        await tx.session.execute(
            text(
                "SELECT entity, version, decided_to FROM survivorship s"
                " WHERE decided_at IS NULL AND NOT EXISTS (SELECT FROM survivorship n"
                "  WHERE n.entity = s.entity AND n.version > s.version)"
                " ORDER BY saved_at LIMIT 1 FOR UPDATE SKIP LOCKED"
            )
        )
    ).one_or_none()
    return None if row is None else Undecided(*row)


async def note_decided(tx: Transaction, policy: Undecided, to: str | None) -> None:
    """Note how far records were decided; None: all of them."""
    await tx.session.execute(
        text(
            "UPDATE survivorship SET decided_to = coalesce(:to, decided_to),"
            " decided_at = CASE WHEN CAST(:to AS text) IS NULL THEN clock_timestamp() END"
            " WHERE entity = :entity AND version = :version"
        ),
        {"entity": policy.entity, "version": policy.version, "to": to},
    )


async def start_batch(tx: Transaction, entity: str) -> int:
    """Record that records are decided anew; the batch has no feed."""
    return int(
        await tx.session.scalar(
            text(
                "INSERT INTO batch (feed, feed_version, source, entity, mode, channel,"
                " finished_at) VALUES ('', 0, 'helix8', :entity, 'survivorship', 'replay',"
                " clock_timestamp()) RETURNING id"
            ),
            {"entity": entity},
        )
        or 0
    )
