"""Moves of a cycle: through gates, back inside the routine loop, forced, and to its end.

Each function decides on what it is given and returns the cycle as it stands then, with what the
audit keeps. Source: design "The spiral" 1, 4 and 5; forced moves are our default.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final, Literal

from shared.contracts.vocabulary import Severity
from shared.errors import DomainError, ErrorKind
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.definitions.model import Definition
from spiral_service.domain.definitions.ways import next_steps, runs_routine, way_of
from spiral_service.domain.gates.base import Fact, Seen
from spiral_service.domain.gates.judge import Verdict, refuse_blocked

What = Literal[
    "opened", "moved", "sent_back", "forced", "closed", "migrated", "replanned", "reassigned"
]

GRAVE = frozenset({Severity.ORANGE, Severity.RED})
"""What must be settled, or carried over with a reason, before a cycle closes."""

_CARRY: Final = (
    "先销号，或在 carried 中写明转入下一周期的理由 (settle them, or carry each over with a reason)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who does something, when and why."""

    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done with a cycle: the cycle after it, and what the audit keeps."""

    what: What
    cycle: Cycle
    left: str | None
    """The step before; None where it was opened."""

    act: Act
    seen: Sequence[Seen] = ()
    """The facts that its gates were judged on, with their versions."""

    lifted: Sequence[str] = ()
    """What stood in the way of a forced move: said for ever."""

    carried: Sequence[Mapping[str, str]] = ()
    """Alerts that are carried over: ``alert`` and ``reason``."""


class CycleClosedError(DomainError):
    """The cycle is closed."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "cycle-closed"
    title_zh: ClassVar = "诊改周期已结束"
    title_en: ClassVar = "The cycle is closed"


class ReasonMissingError(DomainError):
    """A forced move, one that sends work back, or a new deadline does not say why."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "reason-missing"
    title_zh: ClassVar = "须说明理由"
    title_en: ClassVar = "Say why"


class NotAtEndError(DomainError):
    """The cycle has steps before it."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "cycle-not-at-end"
    title_zh: ClassVar = "周期还没有走完"
    title_en: ClassVar = "The cycle has steps before it"


class UnsettledAlertsError(DomainError):
    """Orange or red alerts of the cycle are neither settled nor carried over."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "alerts-unsettled"
    title_zh: ClassVar = "有橙色或红色预警未销号"
    title_en: ClassVar = "Orange or red alerts are not settled"


class NotOpenAlertError(DomainError):
    """What is to be carried over is no unsettled alert of the cycle."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "alert-not-unsettled"
    title_zh: ClassVar = "不是本周期未销号的预警"
    title_en: ClassVar = "It is no unsettled alert of the cycle"


def check_open(cycle: Cycle) -> None:
    """Refuse to do anything with a cycle that is closed.

    Raises:
        CycleClosedError: it is.
    """
    if cycle.state == "closed":
        raise CycleClosedError(
            f"周期 {cycle.key} 已于 {cycle.closed_at:%Y-%m-%d} 结束",
            f"cycle {cycle.key} was closed",
            fixes=["开启下一周期 (open the next cycle)"],
        )


def move(
    cycle: Cycle, definition: Definition, to: str, verdicts: Sequence[Verdict], act: Act
) -> Done:
    """Move a cycle to another step: forward through the gates of the one it leaves, or back.

    Args:
        verdicts: of the gates of the step that it leaves.

    Raises:
        CycleClosedError: it is closed.
        UnknownStepError: there is no such step.
        IllegalMoveError: no way leads there.
        CrossingRuleError: the routine loop would go back to a goal or a standard.
        ReasonMissingError: it sends work back and does not say why.
        GateBlockedError: a gate does not hold.
    """
    check_open(cycle)
    if way_of(definition, cycle.step, to, in_routine=cycle.in_routine) == "back":
        check_reason(act)
        return _enter(cycle, definition, to, "sent_back", act)
    refuse_blocked(verdicts)
    done = _enter(cycle, definition, to, "moved", act)
    return replace(done, seen=_seen(verdicts))


def force(
    cycle: Cycle, definition: Definition, to: str, verdicts: Sequence[Verdict], act: Act
) -> Done:
    """Move a cycle although gates block. It is the gates that are lifted, never the way.

    Raises:
        CycleClosedError: it is closed.
        UnknownStepError: there is no such step.
        IllegalMoveError: no way leads there.
        CrossingRuleError: the routine loop would go back to a goal or a standard.
        ReasonMissingError: it does not say why.
    """
    check_open(cycle)
    way_of(definition, cycle.step, to, in_routine=cycle.in_routine)
    check_reason(act)
    done = _enter(cycle, definition, to, "forced", act)
    lifted = [f"{one.zh} ({one.en})" for each in verdicts for one in each.blockers]
    return replace(done, seen=_seen(verdicts), lifted=lifted)


