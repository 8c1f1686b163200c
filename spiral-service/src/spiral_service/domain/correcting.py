"""What people do with corrections: assign, plan, hand in evidence, verify, join and split.

Those of one cause are dealt with as one: what is done with one is done with all of them that are
open. Source: design "Alerts" 4 and "The spiral" 1; who may is our default.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Final, Literal
from uuid import UUID

from shared.contracts.causes import Cause
from shared.contracts.vocabulary import CorrectionStage
from shared.errors import DomainError, ErrorKind
from spiral_service.domain.correction import (
    Correction,
    Evidence,
    EvidenceFile,
    Plan,
    Verdict,
    difference,
    is_effective,
)
from spiral_service.domain.standing import Actor, NotYoursError

Act = Literal["assign", "plan", "evidence", "verify", "join", "split"]
Group = Sequence[Correction]
"""The open corrections of one cause, the oldest first; never empty."""

_STAGES: Final[dict[Act, Collection[CorrectionStage]]] = {
    "assign": {"opened", "assigned", "planned", "evidenced"},
    "plan": {"assigned", "planned", "evidenced"},
    "evidence": {"planned", "evidenced"},
    "verify": {"evidenced"},
    "join": {"opened", "assigned"},
    "split": {"opened", "assigned", "planned", "evidenced"},
}
_FIRST: Final = {
    "opened": ("先指派责任人", "name an owner first"),
    "assigned": ("先制定整改措施", "state cause and measure first"),
    "planned": ("先提交佐证", "hand in evidence first"),
    "evidenced": ("工作已经开始", "work has begun already"),
    "closed": ("纠偏已结束", "the correction is over"),
}


class CorrectionStageError(DomainError):
    """The correction is not where that can be done."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "correction-stage"
    title_zh: ClassVar = "纠偏还不能或不能再这样办理"
    title_en: ClassVar = "The correction is not there yet, or is past it"


class PlanInvalidError(DomainError):
    """The dates of a measure cannot be meant."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "plan-invalid"
    title_zh: ClassVar = "整改措施有误"
    title_en: ClassVar = "The measure is not right"


class OwnWorkError(DomainError):
    """Somebody would verify what he answers for."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "own-work"
    title_zh: ClassVar = "须由另一人核验"
    title_en: ClassVar = "Another person verifies"


