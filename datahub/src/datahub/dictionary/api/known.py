"""What every edge of the hub takes from the application: the dictionary in force."""

from typing import Annotated

from fastapi import Depends, Request

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.repository import Dictionaries
from shared.kit.admin import Db


async def get_dictionaries(request: Request) -> Dictionaries:
    """Return the one keeper of dictionaries of this process."""
    dictionaries: Dictionaries = request.app.state.dictionaries
    return dictionaries


Versions = Annotated[Dictionaries, Depends(get_dictionaries)]


async def get_dictionary(db: Db, dictionaries: Versions) -> Dictionary:
    """Return the dictionary in force: a request works under this one from its first line on."""
    return await dictionaries.of(db)


Known = Annotated[Dictionary, Depends(get_dictionary)]
