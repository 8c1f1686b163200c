"""The work list over REST."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from shared.kit.identity import Caller, current_caller
from shared.kit.paging import answer_page
from shared.kit.strict_json import StrictJsonRoute
from spiral_service.api.common import READ, Db, Paging
from spiral_service.queries import work as queries
from spiral_service.schemas.work import WorkFilter, WorkItem

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
        items, total, after = await queries.list_work(tx, only, caller, wanted)
    answer_page(response, wanted, total=total, next_after=after)
    return items
