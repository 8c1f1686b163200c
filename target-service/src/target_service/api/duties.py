"""Duties of bodies and processes over REST: each becomes a task."""

from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Request, Response

from shared.kit.clock import now
from shared.kit.depending import made
from shared.kit.etags import etag_of
from shared.kit.openapi import also_there
from shared.kit.strict_json import StrictJsonRoute
from target_service.api.acting import actor_of
from target_service.api.saving import Db, Writer
from target_service.api.tasks import today
from target_service.domain.duties import BODIES, PROCESSES
from target_service.queries import tasks as queries
from target_service.schemas.common import Key
from target_service.schemas.duties import DutyTaskBody
from target_service.schemas.tasks import TaskDetail
from target_service.usecases.duties import draft_duty
from target_service.usecases.tasks.telling import Act

router = APIRouter(route_class=StrictJsonRoute)

REGISTERS: Final = {BODIES: ("机构", "diagnose"), PROCESSES: ("工作流程", "1")}
"""What an entry is called, and a duty of the example."""


@dataclass(frozen=True, slots=True)
class Drafting:
    """Who drafts, and how it is answered."""

    request: Request
    response: Response
    db: Db
    caller: Writer

    async def draft(self, place: tuple[str, str, str], body: DutyTaskBody) -> TaskDetail:
        """Draft the task of a duty in one transaction; return the one that stands then."""
        act = Act(actor_of(self.caller), now())
        async with self.db.transaction(correlation=self.request.state.request_id) as tx:
            put = await draft_duty(tx, place, body, act)
            view = await queries.get_task(tx, put.row.key, act.by, today())
        headers = self.response.headers
        headers["ETag"] = etag_of(put.row.version)
        headers["Changed"] = "true" if put.changed else "false"
        if put.created:
            headers["Location"] = f"/v1/tasks/{quote(put.row.key, safe='@:')}"
        else:
            self.response.status_code = 200
        return view


Drafts = Annotated[Drafting, Depends(made(Drafting))]


def _add(register: str, zh: str, example: str) -> None:
    entry = "example-body" if register == BODIES else "example-process"
    name = f"draft_task_of_{'body' if register == BODIES else 'process'}"

    async def draft(
        key: Annotated[Key, Path(examples=[entry])],
        duty: Annotated[str, Path(min_length=1, max_length=40, examples=[example])],
        body: DutyTaskBody,
        drafting: Drafts,
    ) -> TaskDetail:
        return await drafting.draft((register, key, duty), body)

    tags: list[Any] = [f"{register} {zh}"]
    router.post(
        f"/{register}/{{key:path}}/duties/{{duty}}/task",
        status_code=201,
        summary=f"{zh}：职责转为任务",
        description=(
            "起草一项任务；已有未完成的任务时即答以那一项 · "
            "draft a task; where one that serves the duty is not done yet, it is answered"
        ),
        tags=tags,
        name=name,
        responses=also_there(TaskDetail),
    )(draft)


for _register, (_zh, _example) in REGISTERS.items():
    _add(_register, _zh, _example)
