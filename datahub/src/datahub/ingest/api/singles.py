"""One record a request."""

import hashlib
import re
from functools import partial
from typing import Annotated, Any, ClassVar, Final
from urllib.parse import quote

import msgspec
from fastapi import Body, Depends, Header, Path, Query, Request, Response

from datahub.ingest.api.batches import WhichFeedError
from datahub.ingest.domain.exponents import as_written
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.ledger import Verdict
from datahub.ingest.schemas.batches import DORM_CHECK, RecordOut, VerdictOut
from datahub.ingest.usecases.singles import Single, Singles, Told
from datahub.systems.domain.system import check_push
from shared.errors import DomainError, ErrorKind
from shared.kit.app import new_router
from shared.kit.etags import CONDITIONS, Expect, check_preconditions, etag_of
from shared.kit.idempotency import HEADER, Keyed
from shared.kit.identity import Caller, current_caller, require
from shared.kit.strict_json import JSON, StrictJsonRequest, answered_by

router = new_router(tags=["ingest 数据接入"])


ENTITY: Final = "^[a-z0-9_]{1,64}$"
SOURCE: Final = "^[a-z0-9_-]{1,32}$"
MAX_FEED: Final = 80

_NOT_PLAIN: Final = CONDITIONS | {HEADER, "content-encoding"}
"""Headers of requests that the framework looks at."""

_may_write: Final = require("datahub:write")


class PutAsideError(DomainError):
    """The record has no place among the others; it is kept, with the reasons."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "record-put-aside"
    title_zh: ClassVar = "记录未入库，已存入隔离区"
    title_en: ClassVar = "The record was put aside"


async def get_singles(
    request: Request,
    entity: Annotated[str, Path(pattern=ENTITY, examples=["dorm_check"])],
) -> Singles:
    """Return what takes single records of an entity in.

    It takes what it needs from the application itself: each dependency costs a request as much as
    its record's place in a round.
    """
    state = request.app.state
    database, dictionaries = state.database, state.dictionaries
    (await dictionaries.of(database)).entity(entity)
    kept: dict[str, Singles] = state.singles
    if entity not in kept:
        kept[entity] = Singles(database, dictionaries, state.inspector)
    return kept[entity]


async def answer_plain(request: StrictJsonRequest) -> Response | None:
    """Answer a request of one record that has no condition and no key."""
    entity, asked = request.path_params["entity"], request.query_params.multi_items()
    by_name = dict(asked)
    feed, source = by_name.pop("feed", None), by_name.pop("source", None)
    is_plain = (
        request.headers.get("content-type") == JSON
        and not _NOT_PLAIN & {*request.headers.keys()}
        and len(asked) == (feed is not None) + (source is not None)
        and re.fullmatch(ENTITY, entity)
        and (source is None or re.fullmatch(SOURCE, source))
        and len(feed or "") <= MAX_FEED
    )
    if not is_plain or not await request.body():
        return None
    record = await request.json()
    if not isinstance(record, dict):
        return None
    caller = await _may_write(await current_caller(request))
    answer = Response(media_type=JSON)
    singles = await get_singles(request, entity)
    expect = partial(check_preconditions, request)
    told = await post_record(request, answer, singles, entity, record, caller, expect, source, feed)
    answer.body = told.model_dump_json().encode()
    answer.headers["content-length"] = str(len(answer.body))
    return answer


@router.post(
    "/records/{entity}",
    summary="保存一条记录",
    responses={201: {"model": RecordOut}, 202: {"model": RecordOut}},
)
@answered_by(answer_plain)
async def post_record(  # noqa: PLR0913, PLR0917 — the parameters of the contract
    request: Request,
    response: Response,
    singles: Annotated[Singles, Depends(get_singles)],
    entity: str,
    record: Annotated[
        dict[str, Any],
        Body(examples=[DORM_CHECK]),
    ],
    caller: Annotated[Caller, Depends(_may_write)],
    expect: Expect,
    source: Annotated[str | None, Query(pattern=SOURCE, examples=["student_affairs"])] = None,
    feed: Annotated[str | None, Query(max_length=MAX_FEED)] = None,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
) -> RecordOut:
    if feed is None and source is None:
        raise WhichFeedError(
            "请给出 feed 或 source",
            "name a feed or a source",
            fields={"query.feed": ["没有 source 时必填 (required unless source is given)"]},
        )
    rights = await request.app.state.pushers.rights(request.app.state.database)

    def allow(found: Feed) -> None:
        sees_to_all = caller.may("datahub:admin")
        check_push(rights, caller.subject, found.source, entity, sees_to_all=sees_to_all)

    keyed = None
    if idempotency_key:
        digest = hashlib.sha256(msgspec.json.encode([entity, feed, source, record])).hexdigest()
        keyed = Keyed(caller.subject, idempotency_key, digest)
    [written] = as_written([record], await request.body(), lambda found: [found])
    told = await singles.push(
        Single(
            entity=entity,
            feed=feed,
            source=source,
            record=written,
            correlation=request.state.request_id,
            check=expect if CONDITIONS & {*request.headers.keys()} else None,
            keyed=keyed,
            allow=allow,
        )
    )
    return _answer(response, entity, told)


def _answer(response: Response, entity: str, told: Told) -> RecordOut:
    fates = {each.verdict for each in told.verdicts}
    if fates - {Verdict.PARKED}:
        fields: dict[str, list[str]] = {}
        for each in told.verdicts:
            fields.setdefault(each.path, []).append(f"{each.code}: {each.message}")
        raise PutAsideError(
            f"原文保存在批次 {told.batch} 的隔离区，修改后可重放或重新发送",
            f"kept in the quarantine of batch {told.batch}: mend it and replay, or send again",
            fields=fields,
        )
    if fates:
        response.status_code = 202
        waits_for = [name for each in told.verdicts for name in each.waits_for]
        return RecordOut(entity=entity, batch=told.batch, verdict="parked", waits_for=waits_for)
    response.status_code = 201 if told.is_new else 200
    response.headers["Changed"] = str(told.is_changed).lower()
    response.headers["Location"] = f"/v1/records/{entity}/{quote(str(told.key), safe='/@:')}"
    response.headers["ETag"] = etag_of(told.version)
    verdict = "created" if told.is_new else "updated" if told.is_changed else "unchanged"
    return RecordOut(
        entity=entity,
        batch=told.batch,
        verdict=verdict,
        key=told.key,
        version=told.version,
        warnings=[
            VerdictOut(
                row=each.row,
                verdict=each.verdict.value,
                code=each.code,
                path=each.path,
                message=each.message,
            )
            for each in told.warnings
        ],
    )
