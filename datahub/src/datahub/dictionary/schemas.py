"""Requests and answers of the dictionary. Every field and element comes with its privacy class."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from datahub.dictionary.domain.entity import FieldType
from datahub.dictionary.domain.privacy import Privacy

Label = Annotated[str, Field(max_length=200)]
CodeText = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,64}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class Said(BaseModel):
    """A part of a draft: what is not given stays as it is."""

    model_config = ConfigDict(extra="forbid")


class CodeDraft(Said):
    """What the college says of one code: a new one, or another label, span or retirement."""

    code: CodeText
    zh: Label = ""
    en: Label = ""
    valid_from: date | None = None
    valid_to: date | None = None
    retired: bool = False
    successors: Annotated[list[CodeText], Field(max_length=50)] = []


class CodeSetDraft(Said):
    """What the college says of a code set; replaces what it said of it before."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"codes": [{"code": "9", "zh": "未说明的性别", "en": "Not stated"}]}]
        }
    )

    zh: Label = ""
    en: Label = ""
    version: Annotated[str, Field(max_length=20)] = "1"
    valid_from: date | None = None
    valid_to: date | None = None
    codes: Annotated[list[CodeDraft], Field(max_length=5000)] = []


class Retirement(Said):
    """How a code is retired."""

    successors: Annotated[list[CodeText], Field(max_length=50, examples=[["0"]])] = []
    valid_to: date | None = None


class ExtFieldDraft(Said):
    """A field that the college adds to an entity; never required."""

    type: FieldType
    zh: Label
    en: Label = ""
    privacy: Privacy
    max_length: Annotated[int, Field(ge=1, le=20_000)] | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    code_set: Annotated[str, Field(max_length=80)] | None = None
    values: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=200)
    ] = []
    ref: Annotated[str, Field(max_length=64)] | None = None
    """Of a list it is ``refs``."""

    refs: Annotated[str, Field(max_length=64)] | None = None


class ExtDraft(Said):
    """All extension fields of an entity; replaces those before."""

    fields: Annotated[dict[Name, ExtFieldDraft], Field(max_length=200)]


class LabelDraft(Said):
    """Another label."""

    zh: Annotated[str, Field(min_length=1, max_length=200)] = ""
    en: Label = ""


class LabelsDraft(Said):
    """Other labels of an entity and its fields; replaces those before."""

    zh: Annotated[str, Field(min_length=1, max_length=200)] = ""
    en: Label = ""
    fields: dict[Name, LabelDraft] = {}


class Publication(Said):
    """Why a version is published."""

    note: Annotated[str, Field(max_length=1000)] = ""


class Shown(BaseModel):
    """An answer that is read off what the domain holds."""

    model_config = ConfigDict(from_attributes=True)


class KeysOfOut(Shown):
    """Whose keys stand in a field, by the word of another field of the record."""

    by: str
    entities: Mapping[str, str]


class ValueLabelOut(Shown):
    """What a word of an enumeration is called."""

    zh: str
    en: str


class FieldOut(Shown):
    """One field of an entity."""

    name: str
    type: FieldType
    zh: str
    en: str
    required: bool
    max_length: int | None
    unit: str | None
    min: Decimal | None
    max: Decimal | None
    code_set: str | None
    values: tuple[str, ...]
    labels: Mapping[str, ValueLabelOut]
    """Of these words, where the dictionary has them."""

    ref: str | None
    refs: str | None
    keys_of: KeysOfOut | None
    parent: bool
    privacy: Privacy


class EntityOut(BaseModel):
    """An entity without its fields."""

    name: str
    zh: str
    en: str
    key: tuple[str, ...]
    systems: tuple[str, ...]
    rhythm: str
    levels: tuple[str, ...]
    national: tuple[str, ...]
    is_raw: bool
    """Raw events: they come and are read by ``/learning-events``, not as records."""

    scope_kind: str | None
    field_count: int
    ext_count: int
    version: int


class EntityWhole(EntityOut):
    """An entity with its fields and the college's own."""

    fields: list[FieldOut]
    ext: list[FieldOut]


class ElementOut(Shown):
    """One field of a national table."""

    table: str
    field: str
    element: str
    zh: str
    type: str
    length: str
    obligation: Literal["M", "O"]
    code_set: str | None
    values: str
    refers_to: str
    privacy: Privacy


class TableOut(BaseModel):
    """A national table without its elements."""

    name: str
    no: int
    zh: str
    subset: str
    group: str
    source: str
    rhythm: str
    scope: str
    page: int
    element_count: int
    entities: list[str]
    """Entities that feed it."""


class TableWhole(TableOut):
    """A national table with its elements."""

    elements: list[ElementOut]


class CodeOut(BaseModel):
    """One code; a retired one is read and not written."""

    urn: str
    code: str
    zh: str
    en: str
    valid_from: date | None
    valid_to: date | None
    retired: bool
    writable: bool
    """On the day that was asked for."""

    successors: tuple[str, ...]
    own: bool


class CodeSetOut(BaseModel):
    """A code set without its codes."""

    id: str
    standard: str
    version: str
    zh: str
    en: str
    valid_from: date | None
    valid_to: date | None
    source: str
    own: bool
    code_count: int
    retired_count: int
    dictionary_version: int


class CodeSetWhole(CodeSetOut):
    """A code set with a page of its codes."""

    as_of: date
    codes: list[CodeOut]


class SuccessorOut(BaseModel):
    """A code that followed another; ``known`` is false where the standard does not list it."""

    code: str
    known: bool
    urn: str
    zh: str
    writable: bool


class CodeWhole(CodeOut):
    """A code with the whole chain of what followed it, the nearest first."""

    code_set: str
    chain: list[SuccessorOut]


class FoundOut(Shown):
    """One hit of a search."""

    kind: str
    id: str
    zh: str
    en: str
    within: str
    path: str
    privacy: Privacy | None
    """Of fields and elements."""


class ProblemOut(Shown):
    """What does not hold together, where, and what to do about it."""

    place: str
    reason: str
    remedy: str
    is_warning: bool


class DifferenceOut(Shown):
    """One thing that is other than before."""

    place: str
    subject: str
    change: str
    breaking: bool
    before: Any
    after: Any


class VersionOut(Shown):
    """A published version."""

    version: int
    base: str
    note: str
    published_by: str
    published_at: datetime
    compatible: int
    breaking: int


class VersionWhole(VersionOut):
    """A published version, what it changed, and the college's part of it."""

    differences: list[DifferenceOut]
    part: dict[str, Any]


class DictionaryOut(BaseModel):
    """What the dictionary in force holds."""

    current: VersionOut
    versions: int
    counts: dict[str, int]
    warnings: list[ProblemOut]
    draft: int | None
    """Revision of the draft; None where there is none."""


class DraftOut(Shown):
    """The draft of the college's part."""

    revision: int
    saved_by: str | None
    saved_at: datetime
    part: dict[str, Any] | None


class ObstacleOut(Shown):
    """Who still uses what would change."""

    place: str
    kind: str
    id: str
    reason: str
    remedy: str


class ReviewOut(BaseModel):
    """What publishing the draft would mean."""

    model_config = ConfigDict(populate_by_name=True)

    against: int
    differences: list[DifferenceOut]
    problems: list[ProblemOut]
    obstacles: list[ObstacleOut]
    may: dict[str, bool]
    blocked_by: list[str] = Field(serialization_alias="blockedBy")
