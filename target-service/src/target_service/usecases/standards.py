"""Standards: lines that hold when they are sent, and documents that another person approves."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any, ClassVar, Final

from shared.errors import DomainError, ErrorKind, no_such
from shared.kit.database import Transaction
from shared.scopes import leads as leads_scope
from target_service.domain.basis import unknown_clause
from target_service.domain.criteria import Criterion, faults_of_classes, faults_of_criteria
from target_service.domain.judge import Rules
from target_service.domain.lines import refuse
from target_service.domain.standards import (
    Decision,
    LintError,
    NotDecidableError,
    StandardKind,
    StandardState,
    faults_of_dates,
    faults_of_form,
    refuse_decider,
)
from target_service.domain.support import faults_of_matrix
from target_service.domain.training_plan import faults_of_courses, lint
from target_service.domain.units import Faults
from target_service.repository import chain, names, registers
from target_service.repository import standards as documents
from target_service.schemas import StandardBody, TrainingPlanBody
from target_service.tables import StandardRow
from target_service.usecases.checks import Precondition, Put
from target_service.usecases.facts import standard_fact
from target_service.usecases.inheriting import (
    day_of,
    differs,
    line_up,
    line_up_again,
    refuse_broken_bindings,
)
from target_service.usecases.judging import judge_bindings
from target_service.usecases.steps import close_step, open_step

_RATIOS: Final = frozenset({"ratio", "percent", ""})
"""Units of what a course attains; of an indicator that is not known, none."""


class ReasonMissingError(DomainError):
    """A draft is sent back without saying why."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "reason-missing"
    title_zh: ClassVar = "须说明理由"
    title_en: ClassVar = "Say why"


async def put_standard(
    tx: Transaction,
    body: StandardBody,
    expect: Precondition,
    at: datetime,
    rules: Rules,
    *,
    author: str,
) -> Put[StandardRow]:
    """Make the next version of a standard: a line holds at once, a document waits for approval.

    Raises:
        LinesError: it contradicts itself, or what its indicators can have.
        UnknownReferenceError: an indicator, a scope or a basis is not there.
        BreaksBindingsError: it contradicts the lines of bindings that refer to it.
    """
    await chain.lock_chain(tx)
    last = await chain.find_newest_standard(tx, body.key)
    newest = None if last is None or last.withdrawn_at else last
    expect(newest.version if newest else None)
    approved = await documents.find_newest_approved(tx, body.key)
    row = _row(body, newest, at, version=last.version + 1 if last else 1)
    row.author = author
    faults = [*await _faults(tx, body), *_faults_of_date(row, newest, approved)]
    refuse(faults, await _unknown(tx, body, newest))
    if newest and newest.state in _STANDING and not differs(newest, _content(row)):
        return Put(row=newest, created=False, changed=False)
    await _replace_draft(tx, body.key, author)
    if body.kind is StandardKind.LINE:
        await _approve(tx, row, at, rules, by=author)
    else:
        row.state, row.drafted_at = StandardState.DRAFT.value, at
        chain.add(tx, row)
        await chain.flush(tx)
        open_step(tx, row, at)
    return Put(row=row, created=newest is None, changed=True)


async def decide_standard(
    tx: Transaction,
    key: str,
    decision: Decision,
    expect: Precondition,
    at: datetime,
    rules: Rules,
) -> StandardRow:
    """Approve a draft, or send it back.

    Raises:
        NotDecidableError: no draft of the standard waits.
        NotYoursError: he may not decide on it.
        LintError: the training plan does not keep the rules, and he gives no reason.
        ReasonMissingError: it is sent back without one.
    """
    await chain.lock_chain(tx)
    row = await documents.find_draft(tx, key)
    if row is None:
        raise NotDecidableError(f"标准 {key} 没有待批准的稿", f"no draft of {key} waits")
    expect(row.version)
    decider = decision.decider
    decider = replace(decider, leads=await leads_scope(tx, row.scope or "", decider.owner))
    refuse_decider(decider, author=row.author, approver=row.approver, scope=row.scope or "")
    row.reason = decision.reason
    if decision.approves:
        _refuse_lint(row)
        await _approve(tx, row, at, rules, by=decider.subject)
    else:
        _send_back(row, at, decider.subject)
    close_step(tx, row, "approved" if decision.approves else "rejected", decider.subject)
    return row


