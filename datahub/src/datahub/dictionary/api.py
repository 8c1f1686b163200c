"""REST of the dictionary: what the entities and their fields are called, and what they hold."""

from typing import Annotated, ClassVar

from fastapi import Depends, Request

from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.dictionary.schemas import EntityDetail, EntitySummary, entity_detail, entity_summary
from shared.errors import DomainError, ErrorKind
from shared.kit.app import new_router
from shared.kit.identity import require

router = new_router(tags=["dictionary 数据字典"], dependencies=[Depends(require("datahub:read"))])


class EntityUnknownError(DomainError):
    """The dictionary has no such entity."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "unknown-entity"
    title_zh: ClassVar = "没有这个实体"
    title_en: ClassVar = "No such entity"


async def get_dictionary(request: Request) -> Dictionary:
    """Return the dictionary that the service runs with."""
    dictionary: Dictionary = request.app.state.dictionary
    return dictionary


Known = Annotated[Dictionary, Depends(get_dictionary)]


def find_entity(dictionary: Dictionary, name: str) -> Entity:
    """Return an entity by its name.

    Raises:
        EntityUnknownError: the dictionary has none of that name.
    """
    entity = dictionary.entities.get(name)
    if entity is None:
        raise EntityUnknownError(
            f"数据字典没有实体 {name}",
            f"the dictionary has no entity {name}",
            fixes=[", ".join(sorted(dictionary.entities))],
        )
    return entity


@router.get("/entities", summary="数据字典：实体列表")
async def list_entities(dictionary: Known) -> list[EntitySummary]:
    return [entity_summary(each) for each in dictionary.entities.values()]


@router.get("/entities/{entity}", summary="数据字典：实体及其数据项")
async def get_entity(dictionary: Known, entity: str) -> EntityDetail:
    return entity_detail(find_entity(dictionary, entity))
