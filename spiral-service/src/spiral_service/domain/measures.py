"""Improvement measures (改进措施): accepted, carried into the next cycle, and verified there.

Source: design "The spiral", step improve and rule 4 (上轮整改落实率).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Final, Literal
from uuid import UUID

from shared.contracts.causes import Cause
from shared.contracts.vocabulary import RATIO_PLACES
from shared.errors import DomainError, ErrorKind
from spiral_service.domain.cycle import Cycle

MeasureState = Literal["proposed", "accepted", "rejected", "carried", "effective", "ineffective"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What is to be done better in the next cycle."""

    id: UUID
    version: int
    cycle: str
    """Where it was proposed."""

    scope: str
    goal: str | None
    cause: Cause | None
    text: str
    owner: str
    """``teacher/T001``, ``unit/U1``."""

    state: MeasureState
    by: str
    at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str = ""
    carried_to: str | None = None
    """The cycle that takes it as an input."""

    carried_at: datetime | None = None
    verified_by: str | None = None
    verified_at: datetime | None = None
    note: str = ""
    """What the verifier found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """How many of the measures that a cycle was handed took effect (上轮整改落实率)."""

    carried: int
    effective: int
    ineffective: int
    unverified: int
    rate: Decimal | None
    """Effective ÷ carried, where the unverified count as not effective; None without measures."""


class MeasureStateError(DomainError):
    """A measure is not where that can be done."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "measure-state"
    title_zh: ClassVar = "措施的状态不允许这样做"
    title_en: ClassVar = "The measure is not where that can be done"


class OwnMeasureError(DomainError):
    """Nobody accepts what he proposed, or verifies what he answers for."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "own-measure"
    title_zh: ClassVar = "须由他人采纳和验证"
    title_en: ClassVar = "Another person accepts and verifies"


_FIX: Final = ["请另一位负责人办理 (ask another person who holds a role of the cycle)"]


def decide(measure: Measure, *, accepted: bool, reason: str, by: str, at: datetime) -> Measure:
    """Return a measure that was accepted or rejected.

    Raises:
        MeasureStateError: it was decided on.
        OwnMeasureError: he proposed it.
    """
    _check_state(measure, "proposed")
    if measure.by == by:
        raise OwnMeasureError("不能采纳自己提出的措施", "nobody decides on his own", fixes=_FIX)
    return replace(
        measure,
        version=measure.version + 1,
        state="accepted" if accepted else "rejected",
        decided_by=by,
        decided_at=at,
        reason=reason,
    )


def carry(measure: Measure, to: str, at: datetime) -> Measure:
    """Return an accepted measure as an input of another cycle."""
    return replace(
        measure, version=measure.version + 1, state="carried", carried_to=to, carried_at=at
    )


def verify(
    measure: Measure,
    *,
    effective: bool,
    note: str,
    by: str,
    names: frozenset[str],
    at: datetime,
) -> Measure:
    """Return a carried measure with what it brought.

    Args:
        names: how the verifier may be named as an owner.

    Raises:
        MeasureStateError: no cycle took it over, or it was verified.
        OwnMeasureError: he answers for it.
    """
    check_carried(measure)
    if measure.owner in names:
        raise OwnMeasureError("不能验证自己负责的措施", "nobody verifies his own", fixes=_FIX)
    return replace(
        measure,
        version=measure.version + 1,
        state="effective" if effective else "ineffective",
        verified_by=by,
        verified_at=at,
        note=note,
    )


def follows(cycle: Cycle, origin: Cycle) -> bool:
    """Return whether a cycle comes after another one of its scope and track.

    By their windows; where one is not known by when they were opened.
    """
    if cycle.key == origin.key or (cycle.scope, cycle.track) != (origin.scope, origin.track):
        return False
    if cycle.starts_on and origin.ends_on:
        return cycle.starts_on >= origin.ends_on
    return cycle.opened_at > origin.opened_at


def next_of(origin: Cycle, open_cycles: Iterable[Cycle]) -> Cycle | None:
    """Return the first open cycle that comes after another; None where none is open yet.

    By their windows; those whose window is not known come last, in the order of their opening.
    """
    after = [each for each in open_cycles if follows(each, origin)]
    return min(
        after,
        key=lambda each: (each.starts_on or date.max, each.opened_at, each.key),
        default=None,
    )


def landing_of(measures: Sequence[Measure]) -> Landing:
    """Return how many of the measures that a cycle was handed took effect."""
    carried = len(measures)
    effective = sum(each.state == "effective" for each in measures)
    ineffective = sum(each.state == "ineffective" for each in measures)
    rate = (Decimal(effective) / carried).quantize(RATIO_PLACES) if carried else None
    return Landing(
        carried=carried,
        effective=effective,
        ineffective=ineffective,
        unverified=carried - effective - ineffective,
        rate=rate,
    )


def check_carried(measure: Measure) -> None:
    """Refuse to verify a measure that no cycle took over, or that was verified.

    Raises:
        MeasureStateError: it is so.
    """
    _check_state(measure, "carried")


def _check_state(measure: Measure, wanted: MeasureState) -> None:
    if measure.state != wanted:
        raise MeasureStateError(
            f"措施为 {measure.state}，须为 {wanted}",
            f"the measure is {measure.state}, it has to be {wanted}",
            fixes=["先 GET 查看现状 (look at it first)"],
        )
