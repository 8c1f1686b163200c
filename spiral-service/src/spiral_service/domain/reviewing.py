"""Review rounds (评审): a committee comments on a version of a document by clause, and votes.

Source: plan M142 (what the committee deliberates on); quorum and majority are our default.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final, Literal
from uuid import UUID

from shared.contracts.spiral_reviews import ReviewKind, ReviewOutcome
from shared.errors import DomainError, ErrorKind
from spiral_service.domain.standing import Actor, NotYoursError

Ballot = Literal["approve", "approve_with_changes", "reject", "abstain"]
ReviewState = Literal["open", "decided"]

KINDS: Final[Mapping[ReviewKind, tuple[str, str]]] = {
    "post_standards": ("岗位职责及工作标准", "duties and standards of posts"),
    "quality_standards": ("诊改质量标准体系", "quality standards"),
    "goal_system": ("质量保证目标体系", "goals of quality assurance"),
    "annual_report": ("年度质量报告", "annual quality report"),
    "assurance_plan": ("内部质量保证体系规划和实施方案", "plan of quality assurance"),
    "smart_campus_plan": ("智能校园建设规划和实施方案", "plan of the smart campus"),
    "assurance_rules": ("质量保证相关制度", "rules of quality assurance"),
    "other": ("其他文件", "another document"),
}
FEWEST: Final = 3
"""Who votes, at least."""

_FOR: Final = ("approve", "approve_with_changes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The review of one version of a document."""

    id: UUID
    version: int
    document: str
    number: int
    """Of the rounds of its document, and so the version of the document."""

    kind: ReviewKind
    title: str
    text: str
    """What it is about; from the second round on also what was changed."""

    scope: str
    body: str
    """The committee."""

    clauses: Sequence[Mapping[str, str]]
    """``clause`` and ``text`` of what is commented on one by one."""

    files: Sequence[Mapping[str, str]]
    """``digest`` and ``name`` of each."""

    author: str
    """A person or unit; who wrote it does not vote."""

    members: Sequence[str]
    """Who votes, as the committee stood when the round opened, ``teacher/T001``."""

    heads: Sequence[str]
    due_at: datetime
    state: ReviewState
    opened_by: str
    opened_at: datetime
    outcome: ReviewOutcome | None = None
    summary: str = ""
    """What the committee says in the end (评审意见)."""

    decided_by: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What a member says of a clause, and what became of it."""

    id: UUID
    round: UUID
    clause: str | None
    """None: of the document as a whole."""

    text: str
    must: bool
    """It has to be answered before the next version is reviewed (须修改)."""

    by: str
    at: datetime
    answer: str = ""
    answered_by: str | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """How a member voted; who votes again changes his vote."""

    round: UUID
    member: str
    vote: Ballot
    reason: str
    at: datetime


class TooFewMembersError(DomainError):
    """Too few would vote for a decision to mean something."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "too-few-members"
    title_zh: ClassVar = "评审人数不足"
    title_en: ClassVar = "Too few would vote"


class RoundOpenError(DomainError):
    """Another round of the document is not over."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "review-open"
    title_zh: ClassVar = "该文件的上一轮评审还未结束"
    title_en: ClassVar = "A round of that document is not over"


class UnansweredError(DomainError):
    """What the committee demanded of the version before is not answered."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "comments-unanswered"
    title_zh: ClassVar = "上一轮的修改意见还未答复"
    title_en: ClassVar = "Comments on the version before are not answered"


class ReviewDecidedError(DomainError):
    """The round is over."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "review-decided"
    title_zh: ClassVar = "本轮评审已有结论"
    title_en: ClassVar = "The round is over"


class UnknownClauseError(DomainError):
    """The document has no such clause."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "clause-unknown"
    title_zh: ClassVar = "没有这一条款"
    title_en: ClassVar = "No such clause"


