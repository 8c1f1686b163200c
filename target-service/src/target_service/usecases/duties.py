"""Draft the task that serves a duty of a body or of a process."""

from typing import Final

from shared.kit.database import Transaction
from target_service.domain.bodies import Part
from target_service.domain.duties import BODIES, Duty, draft_of, next_key, stem_of
from target_service.domain.tasks import TaskState
from target_service.repository import chain, registers
from target_service.repository import tasks as store
from target_service.schemas.duties import DutyTaskBody
from target_service.schemas.registers import BodyBody, ProcessBody
from target_service.schemas.tasks import TaskBody
from target_service.tables import RegisterEntryRow, TaskRow
from target_service.usecases.checks import Put
from target_service.usecases.plan_importing import only_school
from target_service.usecases.tasks.putting import put_task
from target_service.usecases.tasks.telling import Act

_OVER: Final = frozenset({TaskState.DONE, TaskState.CANCELLED})


async def draft_duty(
    tx: Transaction, place: tuple[str, str, str], body: DutyTaskBody, act: Act
) -> Put[TaskRow]:
    """Draft the task of a duty, unless one that serves it is still to be done.

    Args:
        place: register, key of the entry, key of the duty (of a process its number, from 1).

    Raises:
        NotFoundError: there is no such entry, or no such duty in it.
        UnknownReferenceError: it is not said for which school.
        TaskInvalidError: whom it names is not there, or what is given is wrong.
    """
    register, key, _ = place
    await store.lock_tasks(tx)
    row = await registers.find_entry(tx, register, key)
    if row is None or row.withdrawn_at:
        raise chain.not_found("登记", "entry", key)
    duty = _duty_of(row, place[2])
    stem = stem_of(register, key, duty.key)
    serving = await store.serving(tx, stem)
    standing = [each for each in serving if each.state not in _OVER]
    if standing:
        return Put(row=standing[0], created=False, changed=False)
    scope = body.scope or duty.unit or await only_school(tx)
    said = body.model_dump(exclude={"scope"}, exclude_none=True)
    draft = draft_of(duty, next_key(stem, len(serving)), scope, said)
    return await put_task(tx, TaskBody.model_validate(draft), lambda _: None, act)


def _duty_of(row: RegisterEntryRow, key: str) -> Duty:
    document = {"key": row.key, "title": row.title, **row.document}
    if row.register == BODIES:
        body = BodyBody.model_validate(document)
        found = {each.key: each.text for each in body.duties}
        parties = [(each.party, Part(each.part)) for each in body.matrix if each.duty == key]
        unit = None
    else:
        process = ProcessBody.model_validate(document)
        found = {f"{number}": text for number, text in enumerate(process.duties, 1)}
        parties, unit = [], process.unit if process.unit.startswith("unit/") else None
    if key not in found:
        raise chain.not_found("职责", "duty", key)
    return Duty(
        register=row.register,
        entry=row.key,
        body=row.title,
        key=key,
        text=found[key],
        parties=parties,
        unit=unit,
    )
