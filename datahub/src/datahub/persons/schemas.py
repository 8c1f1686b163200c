"""Bodies of personal data over HTTP."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

MOST_RECORDS = 50


class Unmasking(BaseModel):
    """See fields of some records whole, for a purpose of the register."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    purpose: Annotated[str, Field(pattern="^[a-z-]{1,40}$", examples=["urgent-contact"])]
    reason: Annotated[str, Field(min_length=4, max_length=500, examples=["夜不归宿，联系本人"])]
    """Of this very case; it goes on record."""

    entity: Annotated[str, Field(pattern="^[a-z0-9_]{1,64}$", examples=["student"])]
    keys: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]],
        Field(min_length=1, max_length=MOST_RECORDS, examples=[["20240001"]]),
    ]
    fields: Annotated[
        list[Annotated[str, Field(pattern="^[a-z0-9_]{1,64}$")]],
        Field(min_length=1, max_length=40, examples=[["phone"]]),
    ]


class Whole(BaseModel):
    """Fields of one record, whole."""

    key: str
    fields: dict[str, Any]


class Unmasked(BaseModel):
    """What was shown, and why."""

    purpose: str
    entity: str
    records: list[Whole]
    missing: list[str]
    """Keys of which there is no record that you see."""


class PurposeOut(BaseModel):
    """A purpose of the register."""

    id: str
    zh: str
    en: str
    basis: str
    roles: list[str]
    fields: dict[str, list[str]]
    may: dict[str, bool]


class PersonalField(BaseModel):
    """A field of the register that is about persons."""

    entity: str
    entity_zh: str
    field: str
    zh: str
    privacy: str
    purposes: list[str]
    """For which it may be seen whole."""
