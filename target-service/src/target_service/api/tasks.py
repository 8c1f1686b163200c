"""Tasks over REST: drafted, issued, accepted, reported on, decided."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Path, Query, Response

from shared.kit.app import new_router
from shared.kit.clock import CAMPUS, now
from shared.kit.database import Transaction
from shared.kit.depending import made
from shared.kit.etags import etag_of
from shared.kit.known import wait_until_known
from shared.kit.openapi import also_there
from target_service.api.acting import Reading
from target_service.api.saving import READER, WRITER, Acts, Db, Wanted, answer_list
from target_service.api.seen import OF_A_TASK
from target_service.domain.reports import ReportState
from target_service.queries import tasks as queries
from target_service.schemas.tasks import (
    ReasonBody,
    ReportBody,
    ReportView,
    TaskBody,
    TaskDetail,
    TaskFilter,
    TaskKey,
    TaskSummary,
    TaskView,
)
from target_service.tables import TaskReportRow, TaskRow
from target_service.usecases import tasks
from target_service.usecases.tasks.telling import Act

TAGS: Final = ["tasks 任务"]
router = new_router(tags=TAGS, dependencies=OF_A_TASK)
KeyOfTask = Annotated[TaskKey, Path()]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
OnlyTasks = Annotated[TaskFilter, Query()]


def today() -> date:
    """Return the present campus date."""
    return now().astimezone(CAMPUS).date()


@dataclass(frozen=True, slots=True)
class Step:
    """A step with a task, and how it is answered."""

    acting: Acts

    async def move(self, do: Callable[[Transaction, Act], Awaitable[TaskRow]]) -> TaskDetail:
        """Take a step in one transaction; return the task as it stands then."""
        async with self.acting.transaction() as tx:
            row = await do(tx, self.acting.act())
            return await self.show(tx, row)

    async def decide(
        self, do: Callable[[Transaction, Act], Awaitable[TaskReportRow]]
    ) -> ReportView:
        """Write a report, or decide on one, in one transaction; return it."""
        async with self.acting.transaction() as tx:
            report = await do(tx, self.acting.act())
            self.acting.answer(report.version)
            return queries.read_report(report)

    async def show(self, tx: Transaction, row: TaskRow) -> TaskDetail:
        """Return a task to who took a step with it."""
        self.acting.answer(row.version)
        return await queries.get_task(tx, row.key, self.acting.actor, today())


Steps = Annotated[Step, Depends(made(Step))]


@router.post(
    "/tasks",
    status_code=201,
    summary="任务：起草或修改",
    dependencies=WRITER,
    responses=also_there(TaskDetail),
)
async def put_task(body: TaskBody, step: Steps) -> TaskDetail:
    """What changes once it is issued needs a ``reason``; it is kept with what it was before."""
    acting, response = step.acting, step.acting.response
    await wait_until_known(acting.db, lambda tx: tasks.knows_parties(tx, body))
    async with acting.transaction() as tx:
        put = await tasks.put_task(tx, body, acting.expect, acting.act())
        response.headers["Changed"] = "true" if put.changed else "false"
        if put.created:
            response.headers["Location"] = f"tasks/{quote(put.row.key, safe='@:')}"
        else:
            response.status_code = 200
        return await step.show(tx, put.row)


@router.get("/tasks", summary="任务列表", dependencies=READER)
async def list_tasks(response: Response, db: Db, wanted: Wanted, only: OnlyTasks) -> list[TaskView]:
    async with db.transaction() as tx:
        listed = await queries.list_tasks(tx, wanted, only, today())
    return answer_list(response, wanted, listed)


@router.get("/tasks/summary", summary="各状态的任务数", dependencies=READER)
async def summarise_tasks(db: Db, only: OnlyTasks) -> TaskSummary:
    async with db.transaction() as tx:
        return await queries.summarise_tasks(tx, only)


@router.get("/tasks/{key}", summary="任务及其报告", dependencies=READER)
async def get_task(key: KeyOfTask, db: Db, response: Response, by: Reading) -> TaskDetail:
    async with db.transaction() as tx:
        task = await queries.get_task(tx, key, by, today())
    # No 304: pace and conflicts change without a new version of the task.
    response.headers["ETag"] = etag_of(task.version)
    return task


@router.post("/tasks/{key}/issue", summary="任务：下达", dependencies=WRITER)
async def issue_task(key: KeyOfTask, step: Steps) -> TaskDetail:
    return await step.move(lambda tx, act: tasks.issue_task(tx, key, step.acting.expect, act))


@router.post("/tasks/{key}/accept", summary="任务：接受")
async def accept_task(key: KeyOfTask, step: Steps) -> TaskDetail:
    """By its owner, or whoever leads the unit that owns it."""
    return await step.move(lambda tx, act: tasks.accept_task(tx, key, step.acting.expect, act))


@router.post("/tasks/{key}/cancel", summary="任务：取消", dependencies=WRITER)
async def cancel_task(key: KeyOfTask, body: ReasonBody, step: Steps) -> TaskDetail:
    return await step.move(
        lambda tx, act: tasks.cancel_task(tx, key, body.reason, step.acting.expect, act)
    )


@router.post("/tasks/{key}/reports", status_code=201, summary="任务：报告进展")
async def report_progress(key: KeyOfTask, body: ReportBody, step: Steps) -> ReportView:
    """By its owner; ``If-Match`` compares the version of the task. Another person decides on it."""
    report = await step.decide(
        lambda tx, act: tasks.report_progress(tx, key, body, step.acting.expect, act)
    )
    step.acting.response.headers["Location"] = f"reports/{report.number}"
    return report


@router.get("/tasks/{key}/reports", summary="进展报告列表", dependencies=READER)
async def list_task_reports(
    key: KeyOfTask,
    db: Db,
    response: Response,
    wanted: Wanted,
    state: Annotated[ReportState | None, Query()] = None,
) -> list[ReportView]:
    async with db.transaction() as tx:
        listed = await queries.list_reports(tx, key, wanted, state)
    return answer_list(response, wanted, listed)


@router.post("/tasks/{key}/reports/{number}/approve", summary="进展报告：批准")
async def approve_report(key: KeyOfTask, number: Number, step: Steps) -> ReportView:
    """By another person than who reported, who leads the unit or scope of the task."""
    return await step.decide(
        lambda tx, act: tasks.approve_report(tx, key, number, step.acting.expect, act)
    )


@router.post("/tasks/{key}/reports/{number}/return", summary="进展报告：退回")
async def return_report(
    key: KeyOfTask, number: Number, body: ReasonBody, step: Steps
) -> ReportView:
    return await step.decide(
        lambda tx, act: tasks.return_report(tx, key, number, body.reason, step.acting.expect, act)
    )
