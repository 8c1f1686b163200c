"""Open assessment runs, and take them from step to step."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from shared.errors import DomainError, ErrorKind, no_such
from shared.kit.clock import CAMPUS
from shared.kit.database import Transaction
from shared.kit.timers import set_timers
from target_service.domain.assessing.conditions import Verdict
from target_service.domain.assessing.ranking import Choice
from target_service.domain.assessing.runs import (
    FOLLOWING,
    Act,
    RunState,
    RunStateError,
    Step,
    after,
    blocks_publishing,
    check_other_hand,
    check_state,
    last_objection_day,
)
from target_service.domain.assessing.scheme import TEAM, Purpose, Scheme, Takes
from target_service.domain.assessing.terms import COMPARABLE, faults_of_term
from target_service.domain.cells import unmeasured
from target_service.domain.judge import Rules
from target_service.domain.periods import faults_of_spelling
from target_service.domain.units import Faults
from target_service.repository import assessments, names
from target_service.repository.chain import flush
from target_service.schemas.assessments import RunBody, SchemeBody, SubjectBody
from target_service.tables import AssessmentResultRow, AssessmentRunRow, AssessmentSchemeRow
from target_service.usecases.assessing.facts import publish_run
from target_service.usecases.assessing.judging import FOLLOW, compute, rule_of
from target_service.usecases.assessing.steps import close_stage, open_stage
from target_service.usecases.checks import Precondition, Put


class RunFaultsError(DomainError):
    """A run cannot be meant as it is written."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "assessment-run"
    title_zh: ClassVar = "考核轮次有误"
    title_en: ClassVar = "The assessment run is wrong"


async def open_run(
    tx: Transaction, body: RunBody, expect: Precondition, at: datetime, rules: Rules, *, by: str
) -> Put[AssessmentRunRow]:
    """Open a run by the newest approved version of a scheme, or change it while it is open.

    Raises:
        RunFaultsError: the scheme is not approved, a period is missing, one assessed is not there.
        RunStateError: it is open no more, and this would change it.
    """
    del rules
    await assessments.lock_assessments(tx)
    row = await assessments.find_run(tx, body.key)
    expect(row.version if row else None)
    document = body.model_dump(mode="json")
    if row and row.document == document:
        return Put(row=row, created=False, changed=False)
    if row:
        check_state(RunState(row.state), frozenset({RunState.OPEN}), "更改", "change")
    misspelled = _misspelled(body)
    scheme = await assessments.find_scheme(tx, body.scheme, approved=True)
    if scheme is None or scheme.withdrawn_at:
        raise _refusal([("$.scheme", _not_approved(body.scheme)), *misspelled])
    rule = SchemeBody.model_validate(scheme.document).to_rule()
    subjects = await _subjects(tx, body, rule, misspelled)
    created = row is None
    row = row or AssessmentRunRow(key=body.key, version=0, opened_by=by, opened_at=at)
    _fill(row, body, document, scheme)
    assessments.add(tx, row)
    await flush(tx)
    await assessments.drop_results(tx, row.key)
    for each in subjects:
        assessments.add(tx, _result_row(row.key, each))
    await assessments.record(
        tx, row, "open" if created else "change", by, at, scheme_version=scheme.version
    )
    if created:
        await open_stage(tx, row, at)
    return Put(row=row, created=created, changed=True)


