"""Approve standards, bind indicators: upserts by natural key."""

from datetime import datetime
from typing import Any

from shared.contracts.vocabulary import is_scope
from shared.errors import no_such
from shared.kit.database import Transaction
from target_service.domain.cells import unmeasured
from target_service.domain.contradictions import faults_of_tiers
from target_service.domain.judge import Rules
from target_service.domain.lines import refuse
from target_service.domain.scoring import spelled
from target_service.domain.units import Faults
from target_service.repository import chain, names
from target_service.repository.chain import read_lines
from target_service.schemas import BindingBody, StandardBody
from target_service.tables import BindingRow, StandardRow
from target_service.usecases.checks import (
    Precondition,
    Put,
    document,
    refuse_move,
    unit_of,
    unknown_names,
)
from target_service.usecases.facts import publish_binding, standard_fact
from target_service.usecases.inheriting import (
    assign,
    day_of,
    differs,
    line_up,
    line_up_again,
    refuse_broken_bindings,
    take_lines,
)
from target_service.usecases.judging import judge_bindings


async def put_standard(
    tx: Transaction,
    body: StandardBody,
    expect: Precondition,
    at: datetime,
    rules: Rules,
    *,
    approver: str,
) -> Put[StandardRow]:
    """Approve a standard, or its next version; bindings take it when it is in force.

    Raises:
        LinesError: its tiers contradict each other, or what its indicator can have.
        UnknownReferenceError: there is no such indicator.
        BreaksBindingsError: its tiers contradict the lines of bindings that refer to it.
    """
    await chain.lock_chain(tx)
    last = await chain.find_newest_standard(tx, body.key)
    newest = None if last is None or last.withdrawn_at else last
    expect(newest.version if newest else None)
    tiers = body.tiers.to_document()
    unknown = await unknown_names(tx, newest, indicator=body.indicator)
    refuse(await _tier_faults(tx, tiers, body.indicator), unknown)
    values = _standard_values(body, tiers, newest, at)
    if newest and not differs(newest, values):
        return Put(row=newest, created=False, changed=False)
    bindings = await chain.list_bindings_of_standard(tx, body.key)
    await refuse_broken_bindings(tx, bindings, tiers)
    row = StandardRow(
        key=body.key,
        version=last.version + 1 if last else 1,
        approved_by=approver,
        approved_at=at,
        **values,
    )
    chain.add(tx, row)
    await chain.flush(tx)
    tx.publish(standard_fact(row), key=row.key, subject=f"standard/{row.key}")
    if row.effective_from <= day_of(at):
        await line_up_again(tx, bindings, at, rules)
    return Put(row=row, created=newest is None, changed=True)


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
        refuse_move(row, body)
    unknown = await unknown_names(tx, row, scope=body.scope, indicator=body.indicator)
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
            await take_lines(tx, row, day_of(at), unknown),
        ]
    if not any(changed):
        return Put(row=row, created=False, changed=False)
    await publish_binding(tx, row, at)
    await judge_bindings(tx, [key], at, rules)
    return Put(row=row, created=created, changed=True)


async def adopt_standards(tx: Transaction, at: datetime, rules: Rules) -> list[str]:
    """Let bindings take the versions of standards that have come into force.

    Returns:
        Keys of bindings that stay on their version, because the new one contradicts them.
    """
    await chain.lock_chain(tx)
    refused: list[str] = []
    for key in await chain.list_standards_due(tx, day_of(at)):
        bindings = await chain.list_bindings_of_standard(tx, key)
        refused += [each.row.key for each in await line_up(tx, bindings, at)]
        await judge_bindings(tx, [row.key for row in bindings], at, rules)
    return refused


async def _unknown_owner(tx: Transaction, row: BindingRow | None, owner: str) -> Faults:
    """Return that an owner is not there who is written as a scope.

    Another key may be an account or a post, which the hub does not know.
    """
    told = row is not None and row.owner == owner
    if told or not is_scope(owner) or await names.has_scope(tx, owner):
        return []
    return [("$.owner", no_such("责任人", "owner", owner, await names.scopes_like(tx, owner)))]


async def _tier_faults(tx: Transaction, tiers: dict[str, Any], indicator: str | None) -> Faults:
    if not tiers:
        return [("$.tiers", "标准至少要有一档 (give at least one tier)")]
    return faults_of_tiers(read_lines(None, tiers, None).tiers, await unit_of(tx, indicator))


def _standard_values(
    body: StandardBody, tiers: dict[str, Any], newest: StandardRow | None, at: datetime
) -> dict[str, Any]:
    """Without a date, what is there keeps its own: sending it again is no new version."""
    unchanged = newest.effective_from if newest else day_of(at)
    first = {"title": body.title, "indicator": body.indicator, "basis": body.basis, "tiers": tiers}
    if newest and body.effective_from is None and differs(newest, first):
        unchanged = day_of(at)
    return first | {"effective_from": body.effective_from or unchanged}


def _binding_values(body: BindingBody) -> dict[str, Any]:
    values = body.model_dump(exclude={"key", "target", "tiers", "warning", "alert_from"})
    return values | {
        "withdrawn_at": None,
        "target": document(body.target),
        "tiers": body.tiers.to_document(),
        "warning": document(body.warning),
        "scoring": spelled(body.scoring) if body.scoring else None,
        "alert_from": body.alert_from.value,
    }
