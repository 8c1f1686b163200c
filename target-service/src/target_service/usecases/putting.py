"""State goals, bind indicators: upserts by natural key."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from shared.contracts.vocabulary import is_scope
from shared.errors import DomainError, ErrorKind, no_such
from shared.kit.database import Transaction
from target_service.domain.cells import unmeasured
from target_service.domain.judge import Rules
from target_service.domain.limits import read_number, write_number
from target_service.domain.lines import refuse
from target_service.domain.units import Faults, faults_of_limit, faults_of_number
from target_service.repository import chain, names
from target_service.schemas import BindingBody, GoalBody, LimitBody
from target_service.tables import BindingRow, GoalRow
from target_service.usecases.facts import goal_fact, publish_binding
from target_service.usecases.inheriting import (
    assign,
    day_of,
    heritage_of,
    line_up_again,
    take_lines,
)
from target_service.usecases.judging import judge_bindings

Precondition = Callable[[int | None], None]
"""Gets the present version (None: not there) under the lock, and refuses what must not be."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Put(Generic[Row]):
    """What an upsert did."""

    row: Row
    created: bool
    changed: bool


class MovedError(DomainError):
    """What is judged cannot move to another cell: its history would change its meaning."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "moved"
    title_zh: ClassVar = "不能改变对象"
    title_en: ClassVar = "It cannot move"


async def put_goal(
    tx: Transaction, body: GoalBody, expect: Precondition, at: datetime, rules: Rules
) -> Put[GoalRow]:
    """State or change a goal; bindings that take its target are judged again.

    Raises:
        LinesError: its numbers lie beyond what its indicator can have.
        UnknownReferenceError: there is no such scope or indicator.
        MovedError: bindings rest on it, and it would change indicator, scope or period.
        BreaksBindingsError: its new target contradicts the lines of bindings.
    """
    await chain.lock_chain(tx)
    row = await chain.find_goal(tx, body.key)
    created = row is None or row.withdrawn_at is not None
    expect(row.version if row and not created else None)
    row = row or GoalRow(key=body.key, version=0)
    bindings = [] if created else await chain.list_bindings_of_goal(tx, body.key)
    if bindings:
        _refuse_move(row, body)
    unknown = await _unknown(tx, row, scope=body.scope, indicator=body.indicator)
    refuse(await _goal_faults(tx, body), unknown)
    if not assign(row, _goal_values(body)):
        return Put(row=row, created=False, changed=False)
    row.version, row.updated_at = row.version + 1, at
    chain.add(tx, row)
    await chain.flush(tx)
    tx.publish(goal_fact(row), key=row.scope, subject=f"goal/{row.key}")
    await line_up_again(tx, bindings, at, rules)
    return Put(row=row, created=created, changed=True)


async def put_binding(
    tx: Transaction, body: BindingBody, expect: Precondition, at: datetime, rules: Rules
) -> Put[BindingRow]:
    """Bind an indicator to a scope and period, or change the lines; judge it at once.

    Raises:
        LinesError: its lines contradict each other, or what its indicator can have.
        UnknownReferenceError: what it refers to is not there.
        MovedError: it is there with another indicator, scope or period.
    """
    await chain.lock_chain(tx)
    key = body.natural_key()
    row = await chain.find_binding(tx, key)
    created = row is None or row.withdrawn_at is not None
    expect(row.version if row and not created else None)
    if row:
        _refuse_move(row, body)
    unknown = await _unknown(tx, row, scope=body.scope, indicator=body.indicator)
    if created and not unknown:
        unknown = unmeasured(
            body.indicator, body.scope, body.period, await names.cells_of(tx, body.indicator)
        )
    unknown += await _unknown_owner(tx, row, body.owner)
    row = row or BindingRow(key=key, version=0)
    # Both, whatever the first says: a binding may differ in what it inherits only.
    # Unwritten until it is checked: the goal or standard that it names may not be there.
    with chain.unwritten(tx):
        changed = [
            assign(row, _binding_values(body)),
            take_lines(await heritage_of(tx, [row], day_of(at)), row, unknown),
        ]
    if not any(changed):
        return Put(row=row, created=False, changed=False)
    await publish_binding(tx, row, at)
    await judge_bindings(tx, [key], at, rules)
    return Put(row=row, created=created, changed=True)


def _refuse_move(row: GoalRow | BindingRow, body: GoalBody | BindingBody) -> None:
    fields = {
        f"$.{name}": [f"原为 {getattr(row, name)} (it was {getattr(row, name)})"]
        for name in ("indicator", "scope", "period")
        if getattr(row, name) != getattr(body, name)
    }
    if fields:
        raise MovedError(
            "指标、对象、周期不能改：撤回这一条，以另一个编号另立",
            "indicator, scope and period cannot change: withdraw it, and make one of another key",
            fields=fields,
            fixes=["DELETE 撤回，再以新的 key POST (withdraw it, then post under a new key)"],
        )


async def _unknown(
    tx: Transaction,
    row: GoalRow | BindingRow | None,
    *,
    scope: str | None = None,
    indicator: str | None = None,
) -> Faults:
    """Return which scope or indicator is not there; what the row says already is not asked again.

    A scope that went later must not hold up what is bound to it.
    """
    found: Faults = []
    if scope and scope != getattr(row, "scope", None) and not await names.has_scope(tx, scope):
        like = await names.scopes_like(tx, scope)
        found.append(("$.scope", no_such("诊改对象", "scope", scope, like)))
    told = indicator and indicator == getattr(row, "indicator", None)
    if indicator and not told and not await names.has_indicator(tx, indicator):
        like = await names.indicators_like(tx, indicator)
        found.append(("$.indicator", no_such("指标", "indicator", indicator, like)))
    return found


async def _unknown_owner(tx: Transaction, row: BindingRow | None, owner: str) -> Faults:
    """Return that an owner is not there who is written as a scope.

    Another key may be an account or a post, which the hub does not know.
    """
    told = row is not None and row.owner == owner
    if told or not is_scope(owner) or await names.has_scope(tx, owner):
        return []
    return [("$.owner", no_such("责任人", "owner", owner, await names.scopes_like(tx, owner)))]


async def _goal_faults(tx: Transaction, body: GoalBody) -> Faults:
    unit = await _unit_of(tx, body.indicator)
    found: Faults = []
    if body.target:
        found += faults_of_limit("$.target", body.target.to_rule(), unit)
    if body.baseline:
        found += faults_of_number("$.baseline", read_number(body.baseline), unit)
    return found


async def _unit_of(tx: Transaction, indicator: str | None) -> str:
    """Return the unit of an indicator; empty where it is not known."""
    return (await names.units_of(tx, [indicator])).get(indicator, "") if indicator else ""


def _goal_values(body: GoalBody) -> dict[str, Any]:
    values = body.model_dump(exclude={"key", "target", "baseline", "weight"})
    return values | {
        "withdrawn_at": None,
        "target": _document(body.target),
        "baseline": write_number(read_number(body.baseline)) if body.baseline else None,
        "weight": write_number(body.weight),
    }


def _binding_values(body: BindingBody) -> dict[str, Any]:
    values = body.model_dump(exclude={"key", "target", "tiers", "warning", "alert_from"})
    return values | {
        "withdrawn_at": None,
        "target": _document(body.target),
        "tiers": body.tiers.to_document(),
        "warning": _document(body.warning),
        "alert_from": body.alert_from.value,
    }


def _document(limit: LimitBody | None) -> dict[str, Any] | None:
    return limit.to_document() if limit else None
