"""Which 诊改对象 there are, as the hub told them last."""

from collections.abc import Sequence

from shared.kit.database import Transaction
from shared.kit.sql import text

_THERE = "NOT (doc ->> 'gone')::boolean"


async def list_scopes(tx: Transaction, kind: str, parent: str | None) -> list[str]:
    """Return the scopes of a kind, by their keys.

    Args:
        parent: only those right beneath it; None for all.
    """
    beneath = "" if parent is None else " AND doc -> 'parents' ? :parent"
    rows = await tx.session.scalars(
        text(f"SELECT scope FROM scope WHERE kind = :kind AND {_THERE}{beneath} ORDER BY scope"),
        {"kind": kind} | ({} if parent is None else {"parent": parent}),
    )
    return list(rows)


async def parents_of(tx: Transaction, scope: str) -> list[str]:
    """Return what a scope lies right beneath, the nearest first; empty where nothing was told."""
    found: list[str] | None = await tx.session.scalar(
        text("SELECT doc -> 'parents' FROM scope WHERE scope = :scope"), {"scope": scope}
    )
    return found or []


async def list_tagged(tx: Transaction, kind: str, tag: str) -> list[str]:
    """Return the scopes of a kind that bear a tag, by their keys."""
    rows = await tx.session.scalars(
        text(
            f"SELECT scope FROM scope WHERE kind = :kind AND {_THERE} AND doc -> 'tags' ? :tag"
            " ORDER BY scope"
        ),
        {"kind": kind, "tag": tag},
    )
    return list(rows)


async def list_children(tx: Transaction, scope: str) -> list[str]:
    """Return every scope right beneath another one, by their keys."""
    rows = await tx.session.scalars(
        text(
            "SELECT scope FROM scope WHERE doc -> 'parents' ? :parent AND scope <> :parent"
            " ORDER BY scope"
        ),
        {"parent": scope},
    )
    return list(rows)


async def names_of(tx: Transaction, scopes: Sequence[str]) -> dict[str, str]:
    """Return the Chinese names of scopes that have been told."""
    rows = await tx.session.execute(
        text("SELECT scope, doc ->> 'name_zh' AS name FROM scope WHERE scope = ANY(:scopes)"),
        {"scopes": list(scopes)},
    )
    return {row.scope: row.name for row in rows}
