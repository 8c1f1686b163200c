"""S8, the one-page sheet of an object, a plan or a goal, with its tasks and what can be done."""

from functools import partial
from typing import Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from gateway.access.api import SignedIn
from gateway.access.schemas import Visitor
from gateway.portal.api.screens import (
    NO_TROUBLE,
    Given,
    MaybeVisitor,
    Trouble,
    act,
    show,
    told_done,
)
from gateway.portal.domain.words import Words
from gateway.portal.queries import sheets as queries
from gateway.portal.queries.services import Services, names

router = APIRouter(include_in_schema=False)

PAGE: Final = "/sheets"
Step = Literal["issue", "accept", "cancel", "reports"]
Decision = Literal["approve", "return"]


@router.get(PAGE)
async def sheet_page(request: Request, visitor: MaybeVisitor) -> Response:
    """Answer the sheet of an object; that of the school where none is named."""
    return await _sheet(request, visitor, None, None, NO_TROUBLE)


@router.get(PAGE + "/tasks/{key}")
async def task_page(request: Request, visitor: MaybeVisitor, key: str) -> Response:
    """Answer the sheet on which a task stands, with that task unfolded."""
    return await _sheet(request, visitor, None, key, NO_TROUBLE)


@router.post("/portal/tasks/{key}/{step}")
async def take_step(request: Request, visitor: SignedIn, key: str, step: Step) -> Response:
    """Issue a task, accept it, cancel it, or report on it."""

    async def work(services: Services, given: Given) -> str:
        body: dict[str, Any] | None = None
        if step == "reports":
            body = queries.report_of(given)
        elif step == "cancel":
            body = {"reason": given.get("reason", "")}
        await services.act("target", f"tasks/{quote(key)}/{step}", body)
        return told_done(f"{PAGE}/tasks/{quote(key)}", "task-done")

    return await act(request, visitor, work, partial(_sheet, request, visitor, None, key), step)


@router.post("/portal/tasks/{key}/reports/{number}/{decision}")
async def decide(
    request: Request, visitor: SignedIn, key: str, number: int, decision: Decision
) -> Response:
    """Approve a report, or return it with a reason."""

    async def work(services: Services, given: Given) -> str:
        body = {"reason": given.get("reason", "")} if decision == "return" else None
        path = f"tasks/{quote(key)}/reports/{number}/{decision}"
        await services.act("target", path, body)
        return told_done(f"{PAGE}/tasks/{quote(key)}", "task-done")

    again = partial(_sheet, request, visitor, None, key)
    return await act(request, visitor, work, again, "decide")


async def _sheet(
    request: Request,
    visitor: Visitor | None,
    of: str | None,
    key: str | None,
    trouble: Trouble,
) -> Response:
    asked = of or request.query_params.get("of")

    async def load(services: Services, _words: Words) -> dict[str, Any]:
        task = await queries.get_task(services, key) if key else None
        shown = asked or (task.scope if task else await queries.school(services))
        sheet, tasks = await queries.sheet(services, shown)
        people = [each.leads for each in tasks]
        people += [task.leads, *(each.by for each in task.reports)] if task else []
        told = {"of": shown, "sheet": sheet, "tasks": tasks, "task": task}
        told["money"] = await queries.money(services, shown) if sheet else None
        return told | {"names": await names(services, [*people, shown])}

    return await show(request, visitor, "sheets.html", load, trouble)
