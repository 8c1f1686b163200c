"""Load standards as documents: criteria, drafts, versions, and what cites what."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from shared.kit.database import Transaction
from shared.kit.sql import text
from target_service.domain.criteria import Criterion
from target_service.domain.limits import read_limit
from target_service.domain.lines import Lines, Tier
from target_service.domain.standards import StandardState
from target_service.tables import StandardRow

_ABOUT = ("title", "source", "basis", "scoring")


def criteria_of(row: StandardRow) -> list[Criterion]:
    """Return the criteria of a standard; a line is a document of one."""
    if row.tiers:
        return [Criterion(indicator=row.indicator, lines=read_document_lines({"tiers": row.tiers}))]
    return [_criterion(each) for each in row.criteria]


def read_document_lines(document: Mapping[str, Any]) -> Lines:
    """Return the lines of a stored document with ``tiers``, ``target`` and ``warning``."""
    target, warning = document.get("target"), document.get("warning")
    return Lines(
        tiers={Tier(name): read_limit(limit) for name, limit in document["tiers"].items()},
        target=read_limit(target) if target else None,
        warning=read_limit(warning) if warning else None,
    )


def _criterion(document: Mapping[str, Any]) -> Criterion:
    weight = document["weight"]
    return Criterion(
        indicator=document["indicator"],
        lines=read_document_lines(document),
        classes={each["object_class"]: read_document_lines(each) for each in document["classes"]},
        weight=Decimal(weight) if weight is not None else None,
        about={name: document[name] for name in _ABOUT},
    )


async def find_version(tx: Transaction, key: str, version: int) -> StandardRow | None:
    """Return a version of a standard, whatever its state."""
    return await tx.session.get(StandardRow, (key, version))


async def find_draft(tx: Transaction, key: str) -> StandardRow | None:
    """Return the draft of a standard that waits for approval."""
    query = select(StandardRow).where(
        StandardRow.key == key,
        StandardRow.state == StandardState.DRAFT.value,
        StandardRow.withdrawn_at.is_(None),
    )
    return await tx.session.scalar(query)


async def find_newest_approved(tx: Transaction, key: str) -> StandardRow | None:
    """Return the approved version that will hold the longest: in force, or not yet."""
    query = select(StandardRow).where(
        StandardRow.key == key,
        StandardRow.state == StandardState.APPROVED.value,
        StandardRow.withdrawn_at.is_(None),
    )
    return await tx.session.scalar(query.order_by(StandardRow.version.desc()).limit(1))


async def list_in_force(tx: Transaction, keys: Collection[str], day: Any) -> Sequence[StandardRow]:
    """Return the version of each standard that holds on a day."""
    query = (
        select(StandardRow)
        .where(
            StandardRow.key.in_(keys),
            StandardRow.effective_from <= day,
            StandardRow.state == StandardState.APPROVED.value,
            StandardRow.withdrawn_at.is_(None),
        )
        .order_by(StandardRow.key, StandardRow.version.desc())
        .ext(distinct_on(StandardRow.key))
    )
    return (await tx.session.scalars(query)).all()


async def list_applying(tx: Transaction, kind: str, tags: Collection[str], day: Any) -> list[str]:
    """Return the standards in force that are for objects of a kind with these tags."""
    keys = await tx.session.scalars(
        text(
            "SELECT key FROM (SELECT DISTINCT ON (key) key, applies_to FROM standard"
            " WHERE state = 'approved' AND withdrawn_at IS NULL AND effective_from <= :day"
            " ORDER BY key, version DESC) force WHERE applies_to ->> 'kind' = :kind"
            " AND applies_to -> 'tags' <@ to_jsonb(CAST(:tags AS text[])) ORDER BY key"
        ),
        {"day": day, "kind": kind, "tags": sorted(tags)},
    )
    return list(keys)
