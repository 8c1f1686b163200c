"""Cycles over REST: open, move, close, put on another version, and look back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Path, Query, Request, Response

from shared.kit.app import new_router
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.depending import made
from shared.kit.etags import Expect, etag_of
from shared.kit.known import wait_until_known
from shared.kit.moments import Moment
from shared.kit.openapi import also_there
from shared.kit.paging import answer_page
from spiral_service.api.common import READ, WRITE, Db, Paging, Reader, TakesPart
from spiral_service.api.seen import OF_A_CYCLE
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.moving import Act
from spiral_service.queries import cycles as queries
from spiral_service.queries import migrations
from spiral_service.schemas.common import CycleKey
from spiral_service.schemas.cycles import (
    CloseCycle,
    CycleDetail,
    CycleFilter,
    CycleSummary,
    EntryView,
    FileForm,
    MigrationView,
    MoveCycle,
    OpenCycle,
)
from spiral_service.schemas.deadlines import ReplanDeadline
from spiral_service.schemas.definitions import MigrationBody
from spiral_service.usecases import cycles as usecases
from spiral_service.usecases import deadlines, moving
from spiral_service.usecases.moving import Turn
from spiral_service.usecases.scopes import knows_scope

TAGS: Final = ["cycles 诊改周期"]
router = new_router(prefix="/cycles", tags=TAGS, dependencies=OF_A_CYCLE)
KeyOfCycle = Annotated[CycleKey, Path()]
AsOf = Annotated[
    Moment | None, Query(alias="asOf", description="当时的状态 · as it stood at an instant")
]
Reference = Annotated[
    str,
    Query(
        pattern=r"^[a-z][a-z0-9_]*@[1-9][0-9]{0,8}$",
        description="改用的定义及版本 · the definition and version to go to",
        examples=["course_construction@1"],
    ),
]


@dataclass(frozen=True, slots=True)
class Acting:
    """What every step with a cycle needs, and how it is answered."""

    request: Request
    response: Response
    db: Db
    expect: Expect
    actor: TakesPart

    def turn(self, reason: str) -> Turn:
        """Return who acts, now, and on which version."""
        act = Act(by=self.actor.subject, at=now(), reason=reason)
        return Turn(actor=self.actor, act=act, expect=self.expect)

    async def do(self, step: Callable[[Transaction], Awaitable[Cycle]]) -> CycleDetail:
        """Take a step in one transaction; return the cycle as it stands then."""
        async with self.db.transaction(correlation=self.request.state.request_id) as tx:
            cycle = await step(tx)
            self.response.headers["ETag"] = etag_of(cycle.version)
            return await queries.get_cycle(tx, cycle.key, self.actor)


Acts = Annotated[Acting, Depends(made(Acting))]


@router.post(
    "",
    status_code=201,
    summary="开启诊改周期",
    dependencies=[WRITE],
    responses=also_there(CycleDetail),
)
async def open_cycle(
    request: Request,
    response: Response,
    body: OpenCycle,
    db: Db,
    expect: Expect,
    reader: Reader,
) -> CycleDetail:
    # Its record may have been pushed just now.
    await wait_until_known(db, lambda tx: knows_scope(tx, body.scope))
    async with db.transaction(correlation=request.state.request_id) as tx:
        act = Act(by=reader.subject, at=now())
        cycle, is_new = await usecases.open_cycle(tx, body, act)
        expect(None if is_new else cycle.version)
        answer = await queries.get_cycle(tx, cycle.key, reader)
    response.headers["ETag"] = etag_of(answer.version)
    if is_new:
        response.headers["Location"] = f"cycles/{quote(answer.key)}"
    else:
        response.status_code = 200
        response.headers["Changed"] = "false"
    return answer


@router.get("", summary="诊改周期列表", dependencies=[READ])
async def list_cycles(
    response: Response,
    db: Db,
    wanted: Paging,
    reader: Reader,
    only: Annotated[CycleFilter, Query()],
) -> list[CycleSummary]:
    async with db.transaction() as tx:
        items, total, after = await queries.list_cycles(tx, only, wanted, reader)
    answer_page(response, wanted, total=total, next_after=after)
    return items


@router.post("/{key:path}/moves", summary="周期流转")
async def move_cycle(key: KeyOfCycle, body: MoveCycle, acts: Acts) -> CycleDetail:
    """Through the gates of its step; inside the routine loop also back.

    A leader may force a move (spiral:lead): gates are lifted, the way is not; it is shown for ever.
    """
    turn = acts.turn(body.reason)
    return await acts.do(lambda tx: moving.move_cycle(tx, key, body.to, turn, force=body.force))


@router.post("/{key:path}/closing", summary="结束诊改周期")
async def close_cycle(key: KeyOfCycle, body: CloseCycle, acts: Acts) -> CycleDetail:
    """At its end; orange and red alerts are settled by then, or carried over with a reason each."""
    carried = {each.alert: each.reason for each in body.carried}
    turn = acts.turn(body.reason)
    return await acts.do(lambda tx: moving.close_cycle(tx, key, carried, turn))


@router.post("/{key:path}/deadlines", summary="重排时限")
async def replan_deadline(key: KeyOfCycle, body: ReplanDeadline, acts: Acts) -> CycleDetail:
    """Plan a deadline of a running cycle anew: who leads its scope or all, or runs cycles.

    Reminders and the ladder begin anew with it; what was planned before is kept, and the reason.
    """
    turn = acts.turn(body.reason)
    return await acts.do(
        lambda tx: deadlines.replan_deadline(tx, key, body.clock, body.due_at, turn)
    )


@router.post("/{key:path}/filings", summary="填写环节表单")
async def file_form(key: KeyOfCycle, body: FileForm, acts: Acts) -> CycleDetail:
    """The form that the step of the cycle asks for; what was filled in before is kept."""
    turn = acts.turn("")
    return await acts.do(lambda tx: moving.file_form(tx, key, body.form, body.data, turn))


@router.post("/{key:path}/migrations", summary="改用定义的另一版本")
async def migrate_cycle(key: KeyOfCycle, body: MigrationBody, acts: Acts) -> CycleDetail:
    """Look at the preview first: ``GET /cycles/{key}/migration``. It takes a leader."""
    turn = acts.turn(body.reason)
    to, step = body.definition, body.step
    return await acts.do(lambda tx: moving.migrate_cycle(tx, key, to, step, turn))


@router.get("/{key:path}/migration", summary="预览改用另一版本", dependencies=[READ])
async def preview_migration(
    key: KeyOfCycle,
    db: Db,
    definition: Reference,
    step: Annotated[str | None, Query(description="落在哪个环节 · where it shall stand")] = None,
) -> MigrationView:
    """Which step becomes which, what is different, and which gates newly block."""
    async with db.transaction() as tx:
        return await migrations.preview(tx, key, definition, step, now())


@router.get("/{key:path}/entries", summary="周期的经过", dependencies=[READ])
async def list_entries(key: KeyOfCycle, db: Db) -> list[EntryView]:
    """Who did what with it, when, why, and on which facts."""
    async with db.transaction() as tx:
        return await queries.list_entries(tx, key)


@router.get("/{key:path}", summary="诊改周期", dependencies=[READ])
async def get_cycle(
    response: Response, key: KeyOfCycle, db: Db, reader: Reader, as_of: AsOf = None
) -> CycleDetail:
    async with db.transaction() as tx:
        if as_of is None:
            answer = await queries.get_cycle(tx, key, reader)
        else:
            answer = await queries.get_cycle_as_of(tx, key, as_of)
    response.headers["ETag"] = etag_of(answer.version)
    return answer
