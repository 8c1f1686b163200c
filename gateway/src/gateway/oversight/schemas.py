"""Answers that the gateway puts together from those of the services."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.persons import ErasedTable
from shared.kit.audit_api import AuditEntry, AuditFinding

Part = Literal["gateway", "datahub", "target", "spiral", "alert", "report"]


class EntryOfPart(AuditEntry):
    """An entry of the audit of the gateway or of a service."""

    service: Part


class FindingOfPart(AuditFinding):
    """What computing every block of one audit anew has found."""

    service: Part


class Step(BaseModel):
    """Something that followed from something else."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    service: Part
    kind: str
    """``http write event batch change measurement attainment alert correction report``."""

    id: str
    """By which other steps name it."""

    because: str
    """Id of the step that it followed from; of the first, what was asked for."""

    at: datetime
    title: str
    scope: str | None = None
    period: str | None = None
    detail: dict[str, Any] = {}


class ErasureOrder(BaseModel):
    """Have somebody's data erased in every service; it cannot be undone."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    scope: Annotated[
        str, Field(pattern="^(student|teacher)/[^/\x00]{1,100}$", examples=["student/20190001"])
    ]
    reason: Annotated[str, Field(min_length=4, max_length=500, examples=["本人申请，已毕业满五年"])]


class ErasedPart(BaseModel):
    """What one service did."""

    service: Part
    at: datetime
    tables: list[ErasedTable]


class ErasureProof(BaseModel):
    """What was ordered, and what each service did."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    scope: str
    reason: str
    ordered_by: str
    ordered_at: datetime
    answers: list[ErasedPart]
    missing: list[Part]
    """Services that have not answered yet."""

    held: list[str]
    """What no table shows, and goes by itself."""

    remains: list[str]
    """What stays besides, and on what ground: texts of others, issued reports, sums and rates."""

    digest: str
    """SHA-256 in hex of all but the reason, as canonical JSON."""


class Trace(BaseModel):
    """What followed from one request or message."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    steps: list[Step]
    """In the order of their instants."""

    unanswered: list[Part]
    """Services that were away: what followed there is not told."""

    cut: bool
    """More followed than is told."""
