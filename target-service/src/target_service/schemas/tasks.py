"""Requests and responses of tasks."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.contracts.vocabulary import Level, ScopeKey
from target_service.domain.reports import ReportState
from target_service.domain.sheets.document import Light, Role
from target_service.domain.tasks import Kind, System, TaskState
from target_service.schemas import examples
from target_service.schemas.common import Key, Spelled, Text, Title, View

_TAKEN = frozenset({"summary", "coverage"})


def _check_key(key: str) -> str:
    if key in _TAKEN:
        raise ValueError(f"{key} 另有用途，换一个编号 (it names another path)")
    return key


def _check_unit(scope: str) -> str:
    if not scope.startswith("unit/"):
        raise ValueError("责任部门写作 unit/… (a unit is written unit/…)")
    return scope


def _check_party(scope: str) -> str:
    if not scope.startswith(("teacher/", "student/", "unit/")):
        raise ValueError("写作 teacher/…、student/… 或 unit/… (a person or a unit)")
    return scope


TaskKey = Annotated[
    str,
    Field(pattern=r"^\w[\w.:@+-]*$", max_length=80, examples=["t-2026-01"]),
    AfterValidator(_check_key),
]
"""At most 80 characters and without a slash: it is the number of a record of the hub, too."""

Party = Annotated[ScopeKey, AfterValidator(_check_party), Field(examples=["teacher/T001"])]
Unit = Annotated[ScopeKey, AfterValidator(_check_unit), Field(examples=["unit/JWC"])]
Money = Annotated[Decimal, Field(ge=0, le=10**12, decimal_places=2)]
Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=4)]
Words = Annotated[Text, Field(max_length=4000)]
Reason = Annotated[Text, Field(min_length=2, max_length=1000)]
Closed = ConfigDict(extra="forbid")


class Helper(BaseModel):
    """Somebody who helps, and how: A 主责, B 协办, C 支持."""

    model_config = Closed

    who: Party
    role: Role = "B"


class NamedParty(BaseModel):
    """Who takes part by name alone: the hub has no such person or unit."""

    model_config = Closed

    name: Title
    role: Role = "B"


class Resource(BaseModel):
    """What a task needs of people, money and things (人、财、物)."""

    model_config = Closed

    kind: Literal["people", "money", "things"]
    what: Title
    needed: Money
    available: Money
    unit: Annotated[Text, Field(max_length=20)] = ""


class Deliverable(BaseModel):
    """An output that a task owes (成果形式: 文件 清单 标准 报告 软件 制度文件 方案)."""

    model_config = Closed

    kind: Literal[
        "document", "list", "standard", "report", "software", "regulation", "scheme", "other"
    ]
    title: Title


class TaskBody(BaseModel):
    """Draft a task (任务); again with the same key: change it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.TASK]})

    key: TaskKey
    title: Title
    detail: Words = ""
    kind: Kind
    system: System
    """纵向系统 that it belongs to; its level follows from its scope."""

    scope: ScopeKey
    unit: Unit | None = None
    """Responsible unit."""

    owner: Party | Literal[""] = ""
    helpers: Annotated[list[Helper], Field(max_length=30)] = []
    named: Annotated[list[NamedParty], Field(max_length=30)] = []
    """Who takes part, as a plan calls them, and is not known to the hub: they stand on the
    one-page sheet, and nothing is asked of them."""

    goals: Annotated[list[Key], Field(max_length=20)] = []
    """Goals that it serves, the first one first."""

    after: Annotated[list[TaskKey], Field(max_length=50)] = []
    """Tasks that should be done before it starts."""

    starts_on: date | None = None
    ends_on: Annotated[date | None, Field(le=date(2199, 12, 31))] = None
    """Last day; the next one it is overdue."""

    sla_hours: Annotated[int | None, Field(ge=1, le=2000)] = None
    """Of a service task: working hours of the school calendar in which it is due once issued."""

    qualitative: bool = False
    """Its progress is judged by a light, green yellow red."""

    resources: Annotated[list[Resource], Field(max_length=50)] = []
    budget: Money | None = None
    deliverables: Annotated[list[Deliverable], Field(max_length=20)] = []
    reason: Annotated[
        Reason | None, Field(description="已下达后修改须说明 · once it is issued")
    ] = None
    """Why it changes; needed once it is issued, and kept."""


