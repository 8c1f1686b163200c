"""Draft a task, or change one; what changes once it is issued needs a reason, and is kept."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from shared.calendar.table import read_calendar
from shared.contracts.target_tasks import TaskIssued
from shared.contracts.vocabulary import is_scope
from shared.errors import no_such
from shared.kit.database import Transaction
from target_service.domain.tasks import (
    Faults,
    Plan,
    TaskState,
    check_move,
    faults_beyond,
    faults_of,
    refuse,
    ring_of,
    unready,
)
from target_service.repository import goals, names
from target_service.repository import tasks as store
from target_service.schemas.tasks import TaskBody
from target_service.tables import TaskRow
from target_service.usecases.checks import Precondition, Put, has_left
from target_service.usecases.inheriting import assign
from target_service.usecases.tasks.clock import set_due, set_timer
from target_service.usecases.tasks.telling import (
    Act,
    close_acceptance,
    open_acceptance,
    publish,
    save,
)

_FOLLOWS: Final = {"starts_on", "ends_on"}
"""Of a service task these follow from when it is issued."""


async def put_task(tx: Transaction, body: TaskBody, expect: Precondition, act: Act) -> Put[TaskRow]:
    """Draft a task, or change it.

    Once it is issued that takes a reason; with another owner it waits to be accepted again.

    Raises:
        TaskInvalidError: with everything that is wrong.
        TaskStateError: it is done or cancelled.
    """
    await store.lock_tasks(tx)
    row = await store.find(tx, body.key)
    expect(row.version if row else None)
    if row:
        check_move("edit", row.key, TaskState(row.state))
    values = _values(body, row)
    changes = _changes(row, values)
    is_issued = row is not None and row.state != TaskState.DRAFT
    faults = faults_of(_plan(body)) + await _unknown(tx, body, row)
    if not is_issued:
        # What runs already may be planned anew beyond its goal, with a reason: it is told.
        served = await store.goals_served(tx, body.goals)
        faults += faults_beyond(body.starts_on, body.ends_on, served)
    elif changes:
        faults += unready(_plan(body))
        if body.reason is None:
            told = f"已下达，修改 {'、'.join(changes)} 须说明理由 (say why it changes once issued)"
            faults.append(("$.reason", told))
    refuse(faults)
    if row is None:
        row = _new(body.key)
    elif not changes:
        return Put(row=row, created=False, changed=False)
    created, owner = row.version == 0, row.owner
    assign(row, values)
    if not is_issued:
        await save(tx, row, "drafted", act, changes={} if created else changes)
        return Put(row=row, created=created, changed=True)
    await _reissue(tx, row, owner, act, (body.reason, changes))
    return Put(row=row, created=False, changed=True)


async def knows_parties(tx: Transaction, body: TaskBody) -> bool:
    """Return whether the hub has told of everybody and everything that a task names."""
    named = [body.scope, body.unit, body.owner, *(each.who for each in body.helpers)]
    return all([await names.has_scope(tx, each) for each in named if each])


def _plan(body: TaskBody) -> Plan:
    return Plan(
        key=body.key,
        kind=body.kind,
        owner=body.owner,
        helpers=tuple(each.who for each in body.helpers),
        named=tuple(each.name for each in body.named),
        goals=tuple(body.goals),
        after=tuple(body.after),
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        sla_hours=body.sla_hours,
    )


async def _reissue(
    tx: Transaction, row: TaskRow, owner: str, act: Act, why: tuple[str | None, Mapping[str, Any]]
) -> None:
    """Tell what an issued task says now; to another owner it is issued anew."""
    reason, changes = why
    set_due(row, await read_calendar(tx))
    if row.owner != owner:
        if row.state == TaskState.ISSUED:
            close_acceptance(tx, row, "replaced", act.by.subject)
        row.state, row.issued_at, row.accepted_at = TaskState.ISSUED, act.at, None
        open_acceptance(tx, row, act.at)
    await set_timer(tx, row, act.at)
    await save(tx, row, "changed", act, reason=reason, changes=changes)
    publish(tx, TaskIssued, row, act.at, reason=reason)


def _new(key: str) -> TaskRow:
    return TaskRow(
        key=key,
        version=0,
        state=TaskState.DRAFT,
        owner="",
        progress=Decimal(0),
        spent=Decimal(0),
        work_number=0,
    )


def _values(body: TaskBody, row: TaskRow | None) -> dict[str, Any]:
    listed = ("helpers", "named", "resources", "deliverables")
    values = body.model_dump(exclude={"key", "reason", *listed})
    for name in listed:
        values[name] = [each.model_dump(mode="json") for each in getattr(body, name)]
    if row is not None and row.issued_at and body.sla_hours:
        values = {name: each for name, each in values.items() if name not in _FOLLOWS}
    return values


def _changes(row: TaskRow | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what differs, by field: what it was before, and is now."""
    if row is None:
        return {}
    before = {name: getattr(row, name) for name in values}
    return {
        name: [_plain(before[name]), _plain(value)]
        for name, value in values.items()
        if before[name] != value
    }


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


async def _unknown(tx: Transaction, body: TaskBody, row: TaskRow | None) -> Faults:
    """Return what it names that is not there; what it named before is not asked again."""
    found: Faults = []
    named = [("$.scope", body.scope), ("$.unit", body.unit), ("$.owner", body.owner)]
    named += [(f"$.helpers[{at}].who", each.who) for at, each in enumerate(body.helpers)]
    told = {row.scope, row.unit} if row else set()
    for path, scope in named:
        if scope and scope not in told:
            found += await _unknown_scope(tx, path, scope)
    served = await store.goals_served(tx, body.goals)
    there = {each.key for each in served}
    for at, key in enumerate(body.goals):
        if key not in there:
            like = await goals.goals_like(tx, key)
            found.append((f"$.goals[{at}]", no_such("目标", "goal", key, like)))
    there = {each.key for each in await store.neighbours(tx, body.after)}
    for at, key in enumerate(body.after):
        if key not in there and key != body.key:
            like = await store.tasks_like(tx, key)
            found.append((f"$.after[{at}]", no_such("任务", "task", key, like)))
    ring = ring_of(body.key, body.after, await store.edges_from(tx, body.after))
    if len(ring) > 2:
        found.append(("$.after", f"循环依赖 {' → '.join(ring)} (it depends on itself)"))
    return found


async def _unknown_scope(tx: Transaction, path: str, scope: str) -> Faults:
    assert is_scope(scope)
    if await names.has_scope(tx, scope):
        return []
    if await names.has_left(tx, scope):
        return [(path, has_left(scope))]
    return [(path, no_such("诊改对象", "scope", scope, await names.scopes_like(tx, scope)))]


async def left(tx: Transaction, row: TaskRow) -> Faults:
    """Return that the owner or a helper of a task has left since it was drafted."""
    parties = [("$.owner", row.owner)] if row.owner else []
    parties += [(f"$.helpers[{at}].who", each["who"]) for at, each in enumerate(row.helpers)]
    return [fault for path, who in parties for fault in await _unknown_scope(tx, path, who)]
