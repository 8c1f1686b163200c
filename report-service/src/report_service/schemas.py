"""Requests and responses of the REST API."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field, StringConstraints

from shared.contracts.vocabulary import PeriodKey, ScopeKey

Format = Literal["docx", "html", "json", "pdf"]
Words = Annotated[
    str, StringConstraints(max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")
]
Key = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MakeReport(_Body):
    """Make a report (诊改报告 and others) on a scope for a period."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"scope": "course/C0001", "period": "term:2026-2027-1"}]},
    )

    scope: ScopeKey
    period: PeriodKey
    kind: Annotated[
        Key, Field(description="报告种类，见 GET /kinds", examples=["self_diagnosis"])
    ] = "self_diagnosis"
    as_of: Annotated[AwareDatetime | None, Field(description="数据截至此刻；不填为现在")] = None
    template_version: Annotated[
        int | None, Field(ge=1, le=2**31 - 1, description="本校模板的版本；不填为随附模板")
    ] = None


class ReportSummary(BaseModel):
    """A report as lists show it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: str
    scope: ScopeKey
    scope_name: str
    period: PeriodKey
    title: str
    template: str
    template_version: int
    as_of: datetime
    """When the newest fact in it was stated."""

    digest: str
    """SHA-256 of the document as it was opened."""

    sha256: str
    """SHA-256 of the HTML document as it was opened."""

    created_at: datetime
    created_by: str


class ReportDetail(ReportSummary):
    """A report with its content; the shape of ``content`` belongs to the template version."""

    content: dict[str, Any]


class Draft(BaseModel):
    """How far a report has come, and where people write."""

    report: UUID
    state: str
    state_zh: str
    version: int
    owner: str
    cycle: str | None
    due_at: datetime | None
    submitted_by: str | None
    reviewed_by: str | None
    issued_by: str | None
    issued_at: datetime | None
    superseded_by: UUID | None
    reason: str
    texts: dict[str, str]
    places: dict[str, int]
    """Where people write, and how many characters each place holds."""

    signatures: dict[str, str]
    """By role: who signed."""

    files: dict[str, str]
    """Of an issued report: SHA-256 by format."""

    may: dict[str, bool]


class WriteTexts(_Body):
    """Texts by place; each becomes a new version."""

    texts: Annotated[
        dict[Key, Words],
        Field(min_length=1, max_length=500, examples=[{"overview": "本学期教学运行平稳。"}]),
    ]


class ReviewReport(_Body):
    """Let a report pass, or send it back."""

    approve: bool
    reason: Words = ""


class SignReport(_Body):
    """Sign a report in a role that its cover names."""

    role: Key


class Comment(_Body):
    """A remark on a section."""

    section: Key
    text: Annotated[Words, StringConstraints(min_length=1)]


class CommentOut(BaseModel):
    """A remark as it is kept."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    section: str
    text: str
    by: str
    at: datetime
    settled_by: str | None
    settled_at: datetime | None


class TextVersion(BaseModel):
    """A version of what stood at a place."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    text: str
    by: str
    at: datetime


class FindingOut(BaseModel):
    """Something that is wrong with a draft."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    place: str
    must: bool
    zh: str
    en: str


class RemadeOut(BaseModel):
    """A report that was made again from the facts that it was made from."""

    model_config = ConfigDict(from_attributes=True)

    same: bool
    digest: str
    again: str
    reason: str


class Difference(BaseModel):
    """A number that is another than in the report before."""

    point: str
    before: str
    now: str


class Comparison(BaseModel):
    """A report beside the one of the period before."""

    report: UUID
    before: UUID | None
    before_period: str | None
    differences: list[Difference]


class SectionOut(BaseModel):
    """A section that a kind can have."""

    key: str
    title: str
    condition: str
    """When it stands in a report; empty: always."""


class KindOut(BaseModel):
    """A kind of report."""

    key: str
    title: str
    version: int
    scopes: list[str]
    output: str
    """Item of the plan that it answers."""

    sections: list[SectionOut]
    signers: list[str]


class PutTemplate(_Body):
    """A version of a template: Word, Typst, and the sections in their order."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"title": "本校格式", "sections": ["basics", "standards", "statement"]}]
        },
    )

    title: Annotated[Words, StringConstraints(min_length=1)]
    sections: Annotated[
        list[Key], Field(max_length=60, examples=[["basics", "overview", "goals", "next"]])
    ] = []
    docx: Annotated[Base64Bytes | None, Field(description="Word 模板，Base64")] = None
    typst: Annotated[str | None, Field(max_length=200_000, description="Typst 模板")] = None


class TemplateOut(BaseModel):
    """A version of a template as it is kept."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    version: int
    title: str
    sections: list[str]
    sha256: str
    by: str
    at: datetime


class Verification(BaseModel):
    """Whether a number is that of a report that was issued, and what it must hash to."""

    number: str
    title: str
    scope_name: str
    period: str
    as_of: datetime
    state: str
    digest: str
    files: dict[str, str]
    issued_at: datetime | None
    superseded_by: str | None
