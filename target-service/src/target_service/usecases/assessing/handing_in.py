"""What people hand in for a run: marks, tallies, and their consent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from target_service.domain.assessing.runs import TAKING, RunState, check_state
from target_service.domain.assessing.scheme import Item, Scheme, Takes
from target_service.domain.assessing.seeing import Reader
from target_service.domain.assessing.sources import Rater, mark_of_checklist, read_mark
from target_service.domain.limits import read_number
from target_service.domain.standing import Actor
from target_service.domain.units import Faults
from target_service.repository import assessments
from target_service.repository.chain import not_found
from target_service.schemas.assessments import MarkBody, MarksBody, TalliesBody, TallyBody
from target_service.tables import AssessmentRunRow
from target_service.usecases.assessing.judging import compute, rule_of


class HandedInError(DomainError):
    """Some of what was handed in cannot be taken; none of it was."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "assessment-input"
    title_zh: ClassVar = "提交的内容有误，均未接收"
    title_en: ClassVar = "Something cannot be taken, so nothing was"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clerk:
    """Who hands marks in."""

    actor: Actor
    hands_in_all: bool
    """Marks of others too, collected on paper; else his own of himself, or of whom he leads."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """What is handed in is checked against it."""

    run: AssessmentRunRow
    scheme: Scheme
    subjects: Mapping[str, Sequence[str]]

    def faults(self, path: str, each: MarkBody | TallyBody, takes: Takes) -> Faults:
        """Return that nobody is assessed by that name, or by no such item."""
        found: Faults = []
        if each.subject not in self.subjects:
            reason = f"{each.subject} 不在本轮考核之列 (not assessed in this run)"
            found.append((f"{path}.subject", reason))
        fitting = [item.key for item in self.scheme.items if item.takes is takes]
        if each.item not in fitting:
            known = " ".join(fitting) or "—"
            found.append((f"{path}.item", f"{takes} 类考核项只有 {known} (only these items)"))
        return found


async def take_marks(
    tx: Transaction, key: str, body: MarksBody, at: datetime, clerk: Clerk
) -> AssessmentRunRow:
    """Take marks, all of them or none.

    Raises:
        RunStateError: the run takes none now.
        HandedInError: everything that is wrong with them.
    """
    desk = await _open_desk(tx, key, "评分", "marks")
    by = clerk.actor.subject
    found = await _faults_of_clerk(tx, desk, body.marks, clerk)
    # Of marks that are not his he is not told who is assessed.
    foreign = {path for path, _ in found}
    rows = []
    for place, each in enumerate(body.marks):
        path = f"$.marks[{place}]"
        if f"{path}.source" in foreign:
            continue
        wrong = desk.faults(path, each, Takes.MARKS)
        if not wrong:
            item = desk.scheme.items_by_key[each.item]
            wrong += _faults_of_rater(path, item, each, by, desk.subjects[each.subject])
            mark = _mark(path, item, each, wrong)
            rows.append(
                {
                    "run": key,
                    **each.model_dump(mode="json", exclude={"mark"}),
                    "mark": mark,
                    "given_at": at,
                }
            )
        found += wrong
    _refuse(found)
    last = {(r["subject"], r["item"], r["source"], r["rater"]): r for r in rows}
    await assessments.save_marks(tx, [last[each] for each in sorted(last)])
    return await _taken(tx, desk, "marks", by, at, len(rows))


async def take_tallies(
    tx: Transaction, key: str, body: TalliesBody, at: datetime, by: str
) -> AssessmentRunRow:
    """Take events, awards and levels, all of them or none.

    Raises:
        RunStateError: the run takes none now.
        HandedInError: everything that is wrong with them.
    """
    desk = await _open_desk(tx, key, "登记", "tallies")
    found: Faults = []
    for place, each in enumerate(body.tallies):
        path = f"$.tallies[{place}]"
        found += desk.faults(path, each, Takes.TALLY)
        if read_number(each.count) < 0:
            found.append((f"{path}.count", "不能为负 (not below 0)"))
    _refuse(found)
    rows = [
        {
            "run": key,
            **each.model_dump(exclude={"count"}),
            "count": read_number(each.count),
            "told_by": by,
            "told_at": at,
        }
        for each in body.tallies
    ]
    last = {(r["subject"], r["item"], r["ref"]): r for r in rows}
    await assessments.save_tallies(tx, [last[each] for each in sorted(last)])
    return await _taken(tx, desk, "tallies", by, at, len(rows))


async def consent(
    tx: Transaction, scheme: str, reader: Reader, at: datetime, *, given: bool
) -> None:
    """Let a person agree to have a place in the rankings of a scheme, or agree no more.

    Raises:
        NotFoundError: there is no such scheme.
    """
    if await assessments.find_scheme(tx, scheme) is None:
        raise not_found("考核方案", "assessment scheme", scheme)
    for scope in sorted(reader.scopes):
        await assessments.save_consent(tx, scheme, scope, at, given=given)


async def _open_desk(tx: Transaction, key: str, zh: str, en: str) -> _Desk:
    run = await assessments.get_run(tx, key)
    check_state(RunState(run.state), TAKING, zh, en)
    rows = await assessments.list_results(tx, key)
    return _Desk(run, await rule_of(tx, run), {row.subject: row.stands_for for row in rows})


async def _faults_of_clerk(
    tx: Transaction, desk: _Desk, marks: Sequence[MarkBody], clerk: Clerk
) -> Faults:
    """Return marks that are another's to hand in: who takes part gives his own alone."""
    if clerk.hands_in_all:
        return []
    if not clerk.actor.member:
        reason = "系统提交评分需要权限 target:write (a system needs target:write)"
        return [(f"$.marks[{place}].source", reason) for place, _ in enumerate(marks)]
    marked = {each.subject: {each.subject, *desk.subjects.get(each.subject, ())} for each in marks}
    scopes = sorted(set().union(*marked.values()))
    led = await assessments.led_among(tx, scopes, clerk.actor.member)
    found: Faults = []
    for place, each in enumerate(marks):
        leads = clerk.actor.is_everywhere or bool(led & marked[each.subject])
        is_his = each.source is Rater.SELF or (each.source is Rater.LEADER and leads)
        if each.source is Rater.LEADER and not leads:
            reason = f"您不是 {each.subject} 的领导，不能作领导评分 (you do not lead him)"
            found.append((f"$.marks[{place}].source", reason))
        elif not is_his:
            reason = "您只提交自评与领导评分，其余由质量办汇总提交 (the office hands in the others)"
            found.append((f"$.marks[{place}].source", reason))
    return found


