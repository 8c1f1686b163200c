"""The events of goals, standards and bindings, made from their rows."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

import msgspec

from shared.contracts.base import partition_of
from shared.contracts.target import (
    AttainmentChanged,
    BindingChanged,
    GoalFact,
    Limit,
    StandardApproved,
    StandardWithdrawn,
)
from shared.contracts.vocabulary import AlertFrom, State
from shared.kit.database import Transaction
from target_service.domain.rollup import ONE
from target_service.domain.smart import examine, missed
from target_service.repository import chain, goals
from target_service.repository.measured import Attained, Case
from target_service.repository.standing import GOAL, Node
from target_service.tables import BindingRow, GoalRow, StandardRow
from target_service.usecases.pacing import Pacing

ITEMS_PER_EVENT = 200
"""A message stays far below the broker's limit of 1 MiB."""


class _Item(msgspec.Struct, omit_defaults=True, gc=False, kw_only=True):
    """An item as `shared.contracts.target.Attainment` has it: thousands are made at once.

    What is as it goes without saying is left out, as the contract says: half of what is stored,
    sent and read by everybody.
    """

    id: str
    binding: str | None
    goal: str | None = None
    indicator: str | None
    scope: str
    period: str
    state: State
    warning: bool
    overdue: bool = False
    thin: bool = False
    stale: bool = False
    attainment: str | None
    coverage: str | None
    value: str | None
    numerator: str | None = None
    denominator: str | None = None
    gap: str | None
    relative_gap: str | None = None
    forecast: str | None = None
    standard_version: int | None = None
    formula_version: int | None = None
    measured_at: datetime | None = None
    seq: int


async def publish_binding(tx: Transaction, row: BindingRow, at: datetime) -> None:
    """Store a binding as its next version and tell what it says now."""
    await publish_bindings(tx, [row], at)


async def publish_bindings(tx: Transaction, rows: Sequence[BindingRow], at: datetime) -> None:
    """Store bindings as their next versions and tell what they say now."""
    for row in rows:
        row.version, row.updated_at = row.version + 1, at
        chain.add(tx, row)
    await chain.flush(tx)
    for row in rows:
        tx.publish(_binding_fact(row), key=row.scope, subject=f"binding/{row.key}")


def _binding_fact(row: BindingRow) -> BindingChanged:
    """Return the event that a binding says something else, or is withdrawn."""
    return BindingChanged(
        id=row.key,
        version=row.version,
        indicator=row.indicator,
        scope=row.scope,
        period=row.period,
        title=row.title,
        target=_event_limit(row.target_in_force),
        tiers={name: Limit.model_validate(tier) for name, tier in row.tiers_in_force.items()},
        warning=_event_limit(row.warning_in_force),
        alert_from=AlertFrom(row.alert_from),
        owner=row.owner,
        goal=row.goal,
        standard=row.standard,
        standard_version=row.standard_version,
        withdrawn=row.withdrawn_at is not None,
    )


def publish_attainments(
    tx: Transaction, judged: list[tuple[Case, Attained, int]], pacing: Pacing
) -> None:
    """Tell judgements of bindings."""
    _publish(tx, [_item(*each, pacing.of_binding(*each[:2])) for each in judged])


def publish_standings(tx: Transaction, nodes: Sequence[Node], pacing: Pacing) -> None:
    """Tell how goals stand."""
    _publish(tx, [_goal_item(node, pacing.of_goal(node)) for node in nodes])


def _publish(tx: Transaction, items: list[_Item]) -> None:
    """Publish by partition, so that a bulk change leaves as few messages.

    What is about one scope alone has it as its key, behind the binding that was put with it. The
    key of many sorts behind every scope: who takes a batch in the order of keys knows a binding
    before its judgement.
    """
    partitions: dict[str, list[_Item]] = {}
    for item in sorted(items, key=attrgetter("scope", "id")):
        partitions.setdefault(partition_of(item.scope), []).append(item)
    # One of each partition in turn: of one key, the relay has only one under way at a time.
    for start, partition in sorted(
        (start, partition)
        for partition, held in partitions.items()
        for start in range(0, len(held), ITEMS_PER_EVENT)
    ):
        held = partitions[partition]
        is_one = held[0].scope == held[-1].scope
        key = held[0].scope if is_one else f"~{partition}"
        body = msgspec.json.encode({"items": held[start : start + ITEMS_PER_EVENT]})
        tx.publish_json(AttainmentChanged.type, partition, body, key=key)


async def tell_goal(tx: Transaction, kind: type[GoalFact], row: GoalRow, **more: Any) -> None:
    """Tell what became of a goal, and how it stands on its letters."""
    letters = examine(await goals.state_of(tx, row))
    waived = [each["letter"] for each in row.waivers]
    fact = kind(
        id=row.key,
        version=row.version,
        scope=row.scope,
        period=row.period,
        title=row.title,
        owner=row.owner,
        indicator=row.indicator,
        target=_event_limit(row.target),
        deadline=row.deadline.isoformat() if row.deadline else None,
        parent=row.parent,
        state=row.state,
        missing=tuple(each.letter for each in missed(letters, waived)),
        waived=tuple(sorted(waived)),
        **more,
    )
    tx.publish(fact, key=row.scope, subject=f"goal/{row.key}")


def standard_fact(row: StandardRow) -> StandardApproved | StandardWithdrawn:
    """Return the event that a version of a standard was approved, or the standard withdrawn."""
    kind = StandardWithdrawn if row.withdrawn_at else StandardApproved
    return kind(
        id=row.key,
        version=row.version,
        title=row.title,
        effective_from=row.effective_from.isoformat(),
    )


def _item(case: Case, attained: Attained, seq: int, forecast: Decimal | None) -> _Item:
    judgement, kept = attained.judgement, attained.kept
    return _Item(
        id=case.key,
        binding=case.key,
        goal=case.goal,
        indicator=case.indicator,
        scope=case.scope,
        period=case.period,
        state=judgement.state,
        warning=judgement.warning,
        overdue=judgement.overdue,
        thin=judgement.thin,
        stale=judgement.stale,
        attainment=_spell(judgement.attainment),
        coverage=_spell(kept.coverage),
        value=_spell(kept.value),
        numerator=_spell(kept.numerator),
        denominator=_spell(kept.denominator),
        gap=_spell(judgement.gap),
        relative_gap=_spell(judgement.relative_gap),
        forecast=_spell(forecast),
        standard_version=attained.standard_version,
        formula_version=kept.formula_version,
        measured_at=kept.freshest_at,
        seq=seq,
    )


def _goal_item(node: Node, forecast: Decimal | None) -> _Item:
    """Return how a goal stands."""
    standing = node.standing
    attained = standing.attained
    return _Item(
        id=f"{GOAL}{node.goal}",
        binding=None,
        goal=node.goal,
        indicator=node.indicator,
        scope=node.scope,
        period=node.period,
        state=standing.state,
        warning=False,
        thin=standing.thin,
        attainment=None if attained is None else _spell_millionths(attained),
        coverage=_spell_millionths(standing.coverage),
        value=_spell(standing.value),
        numerator=_spell(standing.numerator),
        denominator=_spell(standing.denominator),
        gap=None,
        forecast=_spell(forecast),
        seq=node.seq,
    )


def _event_limit(document: Any) -> Limit | None:
    return Limit.model_validate(document) if document else None


def _spell(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


def _spell_millionths(number: int) -> str:
    """Return a ratio with six decimals; what is full, or nothing, is whole."""
    whole, part = divmod(number, ONE)
    return f"{whole}.{part:06}" if part else str(whole)
