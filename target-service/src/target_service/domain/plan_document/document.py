"""What was read of a plan. A line is counted from 1; of a workbook it is the row of the sheet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from shared.contracts.vocabulary import Level


class Column(StrEnum):
    """A column of the schedule (建设与实施进程表), in the order of the plan."""

    SYSTEM = "system"
    """体系类别"""

    TASK = "task"
    """工作任务"""

    CONTENT = "content"
    """主要内容"""

    LEADER = "leader"
    """主管（牵头）领导"""

    LEAD = "lead"
    """牵头部门"""

    UNDERTAKERS = "undertakers"
    """承担部门"""

    DELIVERABLE = "deliverable"
    """成果形式"""

    START = "start"
    """开始时间"""

    END = "end"
    """完成时间"""


COLUMN_ZH = {
    Column.SYSTEM: "体系类别",
    Column.TASK: "工作任务",
    Column.CONTENT: "主要内容",
    Column.LEADER: "主管领导",
    Column.LEAD: "牵头部门",
    Column.UNDERTAKERS: "承担部门",
    Column.DELIVERABLE: "成果形式",
    Column.START: "开始",
    Column.END: "完成",
}


class How(StrEnum):
    """How a cell came by its text."""

    READ = "read"
    """It stands there."""

    CARRIED = "carried"
    """It is empty, and means what stands above (合并单元格)."""

    MOVED = "moved"
    """It stands in another column, and was put where its kind belongs."""

    LOST = "lost"
    """The row has slipped and nothing is left for this column; what stands above is assumed."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the schedule."""

    text: str
    how: How = How.READ


@dataclass(frozen=True, slots=True)
class Span:
    """A month or a day, from its first to its last day."""

    first: date
    last: date

    @property
    def words(self) -> str:
        """The month as this project writes it; a day in full."""
        return f"{self.first}" if self.first == self.last else f"{self.first:%Y-%m}"

    def months_until(self, other: "Span") -> int:
        """Return how many months later the other one is."""
        mine, theirs = self.first, other.first
        return (theirs.year - mine.year) * 12 + theirs.month - mine.month


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the schedule: one piece of work."""

    line: int
    cells: Mapping[Column, Cell]
    start: Span | None
    end: Span | None
    """None where there is none, and where it goes on for good."""

    ongoing: bool = False
    """持续: it goes on for good."""

    def text(self, column: Column) -> str:
        """Return what a cell says."""
        return self.cells[column].text

    @property
    def title(self) -> str:
        """What the work is called: its task and, where it says more, its content."""
        task, content = self.text(Column.TASK), self.text(Column.CONTENT)
        return task if not content or content == task else f"{task}：{content}"


class Place(StrEnum):
    """What a member is in a body."""

    HEAD = "head"
    """组长"""

    DEPUTY = "deputy"
    """副组长"""

    MEMBER = "member"
    """成员、组员"""


@dataclass(frozen=True, slots=True)
class Member:
    """A post or a unit that belongs to a body."""

    line: int
    place: Place
    party: str


@dataclass(frozen=True, slots=True)
class Duty:
    """What a body has to do."""

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body that the plan sets up (机构)."""

    line: int
    title: str
    members: tuple[Member, ...] = ()
    duties: tuple[Duty, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A document that the plan rests on (依据)."""

    line: int
    title: str
    number: str | None
    """文号 as it is written; None where the plan gives none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleRule:
    """How often a level diagnoses itself (诊改周期)."""

    line: int
    level: Level
    rhythm: str
    """year, term, ayear, construction or appointment."""

    words: str
    """As the plan says it."""

    warning_only: bool = False
    """It only warns in this rhythm (预警周期)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What a reader did beyond reading, or could not read."""

    rule: str
    lines: tuple[int, ...]
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDocument:
    """A plan as it was read."""

    title: str
    number: str | None
    issued_on: date | None
    years: int | None
    """How many years it takes, where it says so."""

    rows: tuple[Row, ...]
    bodies: tuple[Body, ...] = ()
    citations: tuple[Citation, ...] = ()
    cycles: tuple[CycleRule, ...] = ()
    remarks: tuple[Remark, ...] = ()
    lines: tuple[str, ...] = field(default=(), repr=False)
    """The text, where it came as one; what is odd in its words is looked for there."""


def last_day_of_month(day: date) -> date:
    """Return the last day of the month of a day."""
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return following - timedelta(days=1)