def _faults_of_rater(
    path: str, item: Item, each: MarkBody, by: str, stands_for: Sequence[str]
) -> Faults:
    """Return a source that the item has not, and who marks himself where others mark."""
    found: Faults = []
    if each.source not in [source.rater for source in item.sources]:
        known = " ".join(source.rater for source in item.sources)
        found.append((f"{path}.source", f"评价主体只有 {known} (only these sources)"))
    reader = Reader(subject=each.rater)
    is_himself = bool(reader.scopes & {each.subject, *stands_for})
    if is_himself != (each.source is Rater.SELF):
        wrong = "自评须由本人" if each.source is Rater.SELF else "本人不能以其他主体给自己打分"
        found.append((f"{path}.rater", f"{wrong} (only `self` is marked by himself)"))
    if by.startswith("person/") and each.source in {Rater.SELF, Rater.LEADER} and each.rater != by:
        found.append((f"{path}.rater", f"自评与领导评分须由 {each.rater} 本人提交 (by himself)"))
    return found


def _mark(path: str, item: Item, each: MarkBody, found: Faults) -> object:
    if each.checklist and each.mark is not None:
        found.append((f"{path}.mark", "评价表已给出分数，请勿另给 mark (the checklist says it)"))
    if item.checklist:
        given = each.checklist
        return mark_of_checklist(f"{path}.checklist", item.checklist, given, found)
    if each.checklist:
        found.append((f"{path}.checklist", "该考核项没有评价表 (this item has no checklist)"))
    return read_mark(f"{path}.mark", each.mark, found)


async def _taken(
    tx: Transaction, desk: _Desk, act: str, by: str, at: datetime, count: int
) -> AssessmentRunRow:
    if desk.run.state == RunState.REVIEWED:
        await compute(tx, desk.run, at)
    desk.run.version += 1
    await assessments.record(tx, desk.run, act, by, at, count=count)
    return desk.run


def _refuse(found: Faults) -> None:
    if not found:
        return
    fields: dict[str, list[str]] = {}
    for path, reason in found:
        fields.setdefault(path, []).append(reason)
    raise HandedInError(
        f"{len(fields)} 处有误，均未接收",
        f"{len(fields)} places are wrong, nothing was taken",
        fields=fields,
    )