async def take_step(tx: Transaction, key: str, act: Act, expect: Precondition) -> AssessmentRunRow:
    """Take a run one step on.

    Raises:
        NotFoundError: no run has that key.
        RunStateError: the step does not begin where it stands, or something is left to be done.
        OtherHandError: who opened it cannot publish it.
    """
    run = await assessments.get_run(tx, key)
    expect(run.version)
    to = after(RunState(run.state), act.step)
    if act.step is Step.PUBLISH:
        check_other_hand(act.by, run.opened_by, "公布考核结果", "publishing results")
        await _check_publishing(tx, run, act.at)
    if to in FOLLOWING or to is RunState.PUBLISHED:
        await compute(tx, run, act.at)
    if to is RunState.PUBLISHED:
        # What the values were at this instant may leave something to decide once more.
        await _check_publishing(tx, run, act.at)
        run.published_by, run.published_at = act.by, act.at
    if act.step is Step.REVIEW:
        days = (await rule_of(tx, run)).objection_days
        run.objections_until = last_objection_day(act.at.astimezone(CAMPUS).date(), days)
    if to not in FOLLOWING:
        await set_timers(tx, FOLLOW, {key: None})
    await close_stage(tx, run, to, act.by)
    run.state, run.version = to.value, run.version + 1
    await assessments.record(tx, run, act.step.value, act.by, act.at, reason=act.reason)
    await open_stage(tx, run, act.at)
    if to is RunState.PUBLISHED:
        publish_run(tx, run, await assessments.list_results(tx, key))
    return run


async def _check_publishing(tx: Transaction, run: AssessmentRunRow, at: datetime) -> None:
    results = await assessments.list_results(tx, run.key)
    objections = await assessments.list_objections(tx, run.key)
    blocked = blocking(run, results, sum(each.answered_at is None for each in objections), at)
    if blocked:
        raise RunStateError(
            "；".join(blocked), "something is left to be done before it is published", fixes=blocked
        )


def blocking(
    run: AssessmentRunRow, results: Sequence[AssessmentResultRow], unanswered: int, at: datetime
) -> list[str]:
    """Return what keeps the results of a run that is announced from being published."""
    if run.state != RunState.REVIEWED or run.objections_until is None:
        return []
    undecided = sum(each.decision is None and awaits_decision(each) for each in results)
    day = at.astimezone(CAMPUS).date()
    return blocks_publishing(day, run.objections_until, unanswered, undecided)


def awaits_decision(row: AssessmentResultRow) -> bool:
    """Return whether people decide on a result: a tie, a nomination, a warned major."""
    return row.choice == Choice.TIED or bool({*row.verdicts} - {Verdict.ELIGIBLE.value})


def _misspelled(body: RunBody) -> Faults:
    also = {f"$.also[{place}]": each for place, each in enumerate(body.also)}
    return faults_of_spelling({"$.period": body.period} | also)


async def _subjects(
    tx: Transaction, body: RunBody, scheme: Scheme, misspelled: Faults
) -> list[SubjectBody]:
    """Return whom a run assesses.

    Args:
        misspelled: periods that are none; what rests on them is not asked.

    Raises:
        RunFaultsError: what is wrong with them, and periods that are missing.
    """
    found = [*misspelled, *([] if misspelled else _faults_of_periods(body, scheme))]
    if body.subjects is None:
        if scheme.kind == TEAM or scheme.purpose is Purpose.CADRE:
            found.append(("$.subjects", "须逐一给出 (name each of them)"))
        there = await assessments.scopes_of_kind(tx, scheme.kind)
        subjects = [SubjectBody(subject=each, title=there[each]) for each in sorted(there)]
        if not subjects:
            found.append(("$.subjects", f"没有 {scheme.kind} 类对象 (there is none)"))
    else:
        subjects, wrong = await _named(tx, body.subjects, scheme)
        found += wrong
    if not misspelled:
        found += await _unmeasured(tx, body, scheme, subjects)
    if found:
        raise _refusal(found)
    return subjects


async def _unmeasured(
    tx: Transaction, body: RunBody, scheme: Scheme, subjects: Sequence[SubjectBody]
) -> Faults:
    """Return items whose indicator has no values of such scopes and periods: all would be empty."""
    own = [each for each in subjects if each.subject.startswith(f"{scheme.kind}/")]
    scopes = {scope for each in own for scope in each.stands_for or [each.subject]}
    one_of_each = {scope.partition("/")[0]: scope for scope in sorted(scopes)}
    measured = [each for each in scheme.items if each.takes in {Takes.INDICATOR, Takes.PROGRESS}]
    found: Faults = []
    for item in measured:
        cells, period = await names.cells_of(tx, item.of), item.period_kind or body.period
        for scope in one_of_each.values():
            found += unmeasured(item.of, scope, period, cells)
    # Two items by one indicator say the same.
    return list(dict.fromkeys((path.replace("scope", "subjects"), why) for path, why in found))


