"""Requests and responses of one-page sheets."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from target_service.domain.sheets.document import Language
from target_service.domain.sheets.drawing import Size
from target_service.schemas.common import Day, Text, View
from target_service.schemas.tasks import TaskKey

Form = Literal["json", "svg", "html", "pdf"]


class SheetWish(BaseModel):
    """How a sheet is wanted."""

    form: Annotated[Form, Field(alias="as")] = "json"
    size: Annotated[Size, Field(description="纸张 · paper")] = "A4"
    as_of: Annotated[Day | None, Field(alias="asOf")] = None
    """Campus date; today when not given."""

    lang: Language | None = None
    """That of the reader when not given."""


class SheetBody(BaseModel):
    """What people say of a sheet; what is empty follows from its goals and tasks."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[Text, Field(max_length=200)] = ""
    leader: Annotated[Text, Field(max_length=60, examples=["teacher/T001"])] = ""
    """A person or unit, told by name; or a name as it stands."""

    objective: Annotated[Text, Field(max_length=400)] = ""
    tasks: Annotated[list[TaskKey], Field(max_length=200, examples=[["demo-01"]])] = []
    """Order of the tasks; those that are not named follow by start."""

    summary: Annotated[Text, Field(max_length=2000)] = ""
    """Lines below the reckoned summary; so is ``forecast``."""

    forecast: Annotated[Text, Field(max_length=2000)] = ""


class SheetDefinition(View):
    """What people said of a sheet."""

    key: str
    version: int
    title: str
    leader: str
    objective: str
    tasks: list[str]
    summary: str
    forecast: str
    updated_by: str
    updated_at: datetime
