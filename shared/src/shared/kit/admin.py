"""What every service serves about itself: dead letters, and the facts it has published."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from shared.kit.database import Database
from shared.kit.dead_letters import (
    Mending,
    State,
    discard_dead_letter,
    list_dead_letters,
    mend_dead_letter,
    read_dead_letter,
    replay_dead_letter,
    version_of,
)
from shared.kit.etags import Expect, etag_of
from shared.kit.facts import replay
from shared.kit.identity import Caller, require
from shared.kit.paging import INT64, Page, page
from shared.kit.sql import text
from shared.kit.strict_json import StrictJsonRoute

Facts = list[dict[str, Any]]
RowId = Annotated[int, Path(ge=1, le=INT64)]
Operator = Annotated[Caller, Depends(require("operations:write"))]


FactType = Annotated[
    str,
    StringConstraints(pattern=r"^(qa(\.[a-z0-9_]+){3}\.v[0-9]+|[a-z0-9_]+\.[a-z0-9_]+)$"),
]
"""``qa.datahub.scope.changed.v1``, or short among the facts of one service: ``scope.changed``."""


class FactReplay(BaseModel):
    """Deliver kept facts again, to a consumer that has lost what it made of them."""

    model_config = ConfigDict(extra="forbid")

    consumer: Annotated[
        str, Field(pattern=r"^[a-z0-9_]+(-[a-z0-9_]+)+$", examples=["alert-scopes"])
    ]
    """Durable name of the consumer: ``<service>-<purpose>``."""

    types: Annotated[list[FactType], Field(min_length=1, examples=[["scope.changed"]])]
    """Types that the consumer reads; another one would become a dead letter there."""

    after: Annotated[int, Field(ge=0, le=INT64)] = 0
    """Only what follows this ``seq`` of ``GET /facts``."""


MAX_LETTER: Final = 1_000_000
"""Bytes of a mended message: with its headers it must go through NATS."""


def _fits(payload: str) -> str:
    if len(payload.encode()) > MAX_LETTER:
        raise ValueError(f"至多 {MAX_LETTER} 字节 (at most {MAX_LETTER} bytes)")
    return payload


Payload = Annotated[
    str,
    AfterValidator(_fits),
    Field(
        min_length=1,
        max_length=1_048_576,
        description="改正后的整条消息，JSON 文本 · the whole message, mended, as JSON text",
        examples=['{"specversion": "1.0", "id": "1", "source": "urn:campus:hr", "data": {}}'],
    ),
]
Reason = Annotated[str, Field(min_length=2, max_length=500, examples=["来源系统的编号写错"])]


class Body(BaseModel):
    """A body: unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid")


class Mend(Body):
    """Mend a dead letter."""

    payload: Payload
    reason: Reason


class Discard(Body):
    """Give a dead letter up."""

    reason: Reason


class Replay(Body):
    """Deliver a dead letter again."""

    payload: Payload | None = None
    """The mended message; as it is when not given."""


async def get_database(request: Request) -> Database:
    """Return the database that the service opened."""
    database: Database = request.app.state.database
    return database


Db = Annotated[Database, Depends(get_database)]


def admin_router(service: str, *, keep_facts: bool) -> APIRouter:
    """Return the routes that every service has; ``/facts`` only where facts are kept."""
    router = APIRouter(tags=["operations 运维"], route_class=StrictJsonRoute)

    @router.get(
        "/dead-letters", summary="死信列表", dependencies=[Depends(require("operations:read"))]
    )
    async def get_dead_letters(
        db: Db, wanted: Annotated[Page, Depends(page)], state: State | None = None
    ) -> list[dict[str, Any]]:
        async with db.transaction() as tx:
            return await list_dead_letters(
                tx, limit=wanted.limit, offset=wanted.offset, state=state
            )

    @router.get(
        "/dead-letters/{letter_id}",
        summary="死信内容",
        dependencies=[Depends(require("operations:read"))],
    )
    async def get_dead_letter(response: Response, db: Db, letter_id: RowId) -> dict[str, Any]:
        async with db.transaction() as tx:
            return _tagged(response, await read_dead_letter(tx, letter_id))

    _add_mending(router)
    if keep_facts:
        _add_facts(router, service)
    return router


def _add_mending(router: APIRouter) -> None:
    @router.put("/dead-letters/{letter_id}", summary="修改死信")
    async def mend_letter(
        response: Response, db: Db, letter_id: RowId, body: Mend, expect: Expect, caller: Operator
    ) -> dict[str, Any]:
        mending = Mending(payload=body.payload, by=caller.subject, reason=body.reason)
        async with db.transaction() as tx:
            await mend_dead_letter(tx, letter_id, mending, expect)
            return _tagged(response, await read_dead_letter(tx, letter_id))

    @router.post("/dead-letters/{letter_id}/discard", summary="放弃死信")
    async def discard_letter(
        db: Db, letter_id: RowId, body: Discard, caller: Operator
    ) -> dict[str, Any]:
        async with db.transaction() as tx:
            await discard_dead_letter(tx, letter_id, by=caller.subject, reason=body.reason)
            return await read_dead_letter(tx, letter_id)

    @router.post(
        "/dead-letters/{letter_id}/replay",
        status_code=202,
        summary="重放死信，至多一次",
    )
    async def replay_letter(
        request: Request, db: Db, letter_id: RowId, body: Replay, caller: Operator
    ) -> dict[str, str]:
        async with db.transaction() as tx:
            if body.payload is not None:
                mending = Mending(payload=body.payload, by=caller.subject, reason="replay")
                await mend_dead_letter(tx, letter_id, mending, lambda _: None)
            await replay_dead_letter(tx, request.app.state.parts.publisher, letter_id)
        return {"status": "sent"}


def _tagged(response: Response, letter: dict[str, Any]) -> dict[str, Any]:
    """Set the ETag of a dead letter. No 304: what becomes of it makes no new version."""
    response.headers["ETag"] = etag_of(version_of(letter))
    return letter


def _add_facts(router: APIRouter, service: str) -> None:
    @router.get(
        "/facts", summary="已发布的事实", dependencies=[Depends(require("operations:read"))]
    )
    async def get_facts(
        db: Db,
        after: Annotated[int, Query(ge=0, le=INT64)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        kind: Annotated[
            list[FactType] | None,
            Query(
                alias="type",
                description="只要这些类型，可写简名 · of these types, by their short names too",
                examples=[["scope.changed"], ["qa.datahub.scope.changed.v1"]],
            ),
        ] = None,
    ) -> Facts:
        async with db.transaction() as tx:
            rows = await tx.session.execute(
                text(
                    "SELECT seq, convert_from(payload, 'UTF8')::jsonb AS event FROM fact"
                    " WHERE seq > :after AND (CAST(:kinds AS text[]) IS NULL OR type = ANY(:kinds))"
                    " ORDER BY seq LIMIT :limit"
                ),
                {"after": after, "limit": limit, "kinds": kind and _whole(service, kind)},
            )
            return [{"seq": row.seq, "event": row.event} for row in rows]

    @router.post(
        "/facts/replay",
        status_code=202,
        summary="重发事实给一个消费者",
        dependencies=[Depends(require("operations:write"))],
    )
    async def replay_facts(request: Request, db: Db, body: FactReplay) -> dict[str, int]:
        publisher = request.app.state.parts.publisher
        return await replay(db, publisher, body.consumer, _whole(service, body.types), body.after)


def _whole(service: str, types: Sequence[str]) -> list[str]:
    """Return the types of events that whole or short names stand for."""
    return [name if name.startswith("qa.") else f"qa.{service}.{name}.v1" for name in types]
