"""Rebuild cycles from what was published of them, and hold that against the tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.kit.database import Transaction
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.replaying import Told, differences, rebuild
from spiral_service.repository import audit as repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the rebuilding of one cycle found."""

    cycle: str
    facts: int
    """How many facts its state was rebuilt from."""

    wrong: Sequence[str]
    """In what the tables, or the chain of facts, are not as they should be."""


async def rebuild_page(tx: Transaction, after: str, wanted: Sequence[str]) -> list[Finding]:
    """Rebuild the cycles that follow a key, and hold each against its row and its audit.

    Args:
        wanted: keys of cycles; none: all of them.
    """
    cycles = await repository.next_cycles(tx, after, wanted)
    keys = [each.key for each in cycles]
    published = await repository.published(tx, keys)
    kept = await repository.entries_of(tx, keys)
    return [
        Finding(
            cycle=each.key,
            facts=len(published[each.key]),
            wrong=_compare(each, published[each.key], kept[each.key]),
        )
        for each in cycles
    ]


def _compare(stored: Cycle, told: Sequence[Told], kept: Sequence[Told]) -> list[str]:
    if not told:
        return ["nothing was published of it"]
    rebuilt, breaks = rebuild(told)
    audited = {each.cycle.version: each for each in kept}
    unlike = [each.cycle.version for each in told if audited.get(each.cycle.version) != each]
    return [
        *breaks,
        *differences(rebuilt, stored),
        *(f"version {each}: the audit says something else than the fact" for each in unlike),
    ]
