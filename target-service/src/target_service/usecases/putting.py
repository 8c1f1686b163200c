"""Bind indicators: upserts by natural key."""

from datetime import datetime
from typing import Any

from shared.kit.database import Transaction
from target_service.domain.cells import unmeasured
from target_service.domain.judge import Rules
from target_service.domain.periods import faults_of_spelling
from target_service.domain.scoring import spelled
from target_service.repository import chain, names
from target_service.schemas import BindingBody
from target_service.tables import BindingRow
from target_service.usecases.checks import (
    Precondition,
    Put,
    document,
    refuse_move,
    unknown_names,
    unknown_owner,
)
from target_service.usecases.facts import publish_binding
from target_service.usecases.inheriting import (
    assign,
    day_of,
    heritage_of,
    take_lines,
)
from target_service.usecases.judging import judge_bindings
from target_service.usecases.selecting import take_cell


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
    misspelled = faults_of_spelling({"$.period": body.period})
    if row and not misspelled:
        refuse_move(row, body)
    unknown = await unknown_names(tx, row, scope=body.scope, indicator=body.indicator)
    if created and not unknown and not misspelled:
        unknown = unmeasured(
            body.indicator, body.scope, body.period, await names.cells_of(tx, body.indicator)
        )
    unknown += await unknown_owner(tx, "$.owner", body.owner, row.owner if row else None)
    row = row or BindingRow(key=key, version=0)
    # Both, whatever the first says: a binding may differ in what it inherits only.
    # Unwritten until it is checked: the goal or standard that it names may not be there.
    with chain.unwritten(tx):
        changed = [
            assign(row, _binding_values(body)),
            take_lines(await heritage_of(tx, [row], day_of(at)), row, unknown, misspelled),
        ]
    if not any(changed):
        return Put(row=row, created=False, changed=False)
    await take_cell(tx, row, at, rules)
    await publish_binding(tx, row, at)
    await judge_bindings(tx, [key], at, rules)
    return Put(row=row, created=created, changed=True)


def _binding_values(body: BindingBody) -> dict[str, Any]:
    values = body.model_dump(exclude={"key", "target", "tiers", "warning", "alert_from"})
    return values | {
        "withdrawn_at": None,
        "selector": None,
        "target": document(body.target),
        "tiers": body.tiers.to_document(),
        "warning": document(body.warning),
        "scoring": spelled(body.scoring) if body.scoring else None,
        "alert_from": body.alert_from.value,
    }
