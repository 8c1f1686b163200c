"""REST of what goes out: change feed, records, scopes."""

from typing import Annotated, Any, ClassVar

from fastapi import Depends, Query, Request, Response

from datahub.changes import queries, repository
from datahub.dictionary.api import Known, find_entity
from shared.contracts.vocabulary import ScopeKey
from shared.errors import DomainError, ErrorKind
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.etags import is_not_modified
from shared.kit.identity import require
from shared.kit.paging import INT64, Page, after_text, answer_page, page

router = new_router(tags=["records 数据服务"], dependencies=[Depends(require("datahub:read"))])


class RecordNotFoundError(DomainError):
    """No live record has that key."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "record-not-found"
    title_zh: ClassVar = "没有这条记录"
    title_en: ClassVar = "No such record"


@router.get("/changes", summary="变更流")
async def list_changes(
    response: Response,
    db: Db,
    dictionary: Known,
    after: Annotated[int, Query(ge=0, le=INT64 - 1000)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[dict[str, Any]]:
    async with db.transaction() as tx:
        response.headers["Feed-Watermark"] = str(await repository.read_watermark(tx))
        return list(await repository.list_changes(tx, after, limit, dictionary))


@router.get("/records/{entity}", summary="记录列表")
async def list_records(
    response: Response,
    db: Db,
    dictionary: Known,
    entity: str,
    asked: Annotated[Page, Depends(page)],
) -> list[dict[str, Any]]:
    known = find_entity(dictionary, entity)
    async with db.transaction() as tx:
        rows = await queries.list_records(
            tx, known, limit=asked.limit, offset=asked.offset, after=after_text(asked)
        )
        total = await queries.count_records(tx, known) if asked.total_count else None
    answer_page(
        response,
        asked,
        total=total,
        next_after=[rows[-1]["key"]] if len(rows) == asked.limit else None,
    )
    return rows


@router.get("/records/{entity}/{key:path}", summary="记录")
async def get_record(
    request: Request, response: Response, db: Db, dictionary: Known, entity: str, key: str
) -> Any:
    known = find_entity(dictionary, entity)
    async with db.transaction() as tx:
        found = await queries.get_record(tx, known, key)
    if found is None:
        raise RecordNotFoundError(f"{known.zh}没有 {key}", f"no {entity} has the key {key}")
    if is_not_modified(request, response, found["version"]):
        return Response(status_code=304, headers=dict(response.headers))
    return found


@router.get("/scopes", summary="诊改对象")
async def list_scopes(
    db: Db,
    dictionary: Known,
    kind: Annotated[list[str] | None, Query()] = None,
    scope: Annotated[
        list[ScopeKey] | None, Query(max_length=200, description="只要这些对象；没有的不在应答中")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[dict[str, Any]]:
    which = queries.Scopes(kinds=kind or [], scopes=scope)
    async with db.transaction() as tx:
        return await queries.list_scopes(tx, dictionary, which, limit)
