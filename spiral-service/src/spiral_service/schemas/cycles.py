"""Cycles (诊改周期) over REST."""

import re
from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.vocabulary import (
    Level,
    PeriodKey,
    ScopeKey,
)
from spiral_service.schemas.common import CycleKey, State
from spiral_service.schemas.corrections import CorrectionSummary

DEFAULT_DEFINITION: Final = "figure_eight"


class OpenCycle(BaseModel):
    """Open a cycle (诊改周期); the key is its natural key."""

    model_config = ConfigDict(extra="forbid")

    key: CycleKey
    scope: ScopeKey
    period: PeriodKey
    definition: Annotated[
        str | None,
        Field(
            pattern=r"^[a-z][a-z0-9_]*(@[1-9][0-9]{0,5})?$",
            examples=["figure_eight", "figure_eight@1"],
            description="螺旋定义，可带 @版本；不给则用“8”字螺旋的最新版本",
        ),
    ] = None

    def named_definition(self) -> tuple[str | None, int | None]:
        """Return name and version of the definition asked for, None for what is left open."""
        match = re.fullmatch(r"([a-z0-9_]+)(?:@(\d+))?", self.definition or "")
        if match is None:
            return None, None
        return match[1], int(match[2]) if match[2] else None


class CycleSummary(BaseModel):
    """A cycle as lists show it."""

    key: str
    version: int
    scope: ScopeKey
    scope_name: str
    """Chinese name; the key of the scope while the hub has not told its name."""

    level: Level
    period: PeriodKey
    definition: str
    """Name and version: ``figure_eight@1``."""

    step: str
    step_zh: str
    step_en: str
    state: State
    opened_at: datetime
    open_corrections: int


class GateView(BaseModel):
    """What must exist before a step may be left."""

    gate: str
    zh: str
    en: str


class StepView(BaseModel):
    """A step of a loop."""

    step: str
    zh: str
    en: str
    phase: str | None
    phase_zh: str | None
    gates: list[GateView]
    next: list[str]
    lit: bool
    """The loop stands here."""


class RoutineLoopView(BaseModel):
    """The routine loop of a cycle (常态纠偏) with its corrections."""

    zh: str
    en: str
    inside: str
    steps: list[StepView]
    open: int
    """Corrections that are open."""

    closed: int
    corrections: list[CorrectionSummary]
    """The open ones first, at most 100; all of them by ``GET /corrections?cycle=``."""


class CycleDetail(CycleSummary):
    """A cycle with its two loops."""

    steps: list[StepView]
    """The stage loop (阶段改进), in order."""

    next_steps: list[str]
    routine_loop: RoutineLoopView
