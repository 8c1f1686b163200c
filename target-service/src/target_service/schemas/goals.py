"""Requests and answers about goals."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, computed_field

from shared.contracts.vocabulary import Level, ScopeKey, VerticalSystem, level_of
from target_service.domain.decomposition import MAX_CHILDREN
from target_service.domain.distribution import GoalState
from target_service.domain.weights import Aggregation, Allocation
from target_service.schemas import examples
from target_service.schemas.attainments import AttainmentView, Rates
from target_service.schemas.chain_view import CostlyPart, GoalStanding
from target_service.schemas.common import (
    Indicator,
    Key,
    LimitBody,
    Numbers,
    Owner,
    Spelled,
    Text,
    Title,
    View,
    WithPeriods,
    WrittenPeriod,
    told,
)


class GoalKind(StrEnum):
    """Where a goal comes from (任务类型)."""

    PLAN = "plan"
    """规划"""

    KEY = "key"
    """重点"""

    AD_HOC = "ad_hoc"
    """临时"""

    ROUTINE = "routine"
    """日常"""


class ValueOf(BaseModel):
    """A value of a period."""

    model_config = ConfigDict(extra="forbid")

    period: WrittenPeriod
    value: Numbers


Words = Annotated[Text, Field(min_length=1, max_length=2000)]
Citation = Annotated[Text, Field(min_length=1, max_length=400)]


class GoalBody(WithPeriods, BaseModel):
    """State a goal (目标); again with the same key: change it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.GOAL]})

    key: Key
    title: Title
    scope: ScopeKey
    period: WrittenPeriod
    indicator: Indicator | None = None
    baseline: Annotated[Numbers | None, Field(description="Value at the start 基期值")] = None
    target: LimitBody | None = None
    weight: Annotated[Decimal, Field(gt=0, le=1, decimal_places=6)] = Decimal(1)
    """Share of the parent's attainment, a ratio in (0, 1]; of no account where the parent's
    allocation is ``same``."""

    owner: Owner = ""
    deadline: Annotated[date | None, Field(le=date(2199, 12, 31))] = None
    """Last day of the goal: from the next day on a missed target is overdue."""

    parent: Key | None = None
    """Goal that it is a part of (上级目标); it ends on or before the deadline of that one."""

    aggregation: Aggregation = Aggregation.WEIGHTED_MEAN
    """How its attainment follows from its children's."""

    allocation: Allocation = Allocation.SAME
    """How it is divided among its children."""

    kind: GoalKind = GoalKind.PLAN
    system: VerticalSystem | None = None
    """Of the five vertical systems, the one it belongs to (纵)."""

    plan: Key | None = None
    """Plan that it is a goal of."""

    aim: Annotated[Text, Field(max_length=400)] = ""
    """The aim of the school that it serves, in words: for a goal without a parent."""

    budget: Numbers | None = None
    """In yuan."""

    co_owners: Annotated[list[Owner], Field(max_length=50)] = []
    basis: Annotated[list[Citation], Field(max_length=50)] = []
    """Documents that it rests on, by their keys."""

    dimensions: Annotated[list[Citation], Field(max_length=20)] = []
    """Value dimensions that it serves (育人价值维度), by their keys."""

    trajectory: Annotated[list[ValueOf], Field(max_length=60)] = []
    """What is to be reached on the way: the value of each year, or term."""

    history: Annotated[list[ValueOf], Field(max_length=60)] = []
    """Values of the years before that were not measured here, for the letter A."""


class ChildBody(GoalBody):
    """A child of the goal that is divided; the parent goes without saying."""

    parent: None = None


class DecomposeBody(BaseModel):
    """Divide a goal among children, all of them at once or none."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.DECOMPOSE]})

    allocation: Allocation
    children: Annotated[list[ChildBody], Field(min_length=1, max_length=MAX_CHILDREN)]


class NoteBody(BaseModel):
    """What somebody says to a step."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[Text, Field(max_length=2000)] = ""


class ReasonBody(BaseModel):
    """What somebody asks for, and why."""

    model_config = ConfigDict(extra="forbid")

    note: Words