class ReasonBody(BaseModel):
    """Why something is done."""

    model_config = Closed

    reason: Reason


class EvidenceBody(BaseModel):
    """A file that was uploaded before, and its name."""

    model_config = Closed

    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$", examples=["0" * 64])]
    name: Annotated[Text, Field(min_length=1, max_length=200)]


class ReportBody(BaseModel):
    """Report progress (进展报告); it counts when another person has approved it."""

    model_config = Closed

    progress: Share
    """Share of the whole, 0 to 1; a report of 1 that is approved makes the task done."""

    said: Annotated[Text, Field(min_length=1, max_length=4000)]
    as_of: date | None = None
    """Day of which it tells; today when not given."""

    spent: Money | None = None
    """All money spent so far; as before when not given."""

    light: Light | None = None
    evidence: Annotated[list[EvidenceBody], Field(max_length=20)] = []


class PaceView(View):
    """Progress and money, held against the calendar."""

    planned: Spelled
    actual: Spelled
    gap: Spelled
    """actual − planned, ratios of the whole."""

    is_behind: bool
    executed: Spelled
    """Money spent ÷ budget; None without a budget."""

    is_overspent: bool


class TaskView(View):
    """A task as it stands."""

    key: str
    version: int
    state: TaskState
    title: str
    detail: str
    kind: Kind
    system: System
    level: Level
    scope: str
    unit: str | None
    owner: str
    helpers: list[Helper]
    named: list[NamedParty]
    goals: list[str]
    after: list[str]
    starts_on: date | None
    ends_on: date | None
    sla_hours: int | None
    due_at: datetime | None
    started_on: date | None
    done_on: date | None
    progress: Spelled
    qualitative: bool
    resources: list[Resource]
    budget: Spelled
    spent: Spelled
    deliverables: list[Deliverable]
    issued_at: datetime | None
    accepted_at: datetime | None
    overdue: bool
    pace: PaceView
    updated_at: datetime


class ReportView(View):
    """A report, and what became of it."""

    task: str
    number: int
    version: int
    state: ReportState
    progress: Spelled
    said: str
    as_of: date
    spent: Spelled
    light: Light | None
    evidence: list[EvidenceBody]
    by: str
    at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


class NoteView(View):
    """What was done with a task."""

    version: int
    what: str
    by: str
    at: datetime
    reason: str | None
    changes: dict[str, Any]


class TaskDetail(TaskView):
    """A task with what a careful reader would ask, and what may be done with it."""

    conflicts: dict[str, list[str]]
    """By JSON path: told, not refused."""

    may: dict[str, bool]
    blocked_by: Annotated[list[str], Field(serialization_alias="blockedBy")]
    """What it lacks before it can be issued."""

    shortages: list[Resource]
    """Resources of which less is there than needed."""

    reports: list[ReportView]
    """The newest first, at most fifty."""

    notes: list[NoteView]
    """The newest first, at most fifty."""


class TaskFilter(BaseModel):
    """Which tasks are wanted; what is not given does not restrict."""

    scope: ScopeKey | None = None
    unit: ScopeKey | None = None
    owner: ScopeKey | None = None
    goal: Key | None = None
    sheet: Annotated[Text | None, Field(max_length=400, examples=["plan/plan-2020-18"])] = None
    """Those that stand on the sheet of a scope, a plan or a goal."""

    kind: Kind | None = None
    system: System | None = None
    state: TaskState | None = None
    overdue: bool | None = None


class Shortage(Resource):
    """What a task lacks of people, money or things (资源缺口)."""

    task: str
    title: str


class TaskSummary(BaseModel):
    """Tasks by state, how many are overdue, their money, and what those not done yet lack."""

    total: int
    states: dict[str, int]
    overdue: int
    kinds: dict[str, dict[str, int]]
    budget: Spelled
    """Of all but those that were cancelled."""

    spent: Spelled
    shortages: list[Shortage]
    """Of the first hundred tasks that lack something."""
