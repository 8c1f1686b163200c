"""What a one-page sheet holds, before and after it is composed; positions are indices.

Source: plan §四(三) 一页纸项目管理; the layout is that of the one-page project manager.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Role = Literal["A", "B", "C"]
"""主责、协办、支持."""

Light = Literal["green", "yellow", "red"]
Fill = Literal["empty", "part", "full"]
Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A task as it stands on the day of the sheet."""

    key: str
    title: str
    state: str
    goals: tuple[str, ...]
    starts_on: date | None
    ends_on: date | None
    done_on: date | None
    progress: Decimal
    """Approved share of the work, 0 to 1."""

    is_overdue: bool
    roles: Mapping[str, Role]
    """By who takes part: persons and units as scopes."""

    is_qualitative: bool
    lights: tuple[tuple[date, Light], ...]
    budget: Decimal | None
    spent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a sheet is about, and what people wrote on it."""

    key: str
    title: str
    leader: str
    objective: str
    summary: str
    """What people add to the reckoned summary; so does ``forecast``."""

    forecast: str
    last_day: date | None = None
    """Of the plan or goal: until then tasks go on that have no end (持续)."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A column of objectives."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Owner:
    """A column of owners; ``key`` is empty for all those that have no column of their own."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Period:
    """A column of the timeline; ``ends_on`` is its last day."""

    label: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Circle:
    """Work in one period: planned, and how much of it is done."""

    period: int
    fill: Fill
    is_late: bool
    """It should have been full by the day of the sheet, or was filled after the planned end."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """How a qualitative task was judged last in one period."""

    period: int
    light: Light


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A task on the sheet."""

    number: int
    key: str
    title: str
    state: str
    objectives: tuple[int, ...]
    starts_on: date | None
    ends_on: date | None
    done_on: date | None
    progress: Decimal
    planned: Decimal
    """Share of its time that has gone by."""

    is_overdue: bool
    is_behind: bool
    circles: tuple[Circle, ...]
    lamps: tuple[Lamp, ...]
    roles: Mapping[int, Role]


@dataclass(frozen=True, slots=True)
class Cost:
    """Money of one objective, or of all tasks."""

    label: str
    planned: Decimal
    actual: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A whole sheet."""

    key: str
    title: str
    leader: str
    objective: str
    as_of: date
    language: Language
    objectives: tuple[Objective, ...]
    owners: tuple[Owner, ...]
    period_kind: str
    periods: tuple[Period, ...]
    tasks: tuple[Line, ...]
    qualitative: tuple[Line, ...]
    costs: tuple[Cost, ...]
    summary: tuple[str, ...]
    forecast: tuple[str, ...]
    left_out: int
    """Tasks for which there is no room."""
