"""The events of goals, standards and bindings, made from their rows."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from shared.contracts.target import (
    Attainment,
    AttainmentChanged,
    BindingChanged,
    GoalPublished,
    GoalWithdrawn,
    Limit,
    StandardApproved,
    StandardWithdrawn,
)
from shared.contracts.vocabulary import AlertFrom
from shared.kit.database import Transaction
from target_service.repository import chain
from target_service.repository.measured import Attained, Case
from target_service.tables import BindingRow, GoalRow, StandardRow

ITEMS_PER_EVENT = 200
"""A message stays far below the broker's limit of 1 MiB."""


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
        standard=row.standard,
        standard_version=row.standard_version,
        withdrawn=row.withdrawn_at is not None,
    )


def publish_attainments(tx: Transaction, judged: list[tuple[Case, Attained, int]]) -> None:
    """Tell judgements: one event a scope, so that order holds for each."""
    judged.sort(key=lambda each: (each[0].scope, each[0].key))
    for scope, group in groupby(judged, key=lambda each: each[0].scope):
        items = [_item(case, attained, seq) for case, attained, seq in group]
        for start in range(0, len(items), ITEMS_PER_EVENT):
            cut = tuple(items[start : start + ITEMS_PER_EVENT])
            tx.publish(AttainmentChanged(items=cut), key=scope)


def goal_fact(row: GoalRow) -> GoalPublished | GoalWithdrawn:
    """Return the event that a goal is in force, or is no more."""
    kind = GoalWithdrawn if row.withdrawn_at else GoalPublished
    return kind(
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
    )


def standard_fact(row: StandardRow) -> StandardApproved | StandardWithdrawn:
    """Return the event that a version of a standard was approved, or the standard withdrawn."""
    kind = StandardWithdrawn if row.withdrawn_at else StandardApproved
    return kind(
        id=row.key,
        version=row.version,
        title=row.title,
        effective_from=row.effective_from.isoformat(),
    )


def _item(case: Case, attained: Attained, seq: int) -> Attainment:
    judgement, kept = attained.judgement, attained.kept
    return Attainment(
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
        standard_version=attained.standard_version,
        formula_version=kept.formula_version,
        measured_at=kept.freshest_at,
        seq=seq,
    )


def _event_limit(document: Any) -> Limit | None:
    return Limit.model_validate(document) if document else None


def _spell(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")
