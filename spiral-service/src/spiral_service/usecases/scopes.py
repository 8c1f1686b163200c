"""Scopes, as the hub tells of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.contracts.datahub import ScopeItem
from shared.errors import UnknownReferenceError, no_such
from shared.kit.database import Transaction
from spiral_service.repository import scopes as repository
from spiral_service.repository.owners import follow_owners, look_at_cycles, owners_told


async def knows_scope(tx: Transaction, scope: str) -> bool:
    """Return whether the hub has told of a scope."""
    return await repository.has_scope(tx, scope)


async def learn_scopes(tx: Transaction, items: Sequence[ScopeItem]) -> None:
    """Keep the newest names of the scopes in a batch."""
    newest: dict[str, ScopeItem] = {}
    for item in items:
        if item.scope not in newest or newest[item.scope].seq < item.seq:
            newest[item.scope] = item
    told = await owners_told(tx, newest)
    changed = [each.scope for each in newest.values() if _answers_otherwise(each, told)]
    if changed:
        await follow_owners(tx)
    await repository.save_scopes(
        tx,
        [
            {
                "scope": item.scope,
                "name_zh": item.name_zh,
                "name_en": item.name_en,
                "parents": list(item.parents),
                "owners": [owner.model_dump() for owner in item.owners],
                "tags": list(item.tags),
                "gone": item.gone,
                "seq": item.seq,
            }
            for item in newest.values()
        ],
    )
    await look_at_cycles(tx, changed)


def _answers_otherwise(item: ScopeItem, told: Mapping[str, tuple[Any, ...]]) -> bool:
    """Return whether others answer for a scope than was told, or it lies in others."""
    owners, parents, gone, seq = told.get(item.scope, ([], [], False, -1))
    now = ([owner.model_dump() for owner in item.owners], list(item.parents), item.gone)
    return seq < item.seq and now != (owners, parents, gone)


async def unknown_scope(tx: Transaction, scope: str) -> UnknownReferenceError | None:
    """Return the refusal of a scope that the hub has not told of, with scopes like it."""
    if await repository.has_scope(tx, scope):
        return None
    reason = no_such("诊改对象", "scope", scope, await repository.scopes_like(tx, scope))
    return UnknownReferenceError(
        f"没有诊改对象 {scope}",
        f"there is no scope {scope}",
        fields={"$.scope": [reason]},
        fixes=[
            "GET /api/datahub/v1/scopes 列出全部对象 (lists every scope)",
            "记录刚推送的请稍后再试 (if its record was pushed just now, try again in a moment)",
        ],
    )
