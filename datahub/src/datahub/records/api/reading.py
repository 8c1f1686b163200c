"""Records by page, one record, its history, and the scopes that records make."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response

from datahub.dictionary.api import Known
from datahub.dictionary.api.seeing import Looks
from datahub.dictionary.domain.entity import Entity
from datahub.records import queries
from datahub.records.api.asking import (
    Moment,
    asking,
    json_response,
    known_entity,
    moment,
    tell_masked,
    tell_place,
)
from datahub.records.api.unchanged import READ, version_of
from datahub.records.domain.asking import Asking, RecordNotFoundError, read_asking
from datahub.records.domain.rekeying import RecordRekeyedError
from datahub.records.queries import Window
from datahub.records.repository.revisions import Revisions
from datahub.records.repository.seeing import Scopes, hidden_of, is_seen, list_seen_scopes
from shared.contracts.vocabulary import ScopeKey
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.etags import is_not_modified
from shared.kit.identity import Caller, current_caller, require
from shared.kit.paging import (
    Page,
    PageTokenError,
    after_number,
    answer_page,
    encode_token,
    page,
    question_of,
)

router = new_router(tags=["records 数据服务"], dependencies=[Depends(require(READ))])

Key = Annotated[str, Path(description="主键 · the record's key", examples=["C0001"])]
Records = Annotated[list[dict[str, Any]], "as PostgreSQL wrote them"]


@router.get("/records/{entity}", summary="记录列表", response_model=list[dict[str, Any]])
async def list_records(  # noqa: PLR0913, PLR0917 — what a question is made of
    request: Request,
    response: Response,
    db: Db,
    dictionary: Known,
    asked: Annotated[Asking, Depends(asking)],
    paging: Annotated[Page, Depends(page)],
    at: Annotated[Moment, Depends(moment)],
) -> Response:
    after, until = _bounds(paging)
    window = Window(limit=paging.limit, offset=paging.offset, after=after, until=until)
    revisions: Revisions = request.app.state.revisions
    revision = await revisions.of(db, asked.entity)
    # Which of them somebody sees may change without them.
    sees_all = asked.seen is None and asked.masking is None
    tag = version_of(request.scope, dictionary, revision) if sees_all else None
    if tag is not None and is_not_modified(request, response, tag):
        return Response(status_code=304, headers=dict(response.headers))
    async with db.reading() as reader:
        place = await at.place(reader)
        answer = await queries.read_page(reader, asked, window, place)
        total = await queries.count_records(reader, asked, place) if paging.total_count else None
    following = None if answer.last is None else [answer.last, until]
    answer_page(response, paging, total=total, next_after=following)
    tell_place(response, place)
    tell_masked(response, asked)
    return json_response(answer.body, response)


@router.get("/partitions/{entity}", summary="并行读取的分段")
async def list_partitions(
    request: Request,
    db: Db,
    asked: Annotated[Asking, Depends(asking)],
    _: Annotated[Moment, Depends(moment)],
    number: Annotated[int, Query(ge=1, le=64, description="段数 · how many parts")] = 4,
) -> dict[str, list[str]]:
    async with db.reading() as reader:
        # A cut is the key of a record, which may be another one's.
        number = number if asked.seen is None else 1
        cuts = await queries.cut_keys(reader, asked.entity, number)
    if asked.descending:
        cuts.reverse()
    query = [pair for pair in request.query_params.multi_items() if pair[0] != "number"]
    question = question_of(request.url.path.replace("/partitions/", "/records/", 1), query)
    bounds = zip([None, *cuts], [*cuts, None], strict=True)
    return {"pageTokens": [encode_token([after, until], question) for after, until in bounds]}


@router.get("/records/{entity}/{key:path}", summary="记录", response_model=dict[str, Any])
async def get_record(  # noqa: PLR0913, PLR0917 — the query parameters of the contract
    request: Request,
    response: Response,
    db: Db,
    entity: Annotated[Entity, Depends(known_entity)],
    key: Key,
    caller: Annotated[Caller, Depends(current_caller)],
    eyes: Looks,
    at: Annotated[Moment, Depends(moment)],
    fields: Annotated[str | None, Query(max_length=4000)] = None,
) -> Response:
    seen = await eyes.of(entity)
    masking = await eyes.masking_of(entity)
    asked = replace(read_asking(entity, [], fields=fields, masking=masking), seen=seen)
    async with db.reading() as reader:
        place = await at.place(reader)
        may = {"rekey": caller.may("datahub:write")}
        found = await queries.read_record(reader, asked, key, place, may)
        moved = None if found else await queries.find_moved(reader, entity, key)
        if moved is not None and not await is_seen(reader, entity, seen, moved):
            moved = None
    if found is None and moved is not None:
        raise RecordRekeyedError(entity, key, moved)
    if found is None:
        raise RecordNotFoundError(f"{entity.zh}没有 {key}", f"no {entity.name} has the key {key}")
    version, body = found
    tell_place(response, place)
    tell_masked(response, asked)
    if is_not_modified(request, response, version):
        return Response(status_code=304, headers=dict(response.headers))
    return json_response(body, response)


@router.get(
    "/history/{entity}/{key:path}", summary="记录的历史", response_model=list[dict[str, Any]]
)
async def get_record_history(
    response: Response,
    db: Db,
    entity: Annotated[Entity, Depends(known_entity)],
    key: Key,
    paging: Annotated[Page, Depends(page)],
    eyes: Looks,
) -> Response:
    seen = await eyes.of(entity)
    async with db.reading() as reader:
        moved = await queries.find_moved(reader, entity, key) if seen is not None else None
        if not await is_seen(reader, entity, seen, moved or key):
            raise _never(entity, key)
        masking = await eyes.masking_of(entity)
        hidden = await hidden_of(reader, entity, masking, moved or key)
        answer = await queries.read_history(
            reader, entity, key, limit=paging.limit, before=after_number(paging), hidden=hidden
        )
        if paging.after is None and not await queries.was_ever(reader, entity, key):
            raise _never(entity, key)
    following = None if answer.last is None else [int(answer.last)]
    answer_page(response, paging, total=None, next_after=following)
    return json_response(answer.body, response)


def _never(entity: Entity, key: str) -> RecordNotFoundError:
    return RecordNotFoundError(
        f"{entity.zh}从未有过 {key}", f"no {entity.name} ever had the key {key}"
    )


@router.get("/scopes", summary="诊改对象")
async def list_scopes(  # noqa: PLR0913, PLR0917 — what a question is made of
    db: Db,
    dictionary: Known,
    eyes: Looks,
    kind: Annotated[list[str] | None, Query()] = None,
    scope: Annotated[
        list[ScopeKey] | None, Query(max_length=200, description="只要这些对象；没有的不在应答中")
    ] = None,
    q: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=60,
            pattern=r"^[^\x00]*$",
            description="名称或编号的一部分，或拼音首字母 · part of a name or key, or initials",
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[dict[str, Any]]:
    which = Scopes(kinds=kind or [], scopes=scope, asked=q)
    seen = await eyes.scopes()
    async with db.reading() as reader:
        return await list_seen_scopes(reader, dictionary, which, limit, seen)


def _bounds(paging: Page) -> tuple[str | None, str | None]:
    """Return the keys between which a page lies, from its token.

    Raises:
        PageTokenError: the token holds something else.
    """
    match paging.after:
        case None:
            return None, None
        case [(str() | None) as after, (str() | None) as until] if "\0" not in f"{after}{until}":
            return after, until
        case _:
            raise PageTokenError(
                "pageToken 不是本服务给出的", "this service did not give that pageToken"
            )
