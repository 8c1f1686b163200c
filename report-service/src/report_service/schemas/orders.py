"""Requests and responses: batches and schedules."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from report_service.schemas.common import Body, Format, Key, Moment, Words
from shared.calendar.rhythm import RhythmError, check_rule
from shared.contracts.vocabulary import PeriodKey, ScopeKey

ScopeKind = Literal[
    "school", "unit", "major", "course", "class", "group", "teacher", "student", "feed"
]
YEARLY = "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=15"

Formats = Annotated[
    list[Format],
    Field(
        default_factory=lambda: ["docx", "pdf"],
        min_length=1,
        max_length=4,
        description="保留哪些格式的文件",
    ),
]
Recipient = Annotated[str, StringConstraints(pattern=r"^(person|role|unit)/[A-Za-z0-9_-]{1,64}$")]


class Deliver(Body):
    """Whom to tell when it is over: through channels of the alert service, and inboxes."""

    channels: Annotated[
        list[Key], Field(default_factory=list, max_length=20, examples=[["qa-mail"]])
    ]
    persons: Annotated[
        list[Recipient],
        Field(default_factory=list, max_length=200, examples=[["role/quality_office"]]),
    ]
    attach: Annotated[
        bool,
        Field(
            description="邮件与 webhook 附文件（合计至多 640 KiB，再大只给链接）"
            " · the files go along, at most 640 KiB of them; else a link"
        ),
    ] = False


class _Choice(Body):
    """Which objects: those that are named, or all of a kind, within another where one is named."""

    kind: Annotated[
        Key, Field(description="报告种类，见 GET /kinds", examples=["self_diagnosis"])
    ] = "self_diagnosis"
    scopes: Annotated[
        list[ScopeKey], Field(default_factory=list, max_length=20_000, description="逐个列出对象")
    ]
    of: Annotated[ScopeKind | None, Field(description="某一类的全部对象")] = None
    within: Annotated[ScopeKey | None, Field(description="只要其下的对象")] = None
    formats: Formats
    template_version: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    deliver: Deliver | None = None


class OpenBatch(_Choice):
    """Make many reports as one job."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "title": "课程自我诊改报告",
                    "scopes": ["course/C0001"],
                    "period": "term:2026-2027-1",
                    "formats": ["html"],
                }
            ]
        },
    )

    title: Words = ""
    period: PeriodKey
    as_of: Annotated[Moment | None, Field(description="数据截至此刻；不填为现在")] = None

    @model_validator(mode="after")
    def check_choice(self) -> Self:
        """Refuse what names objects twice, or none."""
        _check_choice(self.scopes, self.of)
        return self


class BatchOut(BaseModel):
    """A batch and how far it has come."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str
    kind: str
    period: str
    template_version: int | None
    as_of: datetime
    """All of its reports tell what was stated until then."""

    formats: list[str]
    total: int
    done: int
    failed: int
    waiting: int
    cancelled: int
    state: Literal["running", "done", "cancelled"]
    schedule: str | None
    created_at: datetime
    created_by: str
    finished_at: datetime | None


class FolderOut(BaseModel):
    """A folder of a batch: a class, a unit."""

    folder: str
    total: int
    done: int
    failed: int


class OrderOut(BaseModel):
    """A report of a batch."""

    model_config = ConfigDict(from_attributes=True)

    scope: str
    folder: str
    state: str
    report: UUID | None
    code: str | None
    zh: str | None
    en: str | None
    at: datetime | None


class PutSchedule(_Choice):
    """When reports are ordered: as cycles come to a step (``steps``), or on dates."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "title": "学期末学生自我诊改报告",
                    "kind": "self_diagnosis",
                    "of": "student",
                    "period": "term",
                    "of_period": "last",
                    "starts_at": "2027-01-20T08:00:00+08:00",
                    "rule": "FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=20",
                    "deliver": {"persons": ["role/quality_office"]},
                }
            ]
        },
    )

    title: Annotated[Words, StringConstraints(min_length=1)]
    enabled: bool = True
    steps: Annotated[
        list[Key],
        Field(default_factory=list, max_length=20, description="周期进入这些环节时开出草稿"),
    ]
    definitions: Annotated[
        list[Key],
        Field(default_factory=list, max_length=50, description="只对这些螺旋定义；不填为全部"),
    ]
    scope_kinds: Annotated[list[ScopeKind], Field(default_factory=list, max_length=9)]
    starts_at: Annotated[Moment | None, Field(description="第一次的时刻")] = None
    rule: Annotated[
        str | None, Field(max_length=300, description="RFC 5545 的 RRULE；不填为只此一次")
    ] = None
    period: Literal["year", "ayear", "term", "month"] = "term"
    of_period: Annotated[
        Literal["current", "last"], Field(description="当日所在的周期，或刚结束的周期")
    ] = "current"

    @model_validator(mode="after")
    def check_whole(self) -> Self:
        """Refuse what could never order anything."""
        if bool(self.steps) is (self.starts_at is not None):
            raise ValueError("steps 与 starts_at 填一项 (give steps or starts_at, one of the two)")
        if self.steps and (self.scopes or self.of or self.within or self.rule):
            raise ValueError(
                "按环节开出时，对象由周期决定，不填 scopes、of、within、rule"
                " (a cycle says which object it is)"
            )
        if self.starts_at is not None:
            _check_choice(self.scopes, self.of)
            if self.rule is not None:
                try:
                    check_rule(self.rule, self.starts_at, most_a_day=1, example=YEARLY)
                except RhythmError as error:
                    raise ValueError(str(error)) from error
        return self


class ScheduleOut(BaseModel):
    """A schedule as it is kept."""

    key: str
    version: int
    enabled: bool
    document: dict[str, object]
    changed_by: str
    changed_at: datetime
    next_at: datetime | None
    ran_at: datetime | None
    batch: UUID | None
    """The last batch that it ordered."""

    failure: str | None
    """Why it ordered nothing the last time."""


def _check_choice(scopes: list[str], of: str | None) -> None:
    if bool(scopes) is (of is not None):
        raise ValueError("scopes 与 of 填一项 (give scopes or of, one of the two)")
