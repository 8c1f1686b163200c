"""What a rule says, and the signals that it reads.

Source: design "Alerts" 1 to 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Literal, NamedTuple

from alert_service.domain.severity import HoldReason
from shared.contracts.vocabulary import Operator, Severity, State


class Family(StrEnum):
    """What a rule is about (预警类别). Source: design "Alerts" 1."""

    INDICATOR = "indicator"
    TASK = "task"
    ACADEMIC = "academic"
    ATTENDANCE = "attendance"
    CLASSROOM = "classroom"
    INCIDENT = "incident"
    STAFF = "staff"
    MAJOR = "major"
    ASSETS = "assets"
    INTERNSHIP = "internship"
    WELFARE = "welfare"
    """Restricted: of students in need."""

    DATA = "data"
    TREND = "trend"
    PROCESS = "process"


Kind = Literal["measured", "judged", "task", "cycle", "cycle_step", "feed", "quality"]
"""Where a signal comes from: the hub's values, the target service's judgements, tasks, cycles,
steps of cycles, feeds that are late, feeds whose records fail."""

THINGS: Final = frozenset({"task", "cycle", "cycle_step", "feed", "quality"})
"""Kinds whose signals are of a thing at a scope, and of no indicator."""


class Signal(NamedTuple):
    """The newest word on a value, a judgement or a thing."""

    kind: str
    name: str
    """The indicator; empty of things."""

    scope: str
    period: str
    thing: str
    """Of a judgement its binding, of a thing its key; empty of a value."""

    seq: int
    """Of two signals of one source the larger is the newer."""

    at: datetime
    """When it was heard."""

    value: Decimal | None = None
    n: int | None = None
    """Rows it rests on."""

    coverage: Decimal | None = None
    freshest_at: datetime | None = None
    said: Mapping[str, Any] = {}
    """What else its event says."""


Verdict = bool | HoldReason
"""A condition holds, does not hold, or why it cannot be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A measured value lies beyond a line that says when to warn."""

    indicator: str
    op: Operator
    value: tuple[Decimal, ...]
    """One; several of ``in``; lower and upper end of ``between``."""

    periods: int = 1
    """So many periods in a row, the present one among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A value differs from that of the period before."""

    indicator: str
    op: Operator
    value: Decimal
    """The difference, now minus before; a ratio of the value before where it is relative."""

    relative: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A value goes one way from period to period."""

    indicator: str
    way: Literal["falling", "rising"]
    times: int
    """Changes in a row; 2 are three values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """A value lies apart from its own past, or from those of the others."""

    indicator: str
    among: Literal["own", "group"]
    measure: Literal["z", "mad"]
    """Standard deviations from the mean, or median absolute deviations (× 1.4826) from the median:
    the latter is not moved by outliers."""

    beyond: Decimal
    side: Literal["below", "above", "either"]
    least: int
    """With fewer values to compare it with it cannot be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """No value was measured for so many days."""

    indicator: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A binding stands in some way, as the target service judged it."""

    indicator: str
    states: frozenset[State] = frozenset()
    warning: bool | None = None
    overdue: bool | None = None
    gap_beyond: Decimal | None = None
    """Relative gap larger than this ratio."""

    forecast_misses: bool | None = None
    """Its pace misses the target at the deadline."""

    periods: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Some task of the scope is so."""

    overdue: bool | None = None
    due_within_days: int | None = None
    states: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    progress_below: Decimal | None = None
    executed_below: Decimal | None = None
    """Less of its budget was spent, as a share."""

    overspent: bool | None = None
    """More of its budget was spent than its progress accounts for, or than there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """Some open cycle of the scope is so."""

    steps: frozenset[str] = frozenset()
    in_step_days: int | None = None
    """It has been in its step for longer."""

    past_end: bool | None = None
    """The last day of its window is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleStep:
    """Some cycle of the scope has not left its step in time."""

    late_days: int = 0
    """For longer than so many days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed is late."""

    levels: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Records of a feed failed rules in the last days."""

    gates: frozenset[str]
    failed_over: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class All:
    """Every part holds."""

    of: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """Some part holds."""

    of: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The part does not hold."""

    of: "Condition"


Thing = Task | Cycle | CycleStep | Feed | Quality
Leaf = Value | Change | Trend | Deviation | Absent | Judged | Thing
Condition = Leaf | All | AnyOf | Not


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Which scopes a rule is about."""

    kind: str
    keys: frozenset[str] = frozenset()
    """Whole scopes; empty: every one of the kind."""

    within: frozenset[str] = frozenset()
    """Only what lies in one of these."""

    tags: frozenset[str] = frozenset()
    """Only what has one of these."""

    but: frozenset[str] = frozenset()
    """Never these, nor what lies in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """What a value must rest on, or nothing is decided on it."""

    n: int | None = None
    coverage: Decimal | None = None
    max_age_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A colour, where its condition holds too."""

    severity: Severity
    when: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerOf:
    """Who answers for an alert."""

    by: Literal["scope", "above", "fixed"] = "scope"
    kind: str | None = None
    """Of what is above: ``unit``."""

    owner: str | None = None
    """The fixed one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A version of a rule."""

    key: str
    version: int
    title: str
    family: Family
    selector: Selector
    periods: frozenset[str]
    """Kinds of period; empty: any."""

    condition: Condition
    severity: Severity
    ladder: tuple[Rung, ...] = ()
    times: int = 1
    """New values in a row that must lie beyond."""

    lasting: timedelta = timedelta(0)
    """How long it must hold."""

    margin: Decimal = Decimal(0)
    """So far on the right side of the line a value must come back (迟滞)."""

    cool_down: timedelta = timedelta(0)
    """After its alert ended it does not warn of the cell again for so long."""

    least: Least = field(default_factory=Least)
    owner: OwnerOf = field(default_factory=OwnerOf)

    @property
    def id(self) -> str:
        """The name by which its alerts have it."""
        return f"rule/{self.key}"
