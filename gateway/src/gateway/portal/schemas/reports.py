"""What the portal reads of reports, the work on them, batches and schedules."""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from gateway.portal.schemas import May, Read


class Kind(Read):
    """A kind of report."""

    key: str
    title: str
    version: int
    scopes: list[str] = Field(default_factory=list)
    signers: list[str] = Field(default_factory=list)


class Report(Read):
    """A report in a list."""

    id: UUID
    number: str
    scope: str
    scope_name: str
    period: str
    title: str
    template: str
    template_version: int
    as_of: AwareDatetime
    digest: str
    created_at: AwareDatetime
    created_by: str
    state: str | None = None
    """None: it is from before reports were worked on, or is read by itself."""

    due_at: AwareDatetime | None = None


class ReportWhole(Report):
    """A report with its document."""

    content: dict[str, Any]


class Draft(Read):
    """How far a report has come, and where people write."""

    state: str
    version: int
    owner: str
    cycle: str | None = None
    due_at: AwareDatetime | None = None
    submitted_by: str | None = None
    reviewed_by: str | None = None
    issued_by: str | None = None
    issued_at: AwareDatetime | None = None
    superseded_by: UUID | None = None
    reason: str = ""
    texts: dict[str, str] = Field(default_factory=dict)
    places: dict[str, int] = Field(default_factory=dict)
    """Where people write, and how many characters each place holds."""

    signatures: dict[str, str] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)
    may: May


class Finding(Read):
    """Something that is wrong with a draft."""

    code: str
    place: str
    must: bool
    zh: str
    en: str


class Remark(Read):
    """What somebody remarked on a section."""

    id: UUID
    section: str
    text: str
    by: str
    at: AwareDatetime
    settled_by: str | None = None


class TextVersion(Read):
    """A version of what stood at a place."""

    version: int
    text: str
    by: str
    at: AwareDatetime


class Difference(Read):
    """A number that is another than in the report before."""

    point: str
    before: str
    now: str


class Comparison(Read):
    """A report beside the one of the period before."""

    before: UUID | None = None
    before_period: str | None = None
    differences: list[Difference] = Field(default_factory=list)


class Remade(Read):
    """A report that was made again from the facts that it was made from."""

    same: bool
    digest: str
    again: str
    reason: str = ""


class Batch(Read):
    """Many reports as one job, and how far it has come."""

    id: UUID
    title: str
    kind: str
    period: str
    as_of: AwareDatetime
    formats: list[str]
    total: int
    done: int
    failed: int
    waiting: int
    cancelled: int
    state: Literal["running", "done", "cancelled"]
    schedule: str | None = None
    created_at: AwareDatetime
    created_by: str
    finished_at: AwareDatetime | None = None


class Folder(Read):
    """A folder of a batch: a class, a unit."""

    folder: str
    total: int
    done: int
    failed: int


class Order(Read):
    """A report of a batch that was not made."""

    scope: str
    folder: str
    state: str
    code: str | None = None
    zh: str | None = None
    en: str | None = None


class Schedule(Read):
    """When reports are ordered without anybody asking."""

    key: str
    version: int
    enabled: bool
    document: dict[str, Any]
    next_at: AwareDatetime | None = None
    ran_at: AwareDatetime | None = None
    batch: UUID | None = None
    failure: str | None = None


class Checklist(Read):
    """What a review looks for, by province."""

    key: str
    title: str
