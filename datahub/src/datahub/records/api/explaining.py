"""Where the values of a record come from."""

from typing import Annotated

from fastapi import Depends, Path, Response

from datahub.dictionary.api.seeing import Looks
from datahub.dictionary.domain.entity import Entity
from datahub.ingest.repository.policies import find_policy
from datahub.records.api.asking import known_entity
from datahub.records.domain.asking import RecordNotFoundError
from datahub.records.domain.explaining import explain
from datahub.records.domain.rekeying import RecordRekeyedError
from datahub.records.repository.explaining import find_known
from datahub.records.repository.moving import find_present_key
from datahub.records.repository.seeing import hidden_of, is_seen
from datahub.records.schemas import ExplanationOut, FieldOut
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.etags import etag_of
from shared.kit.identity import require

router = new_router(tags=["records 数据服务"], dependencies=[Depends(require("datahub:read"))])


@router.get("/records/{entity}/{key:path}/explain", summary="记录的每个值从哪里来")
async def explain_record(
    response: Response,
    db: Db,
    entity: Annotated[Entity, Depends(known_entity)],
    key: Annotated[str, Path(examples=["20240001"])],
    eyes: Looks,
) -> ExplanationOut:
    seen = await eyes.of(entity)
    async with db.transaction() as tx:
        if not await is_seen(await tx.driver(), entity, seen, key):
            raise RecordNotFoundError(
                f"{entity.zh}没有 {key}", f"no {entity.name} has the key {key}"
            )
        hidden = await hidden_of(await tx.driver(), entity, await eyes.masking_of(entity), key)
        known = await find_known(tx, entity, key)
        if known is None:
            if (moved := await find_present_key(tx, entity, key)) is not None:
                raise RecordRekeyedError(entity, key, moved)
            raise RecordNotFoundError(
                f"{entity.zh}没有 {key}", f"no {entity.name} has the key {key}"
            )
        policy = await find_policy(tx, entity.name)
    response.headers["ETag"] = etag_of(known.version)
    return ExplanationOut(
        entity=entity.name,
        key=key,
        id=known.id,
        version=known.version,
        fields=[FieldOut.model_validate(each) for each in explain(entity, known, policy, hidden)],
    )