def close(
    cycle: Cycle,
    definition: Definition,
    verdicts: Sequence[Verdict],
    alerts: Sequence[Fact],
    carried: Mapping[str, str],
    act: Act,
) -> Done:
    """Close a cycle that stands at its end.

    Args:
        alerts: every alert of the cycle.
        carried: by alert the reason why it is carried over.

    Raises:
        CycleClosedError: it is closed.
        NotAtEndError: steps follow.
        GateBlockedError: a gate of its last step does not hold.
        NotOpenAlertError: what is carried is no unsettled alert of it.
        UnsettledAlertsError: an orange or red one is neither settled nor carried.
    """
    check_open(cycle)
    following = next_steps(definition, cycle.step)
    if following:
        raise NotAtEndError(
            f"周期 {cycle.key} 停在 {cycle.step}，其后还有环节",
            f"cycle {cycle.key} stands at {cycle.step}, and steps follow",
            fixes=[f"先进入 {each.step} (move to {each.step})" for each in following],
        )
    refuse_blocked(verdicts)
    check_carried(alerts, carried)
    closed = replace(
        cycle,
        version=cycle.version + 1,
        state="closed",
        in_routine=False,
        closed_at=act.at,
    )
    told = [{"alert": alert, "reason": reason} for alert, reason in sorted(carried.items())]
    seen = [
        *_seen(verdicts),
        *(Seen(kind=each.kind, key=each.key, version=each.version) for each in alerts),
    ]
    return Done(
        what="closed", cycle=closed, left=cycle.step, act=act, seen=_unique(seen), carried=told
    )


def grave(alerts: Sequence[Fact]) -> list[Fact]:
    """Return the orange and red alerts that are not settled."""
    return [each for each in unsettled(alerts) if each.document["severity"] in GRAVE]


def unsettled(alerts: Sequence[Fact]) -> list[Fact]:
    """Return the alerts that are not settled."""
    return [each for each in alerts if not each.document["settled"]]


def check_carried(alerts: Sequence[Fact], carried: Mapping[str, str]) -> None:
    """Refuse to close over orange and red alerts that are neither settled nor carried over.

    Raises:
        NotOpenAlertError: what is carried is no unsettled alert of the cycle.
        UnsettledAlertsError: there are such alerts.
    """
    known = {each.key for each in unsettled(alerts)}
    strange = [key for key in carried if key not in known]
    if strange:
        raise NotOpenAlertError(
            f"{'、'.join(strange)} 不是本周期未销号的预警",
            f"{', '.join(strange)}: no unsettled alert of the cycle",
            fields={
                f"$.carried[{at}].alert": ["不是本周期未销号的预警 (no unsettled alert of it)"]
                for at, key in enumerate(carried)
                if key in strange
            },
        )
    left = [each for each in grave(alerts) if each.key not in carried]
    if left:
        raise UnsettledAlertsError(
            f"还有 {len(left)} 条橙色或红色预警未销号",
            f"{len(left)} orange or red alerts are not settled",
            fields={
                "$.carried": [
                    f"{each.key} {each.title}（{each.document['severity']}，{each.owner}）未销号"
                    f" (not settled)"
                    for each in left
                ]
            },
            fixes=[_CARRY],
        )


def migrate(
    cycle: Cycle, other: Definition, step: str, owners: Mapping[str, Sequence[str]], act: Act
) -> Done:
    """Put a running cycle on another version of a definition, at a step of it.

    Args:
        owners: by role of that version who holds it.

    Raises:
        CycleClosedError: it is closed.
    """
    check_open(cycle)
    moved = replace(
        cycle,
        version=cycle.version + 1,
        definition=other.definition,
        definition_version=other.version,
        step=step,
        owners=owners,
        entered_at=cycle.entered_at if step == cycle.step else act.at,
        in_routine=runs_routine(other, step, in_routine=cycle.in_routine),
    )
    return Done(what="migrated", cycle=moved, left=cycle.step, act=act)


def check_reason(act: Act) -> None:
    """Refuse what must be explained and is not.

    Raises:
        ReasonMissingError: it does not say why.
    """
    if len(act.reason.strip()) < 2:
        raise ReasonMissingError(
            "强制放行、退回与重排时限须说明理由",
            "say why a move is forced, work is sent back, or a deadline is planned anew",
            fields={"$.reason": ["写明理由 (say why)"]},
        )


def _enter(cycle: Cycle, definition: Definition, to: str, what: What, act: Act) -> Done:
    moved = replace(
        cycle,
        version=cycle.version + 1,
        step=to,
        entered_at=act.at,
        in_routine=runs_routine(definition, to, in_routine=cycle.in_routine),
    )
    return Done(what=what, cycle=moved, left=cycle.step, act=act)


def _seen(verdicts: Sequence[Verdict]) -> list[Seen]:
    return _unique([each for verdict in verdicts for each in verdict.seen])


def _unique(seen: Sequence[Seen]) -> list[Seen]:
    return list(dict.fromkeys(seen))
