"""Who decides in assessments, and who reads what."""

from typing import Annotated, Final

from fastapi import Depends

from shared.kit.identity import Caller, require
from target_service.domain.assessing.runs import check_office
from target_service.domain.assessing.seeing import Reader
from target_service.domain.standing import OFFICE

PERSONAL: Final = "target:personal"
"""Permission to see the results of persons, and what few people said."""

EVERY_SCOPE: Final = "target:every-scope"


async def get_official(caller: Annotated[Caller, Depends(require("target:approve"))]) -> Caller:
    """Return who approves, decides and publishes: the quality office, a leader."""
    check_office(is_office=_is_official(caller))
    return caller


def _is_official(caller: Caller) -> bool:
    return bool(caller.roles & OFFICE) or caller.may(EVERY_SCOPE)


async def get_reader(caller: Annotated[Caller, Depends(require("target:read"))]) -> Reader:
    """Return who reads."""
    return Reader(
        subject=caller.subject,
        sees_persons=caller.may(PERSONAL),
        decides=caller.may("target:approve") and _is_official(caller),
    )


Official = Annotated[Caller, Depends(get_official)]
Reads = Annotated[Reader, Depends(get_reader)]
