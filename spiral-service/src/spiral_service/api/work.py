"""The work list over REST."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from shared.contracts.steps import CYCLE_STEP
from shared.errors import DomainError
from shared.kit.clock import now
from shared.kit.depending import made
from shared.kit.etags import check_version
from shared.kit.identity import Caller, current_caller
from shared.kit.paging import answer_page
from shared.kit.strict_json import StrictJsonRoute
from spiral_service.api.common import READ, Db, Paging, SeenDb, TakesPart
from spiral_service.domain.moving import Act
from spiral_service.queries import work as queries
from spiral_service.queries.seeing import seen_cycle
from spiral_service.schemas.work import ActBody, ActItem, ActView, WorkCounts, WorkFilter, WorkItem
from spiral_service.usecases.acting import cycle_of, leave_step
from spiral_service.usecases.moving import Turn

router = APIRouter(prefix="/work-items", tags=["work 待办"], route_class=StrictJsonRoute)


@router.get("", summary="待办", dependencies=[READ])
async def list_work(
    response: Response,
    db: Db,
    wanted: Paging,
    caller: Annotated[Caller, Depends(current_caller)],
    only: Annotated[WorkFilter, Query()],
) -> list[WorkItem]:
    """Human steps anywhere in the suite; unless asked otherwise those that the caller may do.

    The service of a step says who may: by permission, and by whose scopes they are.
    """
    async with db.transaction() as tx:
        items, total, after = await queries.list_work(tx, only, caller, wanted, now())
    answer_page(response, wanted, total=total, next_after=after)
    return items


@router.get("/counts", summary="待办数量", dependencies=[READ])
async def count_work(
    db: Db,
    caller: Annotated[Caller, Depends(current_caller)],
    only: Annotated[WorkFilter, Query()],
) -> WorkCounts:
    """How much there is, how much of it is overdue or due soon, and of which kinds."""
    async with db.transaction() as tx:
        return await queries.count_work(tx, only, caller, now())


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who does steps, and what of them is there for him."""

    request: Request
    db: Db
    seen: SeenDb
    caller: Annotated[Caller, Depends(current_caller)]
    actor: TakesPart

    async def leave(self, item: ActItem, reason: str) -> ActView:
        """Leave the step of a cycle; say what became of it."""
        async with self.seen.transaction() as tx:
            link = await queries.find_link(tx, item.step, self.caller)
        if not item.step.startswith(CYCLE_STEP):
            zh, en = "请在其页面办理", "do it on its page"
            return ActView(step=item.step, done=False, code="elsewhere", zh=zh, en=en, link=link)
        act = Act(by=self.actor.subject, at=now(), reason=reason)
        turn = Turn(actor=self.actor, act=act, expect=partial(check_version, item.version))
        try:
            async with self.seen.transaction() as tx:
                await seen_cycle(tx, cycle_of(item.step))
            async with self.db.transaction(correlation=self.request.state.request_id) as tx:
                cycle = await leave_step(tx, item.step, turn)
        except DomainError as error:
            zh, en = error.zh, error.en
            return ActView(step=item.step, done=False, code=error.code, zh=zh, en=en, link=link)
        zh, en = f"周期现在 {cycle.step}", f"the cycle stands at {cycle.step}"
        if cycle.state == "closed":
            zh, en = "周期已结束", "the cycle is closed"
        return ActView(step=item.step, done=True, code=None, zh=zh, en=en, link=link)


@router.post("/acts", summary="批量办理")
async def act_on_work(body: ActBody, desk: Annotated[_Desk, Depends(made(_Desk))]) -> list[ActView]:
    """Leave the steps of several cycles, each for itself: one answer an item, in their order.

    Steps of other services, and those that ask for more than to be left, are done on their pages.
    """
    return [await desk.leave(each, body.reason) for each in body.items]