class VotesMissingError(DomainError):
    """Members have not voted, and there is time left."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "votes-missing"
    title_zh: ClassVar = "还有委员未表决"
    title_en: ClassVar = "Members have not voted yet"


def voters(members: Collection[str], authors: Collection[str]) -> list[str]:
    """Return who votes: each member once, but for who wrote the document (回避).

    Args:
        authors: who wrote it; where a unit did, also who leads that unit.

    Raises:
        TooFewMembersError: they are fewer than `FEWEST`.
    """
    found = sorted(set(members).difference(authors))
    if len(found) < FEWEST:
        raise TooFewMembersError(
            f"只有 {len(found)} 人可表决，至少 {FEWEST} 人",
            f"only {len(found)} may vote; it takes {FEWEST}",
            fields={"$.invited": [f"至少 {FEWEST} 位委员，作者回避 (without the author)"]},
            fixes=["在 invited 中指明特聘专家 (name invited experts)"],
        )
    return found


def check_next(before: Round | None, comments: Sequence[Comment]) -> int:
    """Return the number of the next round of a document.

    Args:
        before: its last round, and its ``comments``; None: it is the first.

    Raises:
        RoundOpenError: it is not over.
        UnansweredError: what had to be changed was not answered.
    """
    if before is None:
        return 1
    if before.state == "open":
        raise RoundOpenError(
            f"第 {before.number} 轮评审到 {before.due_at:%Y-%m-%d} 截止",
            f"round {before.number} is open until {before.due_at:%Y-%m-%d}",
            fixes=[f"先形成结论 (decide first: review-rounds/{before.id})"],
        )
    left = [each for each in comments if each.must and each.answered_by is None]
    if left:
        raise UnansweredError(
            f"还有 {len(left)} 条须修改的意见未答复",
            f"{len(left)} comments that ask for a change have no answer",
            fixes=[f"逐条答复 (answer each): {each.id}" for each in left],
        )
    return before.number + 1


def check_open(round_: Round) -> None:
    """Refuse what can only be done while a round is open.

    Raises:
        ReviewDecidedError: it is over.
    """
    if round_.state != "open":
        raise ReviewDecidedError(
            f"已于 {round_.decided_at:%Y-%m-%d} 形成结论",
            f"it was decided: {round_.outcome}",
            fixes=["修改后提交下一轮评审 (open the next round)"],
        )


def check_member(round_: Round, actor: Actor) -> str:
    """Return as which member somebody acts.

    Raises:
        NotYoursError: he is none, though he runs everything else.
    """
    found = sorted(set(round_.members) & actor.names)
    if not found:
        raise NotYoursError(
            "由本轮评审的委员办理",
            "it is for the members of this round",
            fixes=["请委员本人办理 (ask a member)"],
        )
    return found[0]


def check_clause(round_: Round, clause: str | None) -> None:
    """Refuse a comment on a clause that the document does not have.

    Raises:
        UnknownClauseError: it is so.
    """
    known = [each["clause"] for each in round_.clauses]
    if clause is not None and clause not in known:
        raise UnknownClauseError(
            f"没有条款 {clause}",
            f"there is no clause {clause}",
            fields={"$.clause": [f"可写 {'、'.join(known)} (one of these)"]},
        )


def decides(heads: Collection[str], actor: Actor) -> bool:
    """Return whether somebody may put the outcome on record: the head, and who runs cycles."""
    return actor.is_everywhere or bool(set(heads) & actor.names)


def answers(round_: Round, actor: Actor, *, leads_author: bool) -> bool:
    """Return whether somebody may answer comments: the author, and who opened the round.

    Args:
        leads_author: the author is a unit, and he leads it.
    """
    is_his = {round_.author, round_.opened_by} & actor.names
    return actor.is_everywhere or leads_author or bool(is_his)


def outcome_of(members: Sequence[str], votes: Sequence[Vote]) -> ReviewOutcome:
    """Return the outcome: with two thirds of the members, by two thirds of those who voted.

    Who abstains has voted. Source: our default.
    """
    cast = Counter[str](each.vote for each in votes)
    if 3 * len(votes) < 2 * len(members):
        return "no_quorum"
    if 3 * sum(cast[each] for each in _FOR) < 2 * len(votes):
        return "rejected"
    return "passed_with_changes" if cast["approve_with_changes"] else "passed"


def missing(round_: Round, votes: Sequence[Vote]) -> list[str]:
    """Return the members who have not voted."""
    return sorted(set(round_.members) - {each.member for each in votes})


def awaited(round_: Round, votes: Sequence[Vote], at: datetime) -> list[str]:
    """Return the members whose vote is waited for: after the due date nobody's is."""
    return missing(round_, votes) if at < round_.due_at else []


def decide(round_: Round, votes: Sequence[Vote], summary: str, by: str, at: datetime) -> Round:
    """Return the round that is over; its outcome follows from the votes alone.

    Raises:
        ReviewDecidedError: it was over.
        VotesMissingError: somebody has not voted, and it is not due.
    """
    check_open(round_)
    left = awaited(round_, votes, at)
    if left:
        raise VotesMissingError(
            f"{'、'.join(left)} 还未表决，截止 {round_.due_at:%Y-%m-%d}",
            f"{', '.join(left)} have not voted; it is due {round_.due_at:%Y-%m-%d}",
            fixes=["等待表决或截止 (wait for them, or for the date)"],
        )
    return replace(
        round_,
        version=round_.version + 1,
        state="decided",
        outcome=outcome_of(round_.members, votes),
        summary=summary,
        decided_by=by,
        decided_at=at,
    )
