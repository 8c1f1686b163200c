"""Write on a one-page sheet: title, leader, order of the tasks, notes."""

from shared.errors import no_such
from shared.kit.database import Transaction
from shared.scopes import leads as leads_scope
from target_service.domain.standing import Actor, check_leader
from target_service.domain.tasks import refuse
from target_service.repository import sheets as store
from target_service.repository import tasks
from target_service.repository.sheets import Subject
from target_service.schemas.sheets import SheetBody
from target_service.tables import SheetRow
from target_service.usecases.checks import Precondition, Put
from target_service.usecases.inheriting import assign
from target_service.usecases.tasks.telling import Act


async def put_sheet(
    tx: Transaction, named: str, body: SheetBody, expect: Precondition, act: Act
) -> Put[SheetRow]:
    """Write on the sheet of a plan, a goal or a scope.

    Raises:
        NoSheetError: there is no such plan, goal or scope.
        NotYoursError: he leads neither the scope nor what the sheet is about.
        TaskInvalidError: it names tasks that are not there.
    """
    subject = await store.subject_of(tx, named)
    await _check_writer(tx, subject, act.by)
    await _refuse_unknown(tx, body)
    await tx.take_turn(f"sheet {subject.key}")
    row = await store.find_sheet(tx, subject.key, lock=True)
    expect(row.version if row else None)
    created = row is None
    row = row or SheetRow(key=subject.key, version=0)
    if not assign(row, body.model_dump()):
        return Put(row=row, created=False, changed=False)
    row.version += 1
    row.updated_by, row.updated_at = act.by.subject, act.at
    store.add(tx, row)
    await tasks.flush(tx)
    return Put(row=row, created=created, changed=True)


async def _check_writer(tx: Transaction, subject: Subject, actor: Actor) -> None:
    is_his = {subject.scope, subject.leader} & actor.names
    leads = bool(is_his) or await leads_scope(tx, subject.scope, actor.member)
    check_leader(actor, subject.scope, leads=leads)


async def _refuse_unknown(tx: Transaction, body: SheetBody) -> None:
    there = {each.key for each in await tasks.neighbours(tx, body.tasks)}
    refuse(
        [
            (f"$.tasks[{at}]", no_such("任务", "task", key, await tasks.tasks_like(tx, key)))
            for at, key in enumerate(body.tasks)
            if key not in there
        ]
    )
