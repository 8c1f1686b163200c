"""Diagnoses (诊断): one per goal of a cycle, pre-filled from facts, drafted, and signed by another.

Source: design "The spiral", steps and gates; plan §二 多元诊断 (M007); weights are our default.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Final, Literal
from uuid import UUID

from shared.contracts.causes import Cause
from shared.contracts.vocabulary import RATIO_PLACES, State
from shared.errors import DomainError, ErrorKind
from spiral_service.domain.gates.base import Fact
from spiral_service.domain.gates.results import is_missed

Source = Literal["self", "student", "peer", "supervision", "employer", "expert"]
"""Who contributes: 自评、学生、同行、督导、用人单位、专家."""

WEIGHTS: Final[Mapping[Source, Decimal]] = {
    "self": Decimal("0.20"),
    "student": Decimal("0.20"),
    "peer": Decimal("0.15"),
    "supervision": Decimal("0.20"),
    "employer": Decimal("0.15"),
    "expert": Decimal("0.10"),
}
"""How much each source counts. Source: our default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was found about one goal of a cycle."""

    id: UUID
    version: int
    cycle: str
    scope: str
    goal: str
    state: Literal["draft", "signed"]
    cause: Cause | None
    conclusion: str
    drafted_by: str
    drafted_at: datetime
    signed_by: str | None = None
    signed_at: datetime | None = None
    note: str = ""
    """What the signer adds."""

    facts: Mapping[str, Any] | None = None
    """What was known when it was signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """The ratings of all sources together."""

    value: Decimal | None
    """Σ weight · mean of the source ÷ Σ weight; None where nobody rated."""

    weight: Decimal
    """Σ weight of the sources that rated; 1 where all did."""


class DiagnosisSignedError(DomainError):
    """A signed diagnosis stays as it is."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "diagnosis-signed"
    title_zh: ClassVar = "诊断结论已签署"
    title_en: ClassVar = "The diagnosis is signed"


class OwnDraftError(DomainError):
    """Nobody decides on what he entered, or changes what another entered."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "own-draft"
    title_zh: ClassVar = "起草与签署不能是同一人"
    title_en: ClassVar = "Another person drafts than signs"


class CauseMissingError(DomainError):
    """A goal was missed, and the diagnosis codes no cause."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "cause-missing"
    title_zh: ClassVar = "未达成的目标须有原因编码"
    title_en: ClassVar = "A miss needs a coded cause"


class NotJudgedError(DomainError):
    """The attainment of the goal is not known yet."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "goal-not-judged"
    title_zh: ClassVar = "目标尚无达成度"
    title_en: ClassVar = "The goal has no attainment yet"


def suggested_cause(causes: Iterable[str | None]) -> Cause | None:
    """Return the most frequent cause of corrections; None without one, or where two are level."""
    counted = Counter(each for each in causes if each).most_common(2)
    if not counted or (len(counted) > 1 and counted[0][1] == counted[1][1]):
        return None
    return Cause(counted[0][0])


def rating_of(ratings: Sequence[tuple[Source, Decimal | None]]) -> Rating:
    """Return the ratings of all sources together; those who say nothing in numbers do not count."""
    given: dict[Source, list[Decimal]] = {}
    for source, value in ratings:
        if value is not None:
            given.setdefault(source, []).append(value)
    weight = sum((WEIGHTS[each] for each in given), Decimal(0))
    if not weight:
        return Rating(value=None, weight=weight)
    total = sum(
        (WEIGHTS[source] * sum(values) / len(values) for source, values in given.items()),
        Decimal(0),
    )
    return Rating(value=(total / weight).quantize(RATIO_PLACES), weight=weight)


def check_draft(diagnosis: Diagnosis) -> None:
    """Refuse to touch a diagnosis that is signed.

    Raises:
        DiagnosisSignedError: it is.
    """
    if diagnosis.state == "signed":
        raise DiagnosisSignedError(
            f"目标 {diagnosis.goal} 的诊断已由 {diagnosis.signed_by} 签署",
            f"the diagnosis of goal {diagnosis.goal} was signed by {diagnosis.signed_by}",
            fixes=["在下一周期的诊断中更正 (correct it in the diagnosis of the next cycle)"],
        )


def redraft(diagnosis: Diagnosis, cause: Cause | None, conclusion: str, by: str) -> Diagnosis:
    """Return a draft that says something else.

    Raises:
        DiagnosisSignedError: it is signed.
        OwnDraftError: another person drafted it.
    """
    check_draft(diagnosis)
    if diagnosis.drafted_by != by:
        raise OwnDraftError(
            f"这份诊断由 {diagnosis.drafted_by} 起草",
            f"{diagnosis.drafted_by} drafts this diagnosis",
            fixes=["请起草人修改，或作为一方意见提交 (ask the drafter, or contribute to it)"],
        )
    return replace(diagnosis, version=diagnosis.version + 1, cause=cause, conclusion=conclusion)


def sign(
    diagnosis: Diagnosis, goal: Fact, result: Fact | None, by: str, at: datetime, note: str
) -> Diagnosis:
    """Return the diagnosis with its conclusion signed.

    Raises:
        DiagnosisSignedError: it is signed.
        OwnDraftError: he drafted it.
        NotJudgedError: the attainment of the goal is not known.
        CauseMissingError: the goal was missed, and no cause is coded.
    """
    check_draft(diagnosis)
    if diagnosis.drafted_by == by:
        raise OwnDraftError(
            "起草人不能签署自己的诊断",
            "nobody signs what he drafted",
            fixes=["请另一位负责人签署 (ask another person who holds a role of the cycle)"],
        )
    if result is None or result.document["state"] == State.NO_DATA:
        raise NotJudgedError(
            f"目标 {goal.key} 没有达成度，无法签署结论",
            f"goal {goal.key} has no attainment to conclude on",
            fixes=["等测量值到达后再签署 (sign when its value has been measured)"],
        )
    if diagnosis.cause is None and is_missed(goal, result):
        raise CauseMissingError(
            f"目标 {goal.key} 未达成（{result.document['state']}），须先给出原因",
            f"goal {goal.key} was missed ({result.document['state']}): say why first",
            fields={"$.cause": [f"{'、'.join(Cause)} 之一 (one of these)"]},
        )
    return replace(
        diagnosis,
        version=diagnosis.version + 1,
        state="signed",
        signed_by=by,
        signed_at=at,
        note=note,
    )
