"""Requests and responses: reports, kinds, templates."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, StringConstraints

from report_service.schemas.common import Body, Key, Moment, Words
from shared.contracts.vocabulary import PeriodKey, ScopeKey


class MakeReport(Body):
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
    as_of: Annotated[Moment | None, Field(description="数据截至此刻；不填为现在")] = None
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


class PutTemplate(Body):
    """A version of a template: Word, Typst, and the sections in their order."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"title": "本校格式", "sections": ["basics", "standards", "statement"]}]
        },
    )

    title: Annotated[Words, StringConstraints(min_length=1)]
    sections: Annotated[
        list[Key],
        Field(
            default_factory=list, max_length=60, examples=[["basics", "overview", "goals", "next"]]
        ),
    ]
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
