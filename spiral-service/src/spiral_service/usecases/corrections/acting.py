"""People work on corrections: they name an owner, plan, hand in evidence, verify."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from shared.access.families import words_of
from shared.calendar import CAMPUS
from shared.calendar.table import read_calendar
from shared.contracts.spiral import (
    CorrectionChanged,
    CorrectionEvidenced,
    CorrectionFact,
    CorrectionPlanned,
    CorrectionReopened,
    CorrectionVerified,
)
from shared.contracts.steps import StepHow
from shared.errors import UnknownReferenceError
from shared.kit.database import Transaction
from shared.kit.etags import Precondition
from spiral_service.domain import correcting as rules
from spiral_service.domain.correcting import Group, Rights
from spiral_service.domain.correction import Correction, EvidenceFile, Plan, Verdict, difference
from spiral_service.domain.crossing import check_crossing
from spiral_service.domain.standing import Actor
from spiral_service.repository import corrections as repository
from spiral_service.repository.corrections import history_entry
from spiral_service.repository.cycles import find_cycle
from spiral_service.repository.evidence import uploaded_by
from spiral_service.repository.groups import lock_groups, rights_of
from spiral_service.repository.locks import share_joins
from spiral_service.schemas.correcting import (
    AssignBody,
    EvidenceBody,
    PlanBody,
    VerifyBody,
)
from spiral_service.usecases.corrections.telling import (
    hand_over,
    publish,
    publish_closed,
    subject_of,
    tell_steps,
)


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, and when."""

    by: Actor
    at: datetime

    @property
    def today(self) -> date:
        """Return the campus date."""
        return self.at.astimezone(CAMPUS).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How what was done is kept and told."""

    what: str
    said: dict[str, Any]
    how: StepHow
    event: type[CorrectionFact] = CorrectionChanged
    tells: Callable[[Correction], dict[str, Any]] = lambda _: {}
    """What the event says besides, of the correction as it stands."""


async def assign(
    tx: Transaction, id_: UUID, body: AssignBody, expect: Precondition, act: Act
) -> None:
    """Name the owner of a correction.

    Raises:
        NotYoursError: the caller does not lead its scope.
        CorrectionStageError: it is over.
    """
    group, rights = await load(tx, id_, expect, act)
    rules.check_leads(rights, group)
    rules.check_stage("assign", group)
    after = [rules.assign(each, body.owner) for each in group]
    done = Done(what="assigned", said=body.model_dump(mode="json"), how="assigned")
    await save(tx, after, done, act)


async def plan(tx: Transaction, id_: UUID, body: PlanBody, expect: Precondition, act: Act) -> None:
    """State the cause and the measure of a correction, or state them anew.

    Raises:
        NotYoursError: the caller is not its owner.
        CorrectionStageError: nobody answers for it, or it is over.
        CrossingRuleError: it would change more than tasks.
        PlanInvalidError: its dates cannot be meant.
    """
    group, rights = await load(tx, id_, expect, act)
    rules.check_owns(rights, group)
    rules.check_stage("plan", group)
    check_crossing([each.model_dump() for each in body.changes])
    starts_on = body.starts_on or act.today
    rules.check_dates(body.due_on, starts_on, act.today, await _window(tx, group))
    planned = _plan(body, starts_on, act)
    after = [rules.plan(each, body.cause, planned) for each in group]
    done = Done(
        what="planned",
        said=body.model_dump(mode="json"),
        how="planned",
        event=CorrectionPlanned,
        tells=lambda _: {
            "by": planned.by,
            "back_to": planned.back_to,
            "tasks": planned.tasks,
        },
    )
    await save(tx, after, done, act)
    await hand_over(tx, after)


async def hand_in_evidence(
    tx: Transaction, id_: UUID, body: EvidenceBody, expect: Precondition, act: Act
) -> None:
    """Hand in evidence that the measure was carried out.

    Raises:
        NotYoursError: the caller is not its owner.
        CorrectionStageError: nothing is planned, or it is over.
        UnknownReferenceError: a file that the caller did not upload.
    """
    group, rights = await load(tx, id_, expect, act)
    rules.check_owns(rights, group)
    rules.check_stage("evidence", group)
    await _check_files(tx, body, act)
    files = [EvidenceFile(digest=each.digest, name=each.name) for each in body.files]
    after = [rules.hand_in(each, body.said, files, act.by.subject, act.at) for each in group]
    more = {"by": act.by.subject, "files": len(after[0].evidence.files) if after[0].evidence else 0}
    done = Done(
        what="evidenced",
        said=body.model_dump(mode="json"),
        how="evidenced",
        event=CorrectionEvidenced,
        tells=lambda _: more,
    )
    await save(tx, after, done, act)


async def verify(
    tx: Transaction, id_: UUID, body: VerifyBody, expect: Precondition, act: Act
) -> None:
    """Find a measure effective, which closes the correction; or not, which opens it anew.

    Raises:
        NotYoursError: the caller does not lead its scope.
        OwnWorkError: he answers for it, or did some of it.
        CorrectionStageError: there is no evidence, or it is over.
        NoEffectError: the values do not bear the verdict out.
    """
    group, rights = await load(tx, id_, expect, act)
    rules.check_leads(rights, group)
    rules.check_other(rights, group)
    rules.check_stage("verify", group)
    rules.check_verdict(group, act.today, is_effective=body.effective)
    verdict = Verdict(is_effective=body.effective, note=body.note, by=act.by.subject, at=act.at)
    after = await (_close if body.effective else _reopen)(tx, group, verdict, act)
    await hand_over(tx, after)


async def load(tx: Transaction, id_: UUID, expect: Precondition, act: Act) -> tuple[Group, Rights]:
    """Return the open corrections that are dealt with together, locked, and what the caller is.

    Raises:
        CorrectionNotFoundError: no correction has that id.
    """
    await share_joins(tx)
    [(target, group)] = await lock_groups(tx, id_)
    expect(target.version)
    return group, await rights_of(tx, act.by, group)


async def save(tx: Transaction, after: Sequence[Correction], done: Done, act: Act) -> None:
    """Store what was done with corrections, tell it, and close and open their steps."""
    by = act.by.subject
    history = [history_entry(each, done.what, act.at, by=by, said=done.said) for each in after]
    await repository.save_corrections(tx, after, history)
    for each in after:
        publish(tx, each, act.at, done.event, **done.tells(each))
    still = [each for each in after if each.state == "open"]
    await tell_steps(tx, {subject_of(after[0]): still}, act.at, how=done.how, by=by)


async def _close(tx: Transaction, group: Group, verdict: Verdict, act: Act) -> list[Correction]:
    after = [rules.close(each, verdict) for each in group]
    done = Done(
        what="verified",
        said={"note": verdict.note},
        how="verified",
        event=CorrectionVerified,
        tells=lambda each: {
            "by": verdict.by,
            "value_after": each.value_after,
            "effect": each.effect,
        },
    )
    await save(tx, after, done, act)
    # Its end is a fact, and a version, of its own.
    ended = [rules.end(each) for each in after]
    await repository.save_corrections(
        tx, ended, [history_entry(each, "closed", act.at) for each in ended]
    )
    for each in ended:
        publish_closed(tx, each, act.at)
    return ended


async def _reopen(tx: Transaction, group: Group, verdict: Verdict, act: Act) -> list[Correction]:
    measured = {each.id: each.remeasured.value for each in group if each.remeasured}
    after = [rules.reopen(each, verdict) for each in group]
    done = Done(
        what="reopened",
        said={"note": verdict.note},
        how="reopened",
        event=CorrectionReopened,
        tells=lambda each: {
            "by": verdict.by,
            "reason": words_of(each.family, verdict.note),
            "value_after": measured.get(each.id),
            "effect": difference(each.value_before, measured.get(each.id)),
        },
    )
    await save(tx, after, done, act)
    return after


def _plan(body: PlanBody, starts_on: date, act: Act) -> Plan:
    is_later = starts_on > act.today
    return Plan(
        cause_text=body.cause_text,
        measure=body.measure,
        due_on=body.due_on,
        started_at=datetime.combine(starts_on, time(), CAMPUS) if is_later else act.at,
        back_to=body.back_to,
        tasks=tuple(each.key for each in body.changes),
        by=act.by.subject,
        at=act.at,
    )


async def _window(tx: Transaction, group: Group) -> tuple[date, date] | None:
    """Return the days of the cycle that ends first; None where none runs or they are not known."""
    calendar = await read_calendar(tx)
    keys = {each.cycle for each in group if each.cycle}
    cycles = [await find_cycle(tx, key) for key in sorted(keys)]
    bounds = [calendar.bounds(cycle.period) for cycle in cycles if cycle]
    return min((each for each in bounds if each), key=lambda each: each[1], default=None)


async def _check_files(tx: Transaction, body: EvidenceBody, act: Act) -> None:
    """Refuse files that the caller did not upload: who knows a digest has not the file."""
    own = await uploaded_by(tx, [each.digest for each in body.files], act.by.subject)
    reason = "您没有上传过这个文件，先 POST /evidence (you have not uploaded it: do so first)"
    foreign = {
        f"$.files[{at}].digest": [reason]
        for at, each in enumerate(body.files)
        if each.digest not in own
    }
    if foreign:
        raise UnknownReferenceError(
            "佐证文件还没有上传", "evidence was not uploaded yet", fields=foreign
        )