class WaiverBody(BaseModel):
    """Let a goal be published although it misses a letter (豁免)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.WAIVER]})

    letter: Annotated[str, Field(pattern="^[SMART]$")]
    reason: Words


class CommentBody(BaseModel):
    """Say something about a goal."""

    model_config = ConfigDict(extra="forbid")

    text: Words


class GoalView(View):
    """A goal as it stands."""

    key: str
    version: int
    title: str
    scope: str
    period: str
    indicator: str | None
    baseline: str | None
    target: dict[str, Any] | None
    weight: str
    owner: str
    deadline: date | None
    parent: str | None
    aggregation: Aggregation
    allocation: Allocation
    kind: GoalKind
    system: VerticalSystem | None
    plan: str | None
    aim: str
    budget: str | None
    co_owners: list[str]
    basis: list[str]
    dimensions: list[str]
    trajectory: list[dict[str, Any]]
    history: list[dict[str, Any]]
    state: GoalState
    waivers: list[dict[str, Any]]
    changed_by: str
    updated_at: datetime
    withdrawn_at: datetime | None
    """When it was withdrawn, by ``changed_by``; None while it is in force."""

    withdrawn_reason: str | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def level(self) -> Level:
        """Level of its scope (横)."""
        return level_of(self.scope)


class GoalNode(GoalView):
    """A goal in a list, with how many goals are parts of it."""

    children: int


class LetterView(View):
    """Whether a goal meets one letter of SMART, why, and what to do about it."""

    letter: str
    met: bool
    waived: bool
    reason: str
    remedy: str


class GoalDetail(GoalView):
    """A goal, how it stands, what its parts cost it, and the attainments of its bindings."""

    standing: GoalStanding
    """Of an old version: as it was when that was replaced."""

    parts: list[CostlyPart]
    """The twenty that cost it most, the dearest first; only as of today."""

    attainments: list[AttainmentView]
    """Of an old version: as they were when it was replaced."""

    smart: list[LetterView]
    """Of an old version: none."""

    may: dict[str, bool]
    """Which steps its state allows; who may take them is checked when he does."""

    blocked_by: Annotated[list[str], Field(serialization_alias="blockedBy")]
    """What holds up its publication."""


class CommentView(View):
    """What somebody said about a goal."""

    id: int
    by: str
    text: str
    at: datetime


class PartView(BaseModel):
    """A child of a goal that was divided."""

    key: str
    title: str
    scope: str
    owner: str
    state: GoalState
    weight: str | None
    """None where each counts the same."""

    share: Spelled
    """What it counts, to six decimals."""

    target: dict[str, Any] | None


class DecompositionView(BaseModel):
    """How a goal is divided among its children."""

    goal: str
    version: int
    allocation: Allocation
    parts: list[PartView]
    whole: Spelled
    """Its target, where the parts are parts of a number."""

    sum: Spelled
    residual: Spelled
    """whole − Σ parts, exact: above 0 something is not handed on, below 0 too much is."""


class Finding(BaseModel):
    """Something about a goal, a scope or a plan that somebody should look at."""

    rule: str
    """``hanging`` 悬空, ``rootless`` 无源, ``papers-only`` 破五唯."""

    subject: str
    title: str
    reason: str
    remedy: str


class TransferRate(BaseModel):
    """How many goals of a level were handed on, and taken over below."""

    level: Level
    goals: int
    handed_on: int
    rate: Spelled


class CoverageCell(BaseModel):
    """Goals, tasks and rates of one vertical system at one level."""

    system: VerticalSystem
    level: Level
    goals: int
    tasks: int
    """Without those that were cancelled."""

    done: int
    overdue: int
    rates: Rates
    """Of the bindings of these goals."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def lacks(self) -> list[str]:
        """``goals``, ``tasks``: of which there are none (空格)."""
        return [name for name in ("goals", "tasks") if not getattr(self, name)]


class ChainHealth(BaseModel):
    """How sound the chain of goals is (目标链健康度), with what it is reckoned from."""

    goals: int
    smart: int
    """Published with every letter met, none waived."""

    rooted: int
    """A goal above, or a stated aim, asks for it."""

    grounded: int
    """A number, or goals beneath it, answer it."""

    divided: int
    """Goals lie beneath it."""

    handed_on: int
    """Of those divided: every part was taken over."""

    score: Spelled
    """Mean of the four shares; null without a goal."""


class Coverage(BaseModel):
    """5 × 5: vertical systems by levels (五纵五横)."""

    cells: list[CoverageCell]
    empty: list[CoverageCell]
    """Cells that lack goals or tasks."""

    untagged: int
    """Goals that belong to no vertical system."""

    chain: ChainHealth


class GoalFilter(BaseModel):
    """Which goals are wanted; what is not given does not restrict."""

    parent: Annotated[Text | None, Field(max_length=400)] = None
    """Children of this goal; ``-``: goals without a parent."""

    plan: Key | None = None
    scope: ScopeKey | None = None
    indicator: Indicator | None = None
    owner: Annotated[Text | None, Field(max_length=200)] = None
    kind: GoalKind | None = None
    system: VerticalSystem | None = None
    state: GoalState | None = None

    def told(self, name: str) -> str | None:
        """Return what is asked of a field, as it is stored."""
        return told(self, name)
