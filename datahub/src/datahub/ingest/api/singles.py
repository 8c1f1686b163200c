"""One record a request."""

import hashlib
from typing import Annotated, Any, ClassVar
from urllib.parse import quote

import msgspec
from fastapi import Body, Depends, Header, Path, Query, Request, Response

from datahub.ingest.api.batches import WhichFeedError
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.ledger import Verdict
from datahub.ingest.schemas.batches import DORM_CHECK, RecordOut, VerdictOut
from datahub.ingest.usecases.singles import Single, Singles, Told
from datahub.systems.domain.system import check_push
from shared.errors import DomainError, ErrorKind
from shared.kit.app import new_router
from shared.kit.etags import CONDITIONS, Expect, etag_of
from shared.kit.idempotency import Keyed
from shared.kit.identity import Caller, require

router = new_router(tags=["ingest 数据接入"])


class PutAsideError(DomainError):
    """The record has no place among the others; it is kept, with the reasons."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "record-put-aside"
    title_zh: ClassVar = "记录未入库，已存入隔离区"
    title_en: ClassVar = "The record was put aside"


async def get_singles(
    request: Request,
    entity: Annotated[str, Path(pattern="^[a-z0-9_]{1,64}$", examples=["dorm_check"])],
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


@router.post(
    "/records/{entity}",
    summary="保存一条记录",
    responses={201: {"model": RecordOut}, 202: {"model": RecordOut}},
)
async def post_record(  # noqa: PLR0913, PLR0917 — the parameters of the contract
    request: Request,
    response: Response,
    singles: Annotated[Singles, Depends(get_singles)],
    entity: str,
    record: Annotated[
        dict[str, Any],
        Body(examples=[DORM_CHECK]),
    ],
    caller: Annotated[Caller, Depends(require("datahub:write"))],
    expect: Expect,
    source: Annotated[
        str | None, Query(pattern="^[a-z0-9_-]{1,32}$", examples=["student_affairs"])
    ] = None,
    feed: Annotated[str | None, Query(max_length=80)] = None,
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
        check_push(rights, caller.subject, found.source, entity)

    keyed = None
    if idempotency_key:
        digest = hashlib.sha256(msgspec.json.encode([entity, feed, source, record])).hexdigest()
        keyed = Keyed(caller.subject, idempotency_key, digest)
    told = await singles.push(
        Single(
            entity=entity,
            feed=feed,
            source=source,
            record=record,
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
