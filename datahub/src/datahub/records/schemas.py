"""Requests and answers about records."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

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
        str,
        StringConstraints(strip_whitespace=True, min_length=2, max_length=500),
        Field(examples=["学号录入错误，已核对学籍表"]),
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


class WordOut(BaseModel):
    """What a source system said of a field."""

    source: str | None
    """None where nobody says anything; ``helix8`` where somebody changed a key here."""

    feed: str | None
    at: datetime | None
    batch: int | None
    line: int | None
    """Of the batch; None where another batch has written the record since."""

    raw: Any
    """What the source wrote, where the value differs from it."""

    value: Any
    """None where it has none, and where the field is closed."""


class OtherOut(WordOut):
    """A word that is not believed."""

    why: str
    """``lower-priority``, ``older``, or ``no-value``: it was taken back."""


class FieldOut(WordOut):
    """Where the value of a field comes from."""

    field: str
    """Those of the college as ``ext.hobby``."""

    zh: str
    en: str
    closed: bool
    """Whether the value leaves the hub only for a named purpose: it is not told here, either."""

    rule: str | None
    """``priority`` or ``recency``, where several systems write the field, else ``only``."""

    others: list[OtherOut]


class ExplanationOut(BaseModel):
    """Where the values of a record come from."""

    entity: str
    key: str
    id: str
    version: int
    fields: list[FieldOut]
