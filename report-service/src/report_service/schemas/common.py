"""What the bodies of requests share."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Format = Literal["docx", "html", "json", "pdf"]
Words = Annotated[
    str, StringConstraints(max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")
]
Key = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


class Body(BaseModel):
    """A body: unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid")