async def adopt_standards(tx: Transaction, at: datetime, rules: Rules) -> list[str]:
    """Let bindings take the versions of standards that have come into force.

    Returns:
        Keys of bindings that stay on their version, because the new one contradicts them.
    """
    await chain.lock_chain(tx)
    refused: list[str] = []
    for key in await chain.list_standards_due(tx, day_of(at)):
        bindings = await chain.list_bindings_of_standard(tx, key)
        refused += [each.row.key for each in await line_up(tx, bindings, at)]
        await judge_bindings(tx, [row.key for row in bindings], at, rules)
    return refused


_STANDING: Final = frozenset({StandardState.APPROVED.value, StandardState.DRAFT.value})


async def _approve(tx: Transaction, row: StandardRow, at: datetime, rules: Rules, by: str) -> None:
    bindings = await chain.list_bindings_of_standard(tx, row.key)
    path = "$.tiers" if row.kind == StandardKind.LINE.value else "$.criteria"
    criteria = documents.criteria_of(row)
    await refuse_broken_bindings(tx, bindings, criteria, path, day_of(at))
    row.state, row.approved_by, row.approved_at = StandardState.APPROVED.value, by, at
    chain.add(tx, row)
    await chain.flush(tx)
    tx.publish(standard_fact(row), key=row.key, subject=f"standard/{row.key}")
    if row.effective_from <= day_of(at):
        await line_up_again(tx, bindings, at, rules)


def _send_back(row: StandardRow, at: datetime, by: str) -> None:
    if row.reason is None:
        raise ReasonMissingError(
            "退回须说明理由",
            "say why it is sent back",
            fields={"$.reason": ["退回须说明理由 (say why it is sent back)"]},
        )
    row.state, row.approved_by, row.approved_at = StandardState.REJECTED.value, by, at


def _refuse_lint(row: StandardRow) -> None:
    if row.plan is None or row.reason:
        return
    plan = TrainingPlanBody.model_validate(row.plan)
    found = lint([each.to_rule() for each in plan.courses], plan.years)
    if not found:
        return
    fields: dict[str, list[str]] = {}
    for each in found:
        fields.setdefault(each.path, []).append(each.reason)
    raise LintError(
        f"有 {len(found)} 处不合规定：修改后再报，或给出理由批准",
        f"{len(found)} findings: mend the plan, or approve it with a reason",
        fields=fields,
        fixes=["给出 reason 即可批准 (give a reason to approve it nevertheless)"],
    )


async def _replace_draft(tx: Transaction, key: str, by: str) -> None:
    draft = await documents.find_draft(tx, key)
    if draft:
        draft.state = StandardState.REPLACED.value
        close_step(tx, draft, "replaced", by)


def _row(body: StandardBody, newest: StandardRow | None, at: datetime, version: int) -> StandardRow:
    """Return the next version; without a date, what is there keeps its own.

    Sending the same again is no new version.
    """
    row = StandardRow(
        key=body.key,
        version=version,
        kind=body.kind.value,
        title=body.title,
        scope=body.scope,
        applies_to=body.applies_to.model_dump() if body.applies_to else None,
        indicator=body.indicator,
        basis=body.basis,
        tiers=body.tiers.to_document(),
        sections=[each.model_dump() for each in body.sections],
        criteria=[each.to_document() for each in body.criteria],
        plan=body.plan.model_dump(mode="json") if body.plan else None,
        approver=body.approver,
    )
    row.effective_from = body.effective_from or _first_day(row, newest, at)
    return row