class NoEffectError(DomainError):
    """The values do not bear a verdict out."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "no-effect"
    title_zh: ClassVar = "复测值不支持这个结论"
    title_en: ClassVar = "The values do not bear that out"


class JoinError(DomainError):
    """These corrections cannot share one."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "cannot-join"
    title_zh: ClassVar = "不能并案"
    title_en: ClassVar = "They cannot be joined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Who acts, and what he is to a group."""

    by: Actor
    owns: bool
    """He is its owner, leads the unit that is, or stands in for everybody."""

    leads: bool
    """He leads its scope or one above it, or stands in for everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """What a correction lacks before it can be closed."""

    zh: str
    en: str


def owns(actor: Actor, responsible: str, *, leads_owner: bool) -> bool:
    """Return whether somebody may do what is the owner's.

    Args:
        leads_owner: the owner is a unit, and he leads it.
    """
    return actor.is_everywhere or responsible in actor.names or leads_owner


def check_stage(act: Act, group: Group) -> None:
    """Refuse what cannot be done where the corrections stand.

    Raises:
        CorrectionStageError: with what comes first.
    """
    stage = group[0].stage
    if stage not in _STAGES[act]:
        zh, en = _FIRST[stage]
        raise CorrectionStageError(f"{zh}（现处 {stage}）", f"{en} (it is {stage})")


def check_owns(rights: Rights, group: Group) -> None:
    """Refuse a step of the owner to who is not.

    Raises:
        NotYoursError: it is so.
    """
    if not rights.owns:
        responsible = group[0].responsible
        raise NotYoursError(
            f"这一步由责任人 {responsible} 办理",
            f"this step is that of the owner, {responsible}",
            fixes=["请责任人或质量办办理 (ask the owner, or the quality office)"],
        )


def check_leads(rights: Rights, group: Group) -> None:
    """Refuse a step of a leader to who leads neither the scope nor one above it.

    Raises:
        NotYoursError: it is so.
    """
    if not rights.leads:
        scope = group[0].scope
        raise NotYoursError(
            f"这一步由 {scope} 或其上级的负责人办理",
            f"this step is that of who leads {scope}, or a scope above it",
            fixes=["请该对象的负责人或质量办办理 (ask whoever leads it, or the quality office)"],
        )


def check_other(rights: Rights, group: Group) -> None:
    """Refuse to let somebody verify what he answers for, planned or handed in himself.

    Raises:
        OwnWorkError: it is so.
    """
    if _had_a_hand(rights.by, group):
        raise OwnWorkError(
            "责任人、制定措施者和提交佐证者不能核验",
            "neither the owner nor who planned it or handed evidence in may verify it",
            fixes=["请另一位负责人或质量办核验 (ask another leader, or the quality office)"],
        )


def check_dates(
    due_on: date, starts_on: date, today: date, window: tuple[date, date] | None
) -> None:
    """Refuse a measure that is not done between today and the end of the cycle.

    What is still open in a cycle whose days are over may be done after them: it is late, not lost.

    Args:
        window: days of the cycle, half-open; None where no cycle runs, or its days are not known.

    Raises:
        PlanInvalidError: with everything that is wrong.
    """
    running = window if window and today < window[1] else None
    faults = {
        "$.starts_on": starts_on < today and f"早于今天 {today} (before today)",
        "$.due_on": _fault_of_due(due_on, starts_on, running),
    }
    if any(faults.values()):
        raise PlanInvalidError(
            "整改措施的日期有误",
            "the dates of the measure cannot be meant",
            fields={path: [reason] for path, reason in faults.items() if reason},
        )


def assign(correction: Correction, to: str) -> Correction:
    """Return the correction with an owner."""
    return replace(correction, assigned_to=to, version=correction.version + 1)


def plan(correction: Correction, cause: Cause, planned: Plan) -> Correction:
    """Return the correction with a measure, in place of one before; its work begins."""
    return replace(
        correction,
        cause=cause,
        plan=planned,
        evidence=None,
        remeasured=None,
        version=correction.version + 1,
    )


def hand_in(
    correction: Correction, said: str, files: Sequence[EvidenceFile], by: str, at: datetime
) -> Correction:
    """Return the correction with more evidence; a file that was there is not there twice."""
    before = correction.evidence
    every = tuple(dict.fromkeys([*(before.files if before else ()), *files]))
    hands = {before.by, *before.others} if before else set()
    others = tuple(sorted(hands - {by}))
    evidence = Evidence(said=said, files=every, by=by, at=at, others=others)
    return replace(correction, evidence=evidence, version=correction.version + 1)


def check_verdict(group: Group, today: date, *, is_effective: bool) -> None:
    """Refuse a verdict that the values do not bear out.

    Raises:
        NoEffectError: an effect is stated that is not there; or that there is none, before a value
            was measured again and while the measure is not due.
    """
    if is_effective and (missing := [lack for each in group if (lack := _lacks_effect(each))]):
        raise NoEffectError(
            "；".join(each.zh for each in missing),
            "; ".join(each.en for each in missing),
            fixes=[
                "等待复测，或判定为未见效并重新整改 (wait, or find it without effect)",
                "确属合理的偏差由审批人接受 (have the deviation accepted where it is justified)",
            ],
        )
    due_on = max(each.plan.due_on for each in group if each.plan)
    if not is_effective and today <= due_on and not any(each.remeasured for each in group):
        raise NoEffectError(
            f"还没有复测值，措施到 {due_on} 才到期",
            f"no value was measured since, and the measure is not due before {due_on}",
        )


def close(correction: Correction, verdict: Verdict) -> Correction:
    """Return the correction that was found effective."""
    after = correction.remeasured.value if correction.remeasured else None
    return replace(
        correction,
        state="closed",
        how="verified",
        verdict=verdict,
        value_after=after,
        effect=difference(correction.value_before, after),
        closed_at=verdict.at,
        version=correction.version + 1,
    )


def end(correction: Correction) -> Correction:
    """Return the correction that was verified as one that is over."""
    return replace(correction, version=correction.version + 1)


def reopen(correction: Correction, verdict: Verdict) -> Correction:
    """Return the correction that has to be planned anew; its owner stays."""
    return replace(
        correction,
        verdict=verdict,
        plan=None,
        evidence=None,
        remeasured=None,
        reopened=correction.reopened + 1,
        version=correction.version + 1,
    )


def check_join(joining: Group, others: Group) -> None:
    """Refuse to let corrections share one that do already, or on which work has begun.

    Raises:
        JoinError: they share one.
        CorrectionStageError: work has begun on the one that would join.
    """
    if {each.id for each in joining} & {each.id for each in others}:
        raise JoinError("两者已是同一整改单", "they share a correction already")
    check_stage("join", joining)


def share(correction: Correction, joined: UUID) -> Correction:
    """Return a correction that others join, by the id that they share."""
    return replace(correction, joined=joined, version=correction.version + 1)


def join(correction: Correction, joined: UUID, first: Correction, at: datetime) -> Correction:
    """Return the correction as one of others: theirs are the owner, the measure, the evidence.

    Only what is measured from now on shows what their measure brings it.

    Args:
        first: of the others.
    """
    begun = first.plan and replace(first.plan, started_at=max(first.plan.started_at, at))
    return replace(
        correction,
        joined=joined,
        assigned_to=first.responsible,
        cause=first.cause,
        plan=begun,
        evidence=first.evidence,
        version=correction.version + 1,
    )


def split(correction: Correction) -> Correction:
    """Return the correction alone; what was planned for it stays, until it is planned anew.

    Raises:
        JoinError: it shares with none.
    """
    if correction.joined is None:
        raise JoinError("它没有与其他预警并案", "it shares with no other")
    return replace(correction, joined=None, version=correction.version + 1)


def lacks(group: Group) -> list[Lack]:
    """Return what stands between the corrections and their end."""
    first = group[0]
    missing = [
        first.stage == "opened" and Lack(zh="还没有责任人", en="nobody in particular answers"),
        first.plan is None and Lack(zh="还没有原因和措施", en="no cause and no measure"),
        first.evidence is None and Lack(zh="还没有佐证", en="no evidence"),
        *(_lacks_effect(each) for each in group),
    ]
    return [each for each in missing if each] or [
        Lack(zh="等待另一人核验", en="another person has to verify it")
    ]


def may(rights: Rights, group: Group) -> dict[Act, bool]:
    """Return what somebody may do with corrections now."""
    either = rights.owns or rights.leads
    allowed: dict[Act, bool] = {
        "assign": rights.leads,
        "plan": rights.owns,
        "evidence": rights.owns,
        "verify": rights.leads and not _had_a_hand(rights.by, group),
        "join": either,
        "split": either and group[0].joined is not None,
    }
    stage = group[0].stage
    return {act: is_his and stage in _STAGES[act] for act, is_his in allowed.items()}


def _had_a_hand(by: Actor, group: Group) -> bool:
    hands = {each.responsible for each in group}
    hands |= {each.plan.by for each in group if each.plan}
    given = [each.evidence for each in group if each.evidence]
    hands |= {who for each in given for who in (each.by, *each.others)}
    return bool(hands & by.names)


def _lacks_effect(correction: Correction) -> Lack | None:
    value, title = correction.remeasured, correction.title
    if value is None:
        return Lack(zh=f"{title}：还没有复测值", en=f"{title}: no value measured since")
    if is_effective(correction):
        return None
    return Lack(
        zh=f"{title}：复测值 {value.value} 仍越线或没有好转",
        en=f"{title}: the new value {value.value} is beyond its line, or no better",
    )


def _fault_of_due(due_on: date, starts_on: date, window: tuple[date, date] | None) -> str | None:
    if due_on < starts_on:
        return f"早于开始日 {starts_on} (before the work starts)"
    if window and due_on >= window[1]:
        return f"须早于 {window[1]}，即周期之内 (inside the cycle, before {window[1]})"
    return None
