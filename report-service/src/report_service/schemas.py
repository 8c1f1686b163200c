"""Requests and responses of the REST API."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.vocabulary import PeriodKey, ScopeKey


class MakeReport(BaseModel):
    """Make the self-diagnosis report (自我诊改报告) of a scope for a period."""

    model_config = ConfigDict(extra="forbid")

    scope: ScopeKey
    period: PeriodKey


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
    """SHA-256 of the content without number and digest."""

    sha256: str
    """SHA-256 of the HTML document."""

    created_at: datetime
    created_by: str


class ReportDetail(ReportSummary):
    """A report with its content; the shape of ``content`` belongs to the template version."""

    content: dict[str, Any]
