"""What every edge of the hub takes from the application: the dictionary that it runs with."""

from typing import Annotated

from fastapi import Depends, Request

from datahub.dictionary.domain.entity import Dictionary


def get_dictionary(request: Request) -> Dictionary:
    """Return the dictionary that the service runs with."""
    dictionary: Dictionary = request.app.state.dictionary
    return dictionary


Known = Annotated[Dictionary, Depends(get_dictionary)]
