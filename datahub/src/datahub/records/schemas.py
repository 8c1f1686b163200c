"""Requests and answers about records."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

KeyPart = Annotated[str, Field(max_length=200)]


class Rekey(BaseModel):
    """The key that a record should have."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[
        dict[str, KeyPart],
        Field(min_length=1, max_length=20, examples=[{"student_no": "20240010"}]),
    ]
    """Fields of the natural key that change, as the records hold them."""

    reason: Annotated[
        str, Field(min_length=2, max_length=500, examples=["学号录入错误，已核对学籍表"])
    ]


class RekeyOut(BaseModel):
    """What became of a record that was given another key."""

    entity: str
    key: str
    previous_key: str
    id: str
    """The same as before: it outlives the key."""

    version: int
    batch: int | None
    """Under which the changes are logged; None where the record had that key already."""

    followed: dict[str, int]
    """Records that changed with it, by entity: those that refer to it."""
