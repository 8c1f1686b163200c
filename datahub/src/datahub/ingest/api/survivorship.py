"""Which system a field is believed from."""

from typing import Annotated

from fastapi import Depends, Path, Response

from datahub.dictionary.api import Known
from datahub.ingest.repository import policies
from datahub.ingest.schemas.batches import PolicyIn, PolicyOut
from datahub.ingest.tables import SurvivorshipRow
from datahub.ingest.usecases import survivorship
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.etags import Expect, etag_of
from shared.kit.identity import Caller, current_caller, require

router = new_router(tags=["ingest 数据接入"])
Name = Annotated[str, Path(pattern="^[a-z0-9_]{1,64}$", examples=["student"])]


@router.put(
    "/survivorship/{entity}",
    summary="规定字段以哪个系统为准",
    dependencies=[Depends(require("datahub:admin"))],
)
async def put_survivorship(  # noqa: PLR0913, PLR0917 — the parameters of the contract
    response: Response,
    db: Db,
    dictionary: Known,
    entity: Name,
    body: PolicyIn,
    expect: Expect,
    caller: Annotated[Caller, Depends(current_caller)],
) -> PolicyOut:
    known = dictionary.entity(entity)
    async with db.transaction() as tx:
        row, is_new = await survivorship.save_policy(
            tx, known, body.model_dump(), caller.subject, expect
        )
        answer = _shown(entity, row)
    response.headers["Changed"] = str(is_new).lower()
    response.headers["ETag"] = etag_of(answer.version)
    return answer


@router.get(
    "/survivorship/{entity}",
    summary="字段以哪个系统为准",
    dependencies=[Depends(require("datahub:read"))],
)
async def get_survivorship(
    response: Response, db: Db, dictionary: Known, entity: Name
) -> PolicyOut:
    known = dictionary.entity(entity)
    async with db.transaction() as tx:
        answer = _shown(known.name, await policies.find_row(tx, known.name))
    # No 304: the version stays while its records are decided.
    response.headers["ETag"] = etag_of(answer.version)
    return answer


def _shown(entity: str, row: SurvivorshipRow | None) -> PolicyOut:
    if row is None:
        return PolicyOut(entity=entity, version=0, fields={}, is_decided=True)
    return PolicyOut(
        entity=entity,
        version=row.version,
        fields=row.document["fields"],
        saved_by=row.saved_by,
        saved_at=row.saved_at,
        is_decided=row.decided_at is not None,
    )