def _first_day(row: StandardRow, newest: StandardRow | None, at: datetime) -> date:
    if newest is None or differs(newest, _content(row, but={"effective_from"})):
        return day_of(at)
    return newest.effective_from


_CONTENT: Final = (
    *("kind", "title", "scope", "applies_to", "indicator", "basis", "tiers"),
    *("sections", "criteria", "plan", "approver", "effective_from"),
)


def _content(row: StandardRow, but: frozenset[str] | set[str] = frozenset()) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _CONTENT if name not in but}


def _faults_of_date(
    row: StandardRow, newest: StandardRow | None, approved: StandardRow | None
) -> Faults:
    if newest and newest.effective_from == row.effective_from:
        return []
    return faults_of_dates(row.effective_from, approved.effective_from if approved else None)


async def _faults(tx: Transaction, body: StandardBody) -> Faults:
    found = faults_of_form(body.kind, body.parts())
    criteria = [each.to_rule() for each in body.criteria]
    paths = [f"$.criteria[{place}]" for place in range(len(criteria))]
    if body.kind is StandardKind.LINE:
        criteria = [Criterion(indicator=body.indicator, lines=_line(body))]
        paths = ["$"]
    asked = [each.indicator for each in criteria if each.indicator]
    found += faults_of_criteria(criteria, await names.measures_of(tx, asked), paths)
    for place, each in enumerate(body.criteria):
        classes = [one.object_class for one in each.classes]
        found += faults_of_classes(classes, f"$.criteria[{place}]")
    return [*found, *(await _faults_of_plan(tx, body.plan) if body.plan else [])]


def _line(body: StandardBody) -> Any:
    return documents.read_document_lines({"tiers": body.tiers.to_document()})


async def _faults_of_plan(tx: Transaction, plan: TrainingPlanBody) -> Faults:
    found = faults_of_courses([each.to_rule() for each in plan.courses])
    found += faults_of_matrix(
        [each.to_rule() for each in plan.support],
        [each.key for each in plan.requirements],
        [each.code for each in plan.courses],
    )
    units = await names.units_of(tx, [plan.support_indicator] if plan.support_indicator else [])
    if not _RATIOS.issuperset(units.values()):
        reason = "课程达成度须是比率或百分比 (what a course attains is a ratio or a percent)"
        found.append(("$.plan.support_indicator", reason))
    return found


async def _unknown(tx: Transaction, body: StandardBody, newest: StandardRow | None) -> Faults:
    """Return what the standard names and is not there; a scope that went later holds up nothing."""
    asked = {"$.indicator": body.indicator} if body.indicator else {}
    for place, each in enumerate(body.criteria):
        asked[f"$.criteria[{place}].indicator"] = each.indicator
    if body.plan and body.plan.support_indicator:
        asked["$.plan.support_indicator"] = body.plan.support_indicator
    known = await names.units_of(tx, [each for each in asked.values() if each])
    found: Faults = [
        (path, no_such("指标", "indicator", each, await names.indicators_like(tx, each)))
        for path, each in asked.items()
        if each and each not in known
    ]
    told = newest and newest.scope == body.scope
    if body.scope and not told and not await names.has_scope(tx, body.scope):
        like = await names.scopes_like(tx, body.scope)
        found.append(("$.scope", no_such("诊改对象", "scope", body.scope, like)))
    return [*found, *await _unknown_basis(tx, body)]


async def _unknown_basis(tx: Transaction, body: StandardBody) -> Faults:
    cited = {each.basis.document for each in body.criteria if each.basis}
    clauses = await registers.clauses_of(tx, cited)
    found: Faults = []
    for place, each in enumerate(body.criteria):
        if each.basis is None:
            continue
        path, document = f"$.criteria[{place}].basis", each.basis.document
        if document not in clauses:
            found.append((f"{path}.document", no_such("依据文件", "basis document", document, [])))
        elif reason := unknown_clause(document, each.basis.clause, clauses[document]):
            found.append((f"{path}.clause", reason))
    return found
