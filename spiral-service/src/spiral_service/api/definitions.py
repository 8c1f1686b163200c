"""Definitions of the spiral over REST: read, lint, compare, publish the college's own."""

from typing import Annotated, Final

from fastapi import Path, Query, Request, Response

from shared.contracts.vocabulary import ScopeKey
from shared.kit.app import new_router
from shared.kit.clock import now
from shared.kit.etags import Expect, etag_of
from shared.kit.openapi import also_there
from spiral_service.api.common import READ, WRITE, Db, Reader
from spiral_service.queries import definitions as queries
from spiral_service.schemas.definitions import (
    DefinitionBody,
    DefinitionSummary,
    DefinitionView,
    DifferenceView,
    LintView,
)
from spiral_service.usecases import definitions as usecases

TAGS: Final = ["definitions 螺旋定义"]
router = new_router(prefix="/definitions", tags=TAGS)
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["figure_eight"])]
Version = Annotated[int, Query(ge=1, le=2**31 - 1, examples=[1])]


@router.get("", summary="螺旋定义列表", dependencies=[READ])
async def list_definitions(
    db: Db, scope: Annotated[ScopeKey | None, Query(description="适用于该对象的")] = None
) -> list[DefinitionSummary]:
    """The newest version of each: those of the product, and those of the college."""
    async with db.transaction() as tx:
        return await queries.list_definitions(tx, scope)


@router.post(
    "",
    status_code=201,
    summary="发布螺旋定义",
    dependencies=[WRITE],
    responses=also_there(DefinitionView),
)
async def publish_definition(
    request: Request,
    response: Response,
    body: DefinitionBody,
    db: Db,
    expect: Expect,
    reader: Reader,
) -> DefinitionView:
    """Of a name of its own, or the college's version of a shipped one (numbered from 1001).

    Cycles that run stay on their version, until they are put on another one.
    """
    async with db.transaction(correlation=request.state.request_id) as tx:
        by = reader.subject
        version, is_new = await usecases.publish_definition(tx, body, expect, by, now())
        answer = await queries.get_definition(tx, body.definition, version)
    response.headers["ETag"] = etag_of(version)
    if is_new:
        response.headers["Location"] = f"definitions/{body.definition}?version={version}"
    else:
        response.status_code = 200
        response.headers["Changed"] = "false"
    return answer


@router.post("/lint", summary="检查螺旋定义", dependencies=[READ])
async def lint_definition(body: DefinitionBody) -> LintView:
    """Everything that contradicts itself, by JSON path; nothing is stored."""
    return queries.lint_definition(body)


@router.get("/{name}/differences", summary="比较定义的两个版本", dependencies=[READ])
async def compare_versions(
    name: Name,
    db: Db,
    before: Annotated[Version, Query(alias="from")],
    after: Annotated[Version, Query(alias="to")],
) -> list[DifferenceView]:
    async with db.transaction() as tx:
        return await queries.compare_versions(tx, name, before, after)


@router.get("/{name}", summary="螺旋定义", dependencies=[READ])
async def get_definition(
    response: Response, name: Name, db: Db, version: Version | None = None
) -> DefinitionView:
    """One version; the newest where none is named. Its document can be published again."""
    async with db.transaction() as tx:
        answer = await queries.get_definition(tx, name, version)
    response.headers["ETag"] = etag_of(answer.version)
    return answer
