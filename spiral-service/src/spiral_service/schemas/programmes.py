"""Programmes (诊改计划) over REST: which cycles the school calendar opens."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.contracts.vocabulary import PeriodKey, ScopeKey
from spiral_service.domain.programmes import Excluded, Rhythm, Selector
from spiral_service.schemas.examples import PROGRAMME

Key = Annotated[
    str, Field(min_length=1, max_length=80, pattern=r"^[\w.-]+$", examples=["student-year"])
]
Scopes = Annotated[list[ScopeKey], Field(max_length=20_000)]


class ProgrammeBody(BaseModel):
    """Open a cycle in every period of a rhythm for every scope that is chosen."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [PROGRAMME]})

    key: Key
    title: Annotated[str, Field(min_length=1, max_length=200)]
    definition: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(@[1-9][0-9]{0,5})?$")]
    """Without a version the newest one at each opening."""

    rhythm: Rhythm
    period: PeriodKey | None = None
    """The only period whose cycles open, of a rhythm ``once``: a construction period."""

    opens: Annotated[int, Field(ge=-60, le=60)] = 0
    """Days from the beginning of a period until its cycles open; negative: before it."""

    paused: bool = False
    kind: Literal["school", "unit", "major", "course", "class", "group", "teacher", "student"]
    tags: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=80)]], Field(max_length=10)
    ] = []
    """Scopes that carry all of them."""

    within: Annotated[list[ScopeKey], Field(max_length=200)] = []
    """Scopes that are one of these, or lie in one, however deep; none: anywhere."""

    scopes: Scopes = []
    """Only these; none: all of the kind."""

    excluded: Scopes = []
    """But not these."""

    @model_validator(mode="after")
    def _name_the_period_of_once(self) -> Self:
        if (self.rhythm == "once") is not (self.period is not None):
            raise ValueError("period 与 rhythm=once 须同时使用 (period goes with rhythm once)")
        return self

    @property
    def period_kind(self) -> str:
        """Return of which kind the periods are, with its colon."""
        return f"{self.period.partition(':')[0] if self.period else self.rhythm}:"

    def selector(self) -> Selector:
        """Return which scopes are meant."""
        return Selector(
            kind=self.kind,
            tags=tuple(self.tags),
            within=tuple(self.within),
            scopes=tuple(self.scopes),
            excluded=tuple(self.excluded),
        )


class SweepView(BaseModel):
    """The opening of the cycles of one period."""

    model_config = ConfigDict(from_attributes=True)

    period: PeriodKey
    opened: int
    begun_at: datetime
    ended_at: datetime | None
    """When nothing was left to open, for the last time; None while there may be."""


class ProgrammeView(BaseModel):
    """A programme as it stands."""

    model_config = ConfigDict(from_attributes=True)

    key: str
    version: int
    title: str
    definition: str
    rhythm: Rhythm
    period: PeriodKey | None
    opens: int
    paused: bool
    kind: str
    tags: list[str]
    within: list[ScopeKey]
    scopes: list[ScopeKey]
    excluded: list[ScopeKey]
    updated_by: str
    updated_at: datetime
    running: PeriodKey | None
    """The period whose cycles are open now; None where the school calendar knows none."""

    next_look: datetime | None
    """When it opens cycles next; None of one that is paused."""

    sweeps: list[SweepView]
    """The newest first."""


class ExcludedView(BaseModel):
    """Scopes that get no cycle, for one reason."""

    why: Excluded
    count: int
    scopes: list[ScopeKey]
    """The first twenty."""


class PreviewView(BaseModel):
    """What a programme would open now; nothing was."""

    period: PeriodKey | None
    """None where the school calendar knows no period of its rhythm: nothing would be opened."""

    chosen: int
    opens: int
    excluded: list[ExcludedView]
    unowned: int
    """Of those that would open, how many have nobody for the step at which they begin."""

    examples: list[ScopeKey]
    """The first twenty that would open."""
