"""Bodies and answers of source systems."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Kind = Literal["business", "teaching", "survey", "open_data", "suite", "other"]
"""业务系统 教学平台 调查 开放数据 本平台 其他."""

Words = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
Names = Annotated[list[Annotated[str, StringConstraints(max_length=80)]], Field(max_length=200)]


class SystemIn(BaseModel):
    """A source system, as it is to be."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    name_zh: Annotated[Words, Field(examples=["图书馆系统"])]
    name_en: Annotated[Words, Field(examples=["Library system"])]
    kind: Kind = "business"
    owner: Annotated[
        str | None, Field(pattern=r"^teacher/\S{1,80}$", examples=["teacher/T001"])
    ] = None
    """Who answers for it."""

    unit: Annotated[str | None, Field(pattern=r"^unit/\S{1,80}$", examples=["unit/TSG"])] = None
    """Whose it is."""

    contact: Annotated[str | None, Field(max_length=200)] = None
    """Whom to call when it is silent."""

    entities: Annotated[Names, Field(examples=[["library_loan"]])] = []
    """What it may push; empty: every entity."""

    grants: Annotated[Names, Field(examples=[["datahub.calendar.changed"]])] = []
    """Facts that it may read on NATS: ``<service>.<entity>.<event>``."""

    active: bool = True
    """False: it gets in by no key, and nothing is taken from it."""


class KeyOut(BaseModel):
    """A live key of a source system."""

    id: str
    """The public key; ``password`` for the user that the installation made."""

    note: str
    made_by: str
    made_at: datetime


class SystemOut(BaseModel):
    """A source system, and how it gets on."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    version: int
    name_zh: str
    name_en: str
    kind: Kind
    owner: str | None
    unit: str | None
    contact: str | None
    entities: list[str]
    grants: list[str]
    active: bool
    saved_by: str
    saved_at: datetime
    keys: list[KeyOut]
    last_seen: datetime | None
    """When its newest batch began."""

    pending: int | None
    """Messages that wait to be taken in; null: its stream is not there, or NATS is away."""


class NewKey(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    note: Annotated[str, Field(max_length=200, examples=["2026 年轮换"])] = ""
    public_key: Annotated[str | None, Field(pattern=r"^U[A-Z2-7]{55}$")] = None
    """The public half of a pair that the system made itself: its secret never leaves it. Without
    one the hub makes a pair, and shows the secret once."""


class MadeKey(KeyOut):
    """A key that was made."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    seed: str | None
    """The secret, shown this once; the hub keeps the public key alone."""
