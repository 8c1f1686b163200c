"""Source systems by HTTP: register, read, rotate and revoke keys."""

from typing import Annotated, Any

from fastapi import Depends, Path, Request, Response
from fastapi.responses import JSONResponse

from datahub.dictionary.api import Known
from datahub.systems import repository, usecases
from datahub.systems.schemas import MadeKey, NewKey, SystemIn, SystemOut
from shared.contracts.streams import ingest_stream
from shared.errors import UnavailableError
from shared.kit.admin import Db
from shared.kit.app import Parts, new_router
from shared.kit.bus import JetStreamView
from shared.kit.etags import Expect, etag_of
from shared.kit.idempotency import unkeyed
from shared.kit.identity import Caller, current_caller, require
from shared.kit.openapi import also_made

router = new_router(tags=["source systems 业务系统"])
READ = [Depends(require("datahub:read"))]
WRITE = [Depends(require("datahub:admin"))]

SystemId = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,32}$", examples=["library"])]
Who = Annotated[Caller, Depends(current_caller)]


@router.get("/source-systems", summary="业务系统一览", dependencies=READ)
async def list_source_systems(request: Request, db: Db) -> list[SystemOut]:
    async with db.transaction() as tx:
        rows = await repository.list_systems(tx)
    return [await _answer(request, row) for row in rows]


@router.get("/source-systems/{system}", summary="业务系统", dependencies=READ)
async def get_source_system(
    request: Request, response: Response, db: Db, system: SystemId
) -> SystemOut:
    row = await _read(request, db, system)
    response.headers["ETag"] = etag_of(row.version)
    return row


@router.put(
    "/source-systems/{system}",
    summary="保存业务系统",
    dependencies=WRITE,
    response_model=SystemOut,
    responses=also_made(SystemOut),
)
async def put_source_system(  # noqa: PLR0913, PLR0917 — the parameters of the contract
    request: Request,
    db: Db,
    dictionary: Known,
    caller: Who,
    system: SystemId,
    body: SystemIn,
    expect: Expect,
) -> JSONResponse:
    async with db.transaction() as tx:
        await repository.lock_system(tx, system)
        found = await repository.list_systems(tx, system)
        expect(found[0]["version"] if found else None)
        changed = await usecases.save_system(
            tx, system, body, caller.subject, dictionary.entities.keys()
        )
    request.app.state.pushers.forget()
    answer = await _read(request, db, system)
    return JSONResponse(
        answer.model_dump(mode="json"),
        status_code=200 if found else 201,
        headers={
            "Changed": str(changed).lower(),
            "ETag": etag_of(answer.version),
            "Location": f"/v1/source-systems/{system}",
        },
    )


@router.post(
    "/source-systems/{system}/keys", summary="新建密钥", status_code=201, dependencies=WRITE
)
@unkeyed
async def make_source_system_key(
    response: Response, db: Db, caller: Who, system: SystemId, body: NewKey
) -> MadeKey:
    async with db.transaction() as tx:
        made = await usecases.make_key(tx, system, body, caller.subject)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Location"] = f"/v1/source-systems/{system}/keys/{made.id}"
    return made


@router.delete(
    "/source-systems/{system}/keys/{key}",
    summary="吊销密钥",
    status_code=204,
    dependencies=WRITE,
)
async def revoke_source_system_key(
    db: Db, caller: Who, system: SystemId, key: Annotated[str, Path(max_length=80)]
) -> None:
    async with db.transaction() as tx:
        await usecases.revoke_key(tx, system, key, caller.subject)


async def _read(request: Request, db: Db, system: str) -> SystemOut:
    async with db.transaction() as tx:
        rows = await repository.list_systems(tx, system)
    if not rows:
        raise repository.unknown(system)
    return await _answer(request, rows[0])


async def _answer(request: Request, row: dict[str, Any]) -> SystemOut:
    parts: Parts = request.app.state.parts
    return SystemOut(**row, pending=await _pending(parts, row["id"]))


async def _pending(parts: Parts, system: str) -> int | None:
    """Return how many messages of a system wait; None where nobody can say."""
    try:
        view = JetStreamView(parts.nats)
        if not await view.has_stream(ingest_stream(system)):
            return None
        return await view.pending(ingest_stream(system), f"datahub-ingest-{system}")
    except UnavailableError:
        return None
