"""Requests that make tasks of duties."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.vocabulary import ScopeKey
from target_service.schemas import examples
from target_service.schemas.common import Key
from target_service.schemas.tasks import Party


class DutyTaskBody(BaseModel):
    """What else is known of the task; a draft may lack all of it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.DUTY_TASK]})

    scope: ScopeKey | None = None
    """Whose work it is; without one the unit of the process, or the only school."""

    owner: Party | None = None
    """Without one who does it (R), where the matrix names a person or a unit."""

    goals: Annotated[list[Key], Field(max_length=20)] = []
    starts_on: date | None = None
    ends_on: Annotated[date | None, Field(le=date(2199, 12, 31))] = None
