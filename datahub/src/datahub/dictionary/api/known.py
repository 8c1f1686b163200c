"""What every edge of the hub takes from the application: the dictionary in force."""

from typing import Annotated

from fastapi import Depends, Request

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.repository import Dictionaries


async def get_dictionaries(request: Request) -> Dictionaries:
    """Return the one keeper of dictionaries of this process."""
    dictionaries: Dictionaries = request.app.state.dictionaries
    return dictionaries


Versions = Annotated[Dictionaries, Depends(get_dictionaries)]


async def get_dictionary(request: Request) -> Dictionary:
    """Return the dictionary in force: a request works under this one from its first line on."""
    # Asked by every request, so it depends on nothing that the framework would look up first.
    dictionaries: Dictionaries = request.app.state.dictionaries
    return await dictionaries.of(request.app.state.database)


Known = Annotated[Dictionary, Depends(get_dictionary)]
