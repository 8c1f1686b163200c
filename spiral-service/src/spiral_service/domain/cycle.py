"""Cycles (诊改周期): what pins a running one, and which one a correction belongs to.

Source: design "The spiral" 2 and 5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Literal

from shared.errors import DomainError, ErrorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """A cycle of one scope."""

    key: str
    version: int
    scope: str
    period: str
    definition: str
    definition_version: int
    step: str
    """The lit step of the stage loop."""

    state: Literal["open", "closed"]
    opened_at: datetime
    entered_at: datetime
    """When its step was entered."""

    closed_at: datetime | None = None
    in_routine: bool = False
    """The routine loop runs: since its step was first entered, until it is left for good."""

    parent: str | None = None
    """The cycle inside whose window it lies (大环套小环)."""

    starts_on: date | None = None
    """First day of its window; None while the school calendar does not know its period."""

    ends_on: date | None = None
    """The first day that does not belong to its window any more."""

    owners: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By role of its definition the persons who hold it, as they were when it opened."""

    track: str = ""
    """What cycles that follow each other share: the rule (制度) by which they run beside that of
    their scope and period; empty of that one."""

    @property
    def beside(self) -> bool:
        """Return whether it runs beside the cycle of its scope and period."""
        return bool(self.track)

    @property
    def reference(self) -> str:
        """Name and version of its definition as one word."""
        return f"{self.definition}@{self.definition_version}"


class CycleTakenError(DomainError):
    """Another cycle of the same scope, period and track is open."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "cycle-already-open"
    title_zh: ClassVar = "已有进行中的诊改周期"
    title_en: ClassVar = "A cycle is open already"


class CyclePinnedError(DomainError):
    """A cycle keeps the scope, period and definition it was opened with."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "cycle-pinned"
    title_zh: ClassVar = "诊改周期不能改换对象、周期或定义"
    title_en: ClassVar = "A cycle keeps what it was opened with"


def check_same(
    cycle: Cycle, *, scope: str, period: str, definition: str | None, version: int | None
) -> None:
    """Refuse to make an existing cycle into another one.

    Args:
        definition: None where the caller leaves it open.
        version: of the definition; None where the caller leaves it open.

    Raises:
        CyclePinnedError: something differs from what the cycle was opened with.
    """
    wanted = {
        "scope": (cycle.scope, scope),
        "period": (cycle.period, period),
        "definition": (cycle.definition, definition),
        "definition_version": (cycle.definition_version, version),
    }
    differing = {
        name: (is_, other)
        for name, (is_, other) in wanted.items()
        if other is not None and is_ != other
    }
    if differing:
        raise CyclePinnedError(
            f"周期 {cycle.key} 已按原有内容运行：{'、'.join(differing)}",
            f"cycle {cycle.key} runs with another {', '.join(differing)}",
            fields={
                f"$.{name}": [f"现为 {is_}，不是 {other} (it is {is_}, not {other})"]
                for name, (is_, other) in differing.items()
            },
            fixes=["换一个编号开启周期 (open a cycle under another key)"],
        )


def check_free(rival: Cycle | None) -> None:
    """Refuse a second open cycle of one scope, period and track.

    Args:
        rival: the open one of that scope, period and track, if there is one.

    Raises:
        CycleTakenError: there is one.
    """
    if rival is not None:
        raise CycleTakenError(
            f"{rival.scope} 在 {rival.period} 已有进行中的周期 {rival.key}",
            f"cycle {rival.key} of {rival.scope} is open for {rival.period}",
            fixes=[f"使用周期 {rival.key} (use cycle {rival.key})"],
        )


def cycle_for(period: str, open_cycles: Sequence[Cycle]) -> str | None:
    """Return the key of the cycle that a correction belongs to; None where none is open.

    The cycle of the alert's own period comes first, and before those that run beside it. Failing
    that the newest one of the scope takes it, because the work is done now, in whatever cycle runs:
    an alert on a week belongs to the term's cycle. Source: our default.

    Args:
        period: period of the alert.
        open_cycles: the open cycles of the alert's scope.
    """
    if not open_cycles:
        return None
    return max(
        open_cycles,
        key=lambda each: (each.period == period, not each.beside, each.opened_at, each.key),
    ).key
