"""Programmes over REST: put one, look at what it would open, and see what it opened."""

from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Path, Request, Response

from shared.kit.app import new_router
from shared.kit.clock import now
from shared.kit.etags import Expect, etag_of
from shared.kit.openapi import also_there
from spiral_service.api.common import READ, WRITE, Db, Reader
from spiral_service.queries import programmes as queries
from spiral_service.schemas.programmes import Key, PreviewView, ProgrammeBody, ProgrammeView
from spiral_service.usecases import programmes as usecases

TAGS: Final = ["programmes 诊改计划"]
router = new_router(prefix="/programmes", tags=TAGS)


@router.get("", summary="诊改计划列表", dependencies=[READ])
async def list_programmes(db: Db) -> list[ProgrammeView]:
    async with db.transaction() as tx:
        return await queries.list_programmes(tx, now())


@router.post(
    "",
    status_code=201,
    summary="制定诊改计划",
    dependencies=[WRITE],
    responses=also_there(ProgrammeView),
)
async def put_programme(
    request: Request,
    response: Response,
    body: ProgrammeBody,
    db: Db,
    expect: Expect,
    reader: Reader,
) -> ProgrammeView:
    """Cycles open for every scope that is chosen, as each period begins: look at a preview first.

    Unless it is paused, what is due opens at once; new scopes get theirs the day after.
    """
    async with db.transaction(correlation=request.state.request_id) as tx:
        at = now()
        row, is_new, changed = await usecases.put_programme(tx, body, expect, reader.subject, at)
        answer = await queries.get_programme_view(tx, row.key, at)
    response.headers["ETag"] = etag_of(answer.version)
    if is_new:
        response.headers["Location"] = f"programmes/{quote(answer.key)}"
    else:
        response.status_code = 200
        response.headers["Changed"] = str(changed).lower()
    return answer


@router.post("/preview", summary="预览诊改计划", dependencies=[WRITE])
async def preview_programme(body: ProgrammeBody, db: Db) -> PreviewView:
    """How many cycles it would open now, and which scopes get none, and why."""
    async with db.transaction() as tx:
        return await queries.preview(tx, body, now())


@router.get("/{key}", summary="诊改计划", dependencies=[READ])
async def get_programme(response: Response, key: Annotated[Key, Path()], db: Db) -> ProgrammeView:
    async with db.transaction() as tx:
        answer = await queries.get_programme_view(tx, key, now())
    response.headers["ETag"] = etag_of(answer.version)
    return answer