async def _named(
    tx: Transaction, given: Sequence[SubjectBody], scheme: Scheme
) -> tuple[list[SubjectBody], Faults]:
    scopes = {scope for each in given for scope in (each.subject, *each.stands_for)}
    there = await assessments.names_of(tx, scopes)
    found: Faults = []
    before: set[str] = set()
    for place, each in enumerate(given):
        path = f"$.subjects[{place}]"
        found += _faults_of_subject(path, each, scheme, there)
        if each.subject in before:
            found.append((f"{path}.subject", f"{each.subject} 出现不止一次 (twice)"))
        before.add(each.subject)
    titled = [
        each.model_copy(update={"title": each.title or there.get(each.subject, each.subject)})
        for each in given
    ]
    return titled, found


def _faults_of_subject(
    path: str, each: SubjectBody, scheme: Scheme, there: Mapping[str, str]
) -> Faults:
    found: Faults = []
    if not each.subject.startswith(f"{scheme.kind}/"):
        found.append((f"{path}.subject", f"须为 {scheme.kind}/… (one of that kind)"))
    elif scheme.kind != TEAM and each.subject not in there:
        found.append((f"{path}.subject", no_such("诊改对象", "scope", each.subject, [])))
    if scheme.kind == TEAM and not each.stands_for:
        found.append((f"{path}.stands_for", "团队须给出成员 (name the members of a team)"))
    found += [
        (f"{path}.stands_for[{nth}]", no_such("诊改对象", "scope", scope, []))
        for nth, scope in enumerate(each.stands_for)
        if scope not in there
    ]
    if scheme.purpose is Purpose.CADRE or each.since or each.until:
        found += faults_of_term(path, each.since, each.until)
    return found


def _faults_of_periods(body: RunBody, scheme: Scheme) -> Faults:
    """Return kinds of period that items are measured for and the run does not name."""
    own = body.period.partition(":")[0]
    given = [own, *(each.partition(":")[0] for each in body.also)]
    found: Faults = [
        (f"$.also[{place}]", f"{kind} 已有周期 (a period of that kind is given already)")
        for place, kind in enumerate(given[1:])
        if kind in given[: place + 1]
    ]
    for item in scheme.items:
        kind = item.period_kind or own
        if kind not in given:
            reason = (
                f"考核项 {item.key} 按 {kind} 计量，请给出该类周期 (give a period of that kind)"
            )
            found.append(("$.also", reason))
        if item.takes is Takes.PROGRESS and kind not in COMPARABLE:
            kinds = " ".join(COMPARABLE)
            reason = f"考核项 {item.key} 计进步，周期须为 {kinds} (progress is by one of these)"
            found.append(("$.period", reason))
    return found


def _fill(
    row: AssessmentRunRow, body: RunBody, document: dict[str, Any], scheme: AssessmentSchemeRow
) -> None:
    row.version += 1
    row.title, row.period, row.document = body.title, body.period, document
    row.scheme, row.scheme_version = scheme.key, scheme.version
    row.purpose, row.kind, row.state = scheme.purpose, scheme.kind, RunState.OPEN.value


def _result_row(run: str, each: SubjectBody) -> AssessmentResultRow:
    return AssessmentResultRow(
        run=run,
        subject=each.subject,
        title=each.title,
        stands_for=each.stands_for or [each.subject],
        since=each.since,
        until=each.until,
        thin=False,
        vetoed=False,
        verdicts=[],
        lines=[],
        reasons=[],
        found={},
        consented=False,
    )


def _not_approved(key: str) -> str:
    return (
        f"没有已批准的考核方案 {key}：先 POST /assessment-schemes/{key}/approval"
        " (no approved scheme has that key)"
    )


def _refusal(found: Faults) -> RunFaultsError:
    fields: dict[str, list[str]] = {}
    for path, reason in found:
        fields.setdefault(path, []).append(reason)
    return RunFaultsError(
        f"请检查：{'、'.join(fields)}", f"check {', '.join(fields)}", fields=fields
    )
