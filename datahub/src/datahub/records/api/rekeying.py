"""A record gets another key."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Path, Request, Response

from datahub.dictionary.api import Known
from datahub.dictionary.domain.entity import Entity
from datahub.records import usecases
from datahub.records.api.asking import known_entity
from datahub.records.schemas import Rekey, RekeyOut
from datahub.records.usecases import Rekeying
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.etags import Expect, etag_of
from shared.kit.identity import Caller, current_caller, require

router = new_router(tags=["records 数据服务"], dependencies=[Depends(require("datahub:write"))])


@router.post("/records/{entity}/{key:path}/rekey", summary="变更记录的主键")
async def rekey_record(  # noqa: PLR0913, PLR0917 — the parameters of the contract
    request: Request,
    response: Response,
    db: Db,
    dictionary: Known,
    entity: Annotated[Entity, Depends(known_entity)],
    key: Annotated[str, Path(examples=["20240001"])],
    body: Rekey,
    caller: Annotated[Caller, Depends(current_caller)],
    expect: Expect,
) -> RekeyOut:
    async with db.transaction(correlation=request.state.request_id) as tx:
        done = await usecases.rekey(
            tx,
            dictionary,
            Rekeying(
                entity=entity,
                key=key,
                given=body.key,
                reason=body.reason,
                said_by=caller.subject,
                check=expect,
            ),
        )
    response.headers["Location"] = f"/v1/records/{entity.name}/{quote(done.key)}"
    response.headers["ETag"] = etag_of(done.version)
    response.headers["Changed"] = str(done.batch is not None).lower()
    return RekeyOut(
        entity=entity.name,
        key=done.key,
        previous_key=key,
        id=done.id,
        version=done.version,
        batch=done.batch,
        followed=dict(done.followed),
    )
