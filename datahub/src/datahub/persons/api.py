"""Personal data over HTTP: the register, and values shown whole for a purpose."""

from typing import Annotated

from fastapi import Depends

from datahub.dictionary.api import Known
from datahub.dictionary.api.seeing import Looks
from datahub.dictionary.domain.privacy import Privacy
from datahub.persons.domain.purposes import UNMASK, Purpose, find_purpose
from datahub.persons.repository.purposes import load_purposes
from datahub.persons.schemas import PersonalField, PurposeOut, Unmasked, Unmasking, Whole
from datahub.persons.usecases import require_open, unmask
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.idempotency import unkeyed
from shared.kit.identity import Caller, require

router = new_router(tags=["persons 个人信息"], dependencies=[Depends(require("datahub:read"))])

Reader = Annotated[Caller, Depends(require("datahub:read"))]


@router.get("/purposes", summary="使用个人信息的目的")
async def list_purposes(caller: Reader) -> list[PurposeOut]:
    return [
        PurposeOut(
            id=each.id,
            zh=each.zh,
            en=each.en,
            basis=each.basis,
            roles=sorted(each.roles),
            fields={entity: list(fields) for entity, fields in each.fields.items()},
            may={"unmask": _is_open(each, caller)},
        )
        for each in load_purposes().values()
    ]


@router.get("/personal-fields", summary="个人信息登记册：字段、类别、可用的目的")
async def list_personal_fields(dictionary: Known) -> list[PersonalField]:
    purposes = load_purposes().values()
    return [
        PersonalField(
            entity=entity.name,
            entity_zh=entity.zh,
            field=field.name,
            zh=field.zh,
            privacy=field.privacy.value,
            purposes=[
                each.id for each in purposes if field.name in each.fields.get(entity.name, ())
            ],
        )
        for entity in dictionary.entities.values()
        for field in entity.fields.values()
        if field.privacy.rank >= Privacy.PERSONAL.rank
    ]


@router.post("/unmaskings", summary="按目的查看个人信息原值（逐条留痕）")
@unkeyed
async def unmask_fields(
    db: Db, dictionary: Known, body: Unmasking, caller: Reader, eyes: Looks
) -> Unmasked:
    purpose = find_purpose(load_purposes(), body.purpose)
    require_open(purpose, caller.roles, sees_all=caller.may(UNMASK))
    entity = dictionary.entity(body.entity)
    # What he sees by another of his roles is no matter of this purpose.
    seen = await eyes.of(entity, None if caller.may(UNMASK) else purpose.roles)
    keys, fields = dict.fromkeys(body.keys), dict.fromkeys(body.fields)
    async with db.transaction() as tx:
        found = await unmask(tx, purpose, entity, [*keys], [*fields], body.reason, seen)
    return Unmasked(
        purpose=purpose.id,
        entity=entity.name,
        records=[Whole(key=key, fields=found[key]) for key in keys if key in found],
        missing=[key for key in keys if key not in found],
    )


def _is_open(purpose: Purpose, caller: Caller) -> bool:
    return purpose.is_open_to(caller.roles, sees_all=caller.may(UNMASK))
