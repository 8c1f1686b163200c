"""Report progress, approve what was reported, send it back."""

from collections.abc import Mapping
from decimal import Decimal

from shared.contracts.target_tasks import TaskDone, TaskProgressed
from shared.kit.database import Transaction
from shared.kit.timers import set_timers
from shared.scopes import leads
from target_service.domain.pace import planned_share
from target_service.domain.reports import Reported, Said, check_decision, faults_of_report
from target_service.domain.standing import check_leader
from target_service.domain.tasks import Faults, TaskState, check_move, refuse
from target_service.repository import tasks as store
from target_service.schemas.tasks import ReportBody
from target_service.tables import TaskReportRow, TaskRow
from target_service.usecases.checks import Precondition
from target_service.usecases.inheriting import day_of
from target_service.usecases.tasks.clock import TASK
from target_service.usecases.tasks.moving import check_owns
from target_service.usecases.tasks.telling import (
    Act,
    How,
    close_approval,
    open_approval,
    publish,
    save,
    spell,
)


async def report_progress(
    tx: Transaction, key: str, body: ReportBody, expect: Precondition, act: Act
) -> TaskReportRow:
    """Report progress; it waits for another person, and takes the place of one that waited.

    Raises:
        NotYoursError: the caller is not the owner of the task.
        TaskInvalidError: with everything that is wrong.
        TaskStateError: the task is not accepted, or over.
    """
    row = await store.get(tx, key)
    expect(row.version)
    check_move("report", key, TaskState(row.state))
    await check_owns(tx, row, act.by)
    report = TaskReportRow(
        task=key,
        number=await store.next_number(tx, key),
        version=1,
        state="waiting",
        by=act.by.subject,
        at=act.at,
        **_values(body, act),
    )
    refuse([*_faults(row, report, act), *await _foreign(tx, body, act)])
    before = await store.waiting_report(tx, key)
    if before:
        before.state, before.version = "replaced", before.version + 1
        close_approval(tx, row, before, "replaced", act.by.subject)
    store.add(tx, report)
    if row.state == TaskState.ACCEPTED:
        row.state, row.started_on = TaskState.IN_PROGRESS, report.as_of
    await save(tx, row, "reported", act, changes={"report": [None, report.number]})
    open_approval(tx, row, report)
    return report


async def approve_report(
    tx: Transaction, key: str, number: int, expect: Precondition, act: Act
) -> TaskReportRow:
    """Let a report count; one of the whole makes the task done.

    Raises:
        OwnReportError: the caller reported it himself.
        NotYoursError: he does not lead the scope of the task.
        TaskStateError: the report does not wait.
    """
    row, report = await _to_decide(tx, key, number, expect, act)
    changes = {"progress": [spell(row.progress), spell(report.progress)]}
    row.progress = report.progress
    row.spent = row.spent if report.spent is None else report.spent
    if report.progress == 1:
        row.state, row.done_on, row.overdue_since = TaskState.DONE, report.as_of, None
        await set_timers(tx, TASK, {key: None})
    await _decide(tx, (row, report), ("approved", None), act, changes)
    publish(
        tx,
        TaskProgressed,
        row,
        act.at,
        planned=spell(planned_share(row.starts_on, row.ends_on, day_of(act.at))),
        budget=None if row.budget is None else spell(row.budget),
        spent=spell(row.spent),
        light=report.light,
        reported_by=report.by,
        approved_by=act.by.subject,
        done_on=row.done_on.isoformat() if row.state == TaskState.DONE and row.done_on else None,
    )
    if row.state == TaskState.DONE:
        publish(tx, TaskDone, row, act.at, done_on=report.as_of.isoformat())
    return report


async def return_report(
    tx: Transaction, key: str, number: int, reason: str, expect: Precondition, act: Act
) -> TaskReportRow:
    """Send a report back, with the reason.

    Raises:
        OwnReportError: the caller reported it himself.
        NotYoursError: he does not lead the scope of the task.
        TaskStateError: the report does not wait.
    """
    row, report = await _to_decide(tx, key, number, expect, act)
    await _decide(tx, (row, report), ("rejected", reason), act, {})
    return report


async def _to_decide(
    tx: Transaction, key: str, number: int, expect: Precondition, act: Act
) -> tuple[TaskRow, TaskReportRow]:
    row = await store.get(tx, key)
    report = await store.get_report(tx, key, number)
    expect(report.version)
    check_move("decide", key, TaskState(row.state))
    check_decision(report.state, number, act.by.subject, report.by)  # type: ignore[arg-type]
    scope = row.unit or row.scope
    check_leader(act.by, scope, leads=await leads(tx, scope, act.by.member))
    return row, report


async def _decide(
    tx: Transaction,
    about: tuple[TaskRow, TaskReportRow],
    verdict: tuple[How, str | None],
    act: Act,
    changes: Mapping[str, object],
) -> None:
    (row, report), (how, reason) = about, verdict
    report.state = "approved" if how == "approved" else "returned"
    report.version += 1
    report.decided_by, report.decided_at, report.reason = act.by.subject, act.at, reason
    await save(tx, row, f"report-{report.state}", act, reason=reason, changes=changes)
    close_approval(tx, row, report, how, act.by.subject)


def _values(body: ReportBody, act: Act) -> dict[str, object]:
    return {
        "progress": Decimal(body.progress),
        "said": body.said,
        "as_of": body.as_of or day_of(act.at),
        "spent": body.spent,
        "light": body.light,
        "evidence": [each.model_dump() for each in body.evidence],
    }


def _faults(row: TaskRow, report: TaskReportRow, act: Act) -> Faults:
    assert row.issued_at is not None
    said = Said(
        progress=report.progress,
        as_of=report.as_of,
        evidence=len(report.evidence),
        has_light=report.light is not None,
    )
    about = Reported(
        issued_on=day_of(row.issued_at),
        is_qualitative=row.qualitative,
        deliverables=len(row.deliverables),
    )
    return faults_of_report(said, about, day_of(act.at))


async def _foreign(tx: Transaction, body: ReportBody, act: Act) -> Faults:
    """Return the files that the caller did not upload: who knows a digest has not the file."""
    digests = [each.digest for each in body.evidence]
    own = await store.uploaded_by(tx, digests, act.by.subject)
    reason = "您没有上传过这个文件，先 POST /evidence (you have not uploaded it: do so first)"
    return [(f"$.evidence[{at}]", reason) for at, each in enumerate(digests) if each not in own]
