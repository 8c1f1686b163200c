"""Carry what changed in the parts of goals up to the roots, in the transaction of the change.

A wave holds the goals of one depth. Each wave is locked, brought up to date by what changed in
its parts, judged and stored; what a goal gives to its parent now, less what it gave before, goes
into the next wave. The other parts are not read: the cost grows with the path, not with the tree.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.calendar.table import read_calendar
from shared.kit.database import Transaction
from target_service.domain.judge import Rules
from target_service.domain.rollup import BY_RANK, Standing, Sums, stand, to_millionths
from target_service.repository import standing
from target_service.repository.standing import Node
from target_service.usecases.facts import publish_standings
from target_service.usecases.pacing import Pacing

Waves = dict[int, dict[str, Sums]]
"""What changed in the sums of goals, by their depth."""


async def roll_up(
    tx: Transaction, changes: Mapping[str, Sums], at: datetime, rules: Rules
) -> list[Node]:
    """Apply changes to the sums of goals, and to everything above; tell who stands otherwise.

    Args:
        changes: what changed in the sums of a goal; empty sums judge it anew.

    Returns:
        The goals that stand otherwise than before, the deepest first.
    """
    waves = await standing.waves_of(tx, changes) if changes else {}
    unsaved: list[Node] = []
    told: list[Node] = []
    while waves:
        depth = max(waves)
        nodes = await standing.lock_nodes(tx, waves[depth])
        if any(node.aggregation in BY_RANK for node in nodes):
            # They look for one among their parts, as those are stored.
            await standing.save_nodes(tx, unsaved, at)
            unsaved = []
        ranked = await standing.ranked(tx, nodes)
        _roll(nodes, waves, depth, ranked, to_millionths(rules.minimum_coverage))
        unsaved += nodes
        told += [node for node in nodes if node.is_told]
    pacing = Pacing(await read_calendar(tx), at)
    # PostgreSQL stores the goals while the other core writes the events.
    await asyncio.gather(
        standing.save_nodes(tx, unsaved, at),
        asyncio.to_thread(publish_standings, tx, told, pacing),
    )
    return told


def _roll(
    nodes: Sequence[Node],
    waves: Waves,
    depth: int,
    ranked: Mapping[str, int],
    minimum_coverage: int,
) -> None:
    """Bring one wave up to date, and let what its parents get be the next one."""
    wave, above = waves.pop(depth), waves.pop(depth - 1, {})
    for node in nodes:
        node.sums.take(wave[node.goal])
        before = node.standing
        node.standing = stand(
            node.sums, node.aggregation, node.target, ranked.get(node.goal), minimum_coverage
        )
        if node.standing != before:
            node.seq, node.is_told = node.seq + 1, True
            _give(node, before, above)
    if above:
        waves[depth - 1] = above


def _give(node: Node, before: Standing, wave: dict[str, Sums]) -> None:
    """Tell the parent what it gets now instead of before."""
    old, new = before.as_part(), node.standing.as_part()
    if node.parent is None or old == new:
        return
    change = wave.get(node.parent)
    if change is None:
        change = wave[node.parent] = Sums()
    change.count_child(old, node.share, -1)
    change.count_child(new, node.share, 1)
