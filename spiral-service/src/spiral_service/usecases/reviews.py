"""Review rounds: a committee is asked, comments, votes; the outcome is put on record."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, get_args
from uuid import UUID

from shared.calendar import CAMPUS
from shared.contracts.spiral_reviews import ReviewRoundDecided
from shared.contracts.steps import SpiralStepClosed, SpiralStepOpened, StepHow
from shared.errors import UnknownReferenceError
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from spiral_service.domain import reviewing as rules
from spiral_service.domain.reviewing import Ballot, Comment, Round, Vote
from spiral_service.domain.standing import TAKE_PART, NotYoursError
from spiral_service.repository import reviews as repository
from spiral_service.repository.evidence import uploaded_by
from spiral_service.repository.facts import members_of
from spiral_service.repository.locks import lock
from spiral_service.repository.records import keep, one_of
from spiral_service.repository.scopes import heads_of_unit, known_scopes, leads
from spiral_service.schemas.reviews import (
    AnswerBody,
    CommentBody,
    DecideRoundBody,
    RoundBody,
    VoteBody,
)
from spiral_service.tables import ReviewCommentRow, ReviewRoundRow, ReviewVoteRow
from spiral_service.usecases.moving import Turn
from spiral_service.usecases.scopes import unknown_scope

TIME: Final = timedelta(days=7)
"""From the date of the votes until the outcome should be on record. Source: our default."""

_DECISION: Final = "decision"
"""Whose step it is to put the outcome on record; the others are those of members."""


async def open_round(tx: Transaction, body: RoundBody, turn: Turn) -> Round:
    """Lay a version of a document before a committee, and ask each member for his vote.

    Raises:
        UnknownReferenceError: with all that is not there: scope, body, experts, files.
        NotYoursError: the caller neither runs reviews nor is at the head of the committee.
        RoundOpenError: another round of the document is not over.
        UnansweredError: what it demanded is not answered.
        TooFewMembersError: too few may vote.
    """
    turn.expect(None)
    await lock(tx, [f"review:{body.document}"])
    seated = await members_of(tx, body.body, turn.act.at.astimezone(CAMPUS).date())
    heads = sorted(person for person, place in seated or () if place == "head")
    # First of all: who may not is not told who and what there is.
    if not rules.decides(heads, turn.actor):
        raise NotYoursError(
            "由委员会主任或质量办提交评审",
            "it is for the head of the committee, or the quality office",
            fixes=["请质量办提交 (ask the quality office)"],
        )
    await _check_named(tx, body, turn, is_body=seated is not None)
    author = body.author or turn.actor.member or turn.act.by
    authors = {author, *(await heads_of_unit(tx, author))}
    round_ = Round(
        id=uuid7(),
        version=1,
        number=await _number(tx, body.document),
        members=rules.voters([*(person for person, _ in seated or ()), *body.invited], authors),
        heads=heads,
        author=author,
        state="open",
        opened_by=turn.act.by,
        opened_at=turn.act.at,
        **body.model_dump(exclude={"author", "invited"}),
    )
    await keep(tx, ReviewRoundRow, round_)
    for member in round_.members:
        _ask(tx, round_, member)
    _ask_to_decide(tx, round_)
    return round_


async def comment(tx: Transaction, id_: UUID, body: CommentBody, turn: Turn) -> Round:
    """Comment on a clause, as a member.

    Raises:
        RecordNotFoundError: there is no such round.
        NotYoursError: the caller is no member.
        ReviewDecidedError: the round is over.
        UnknownClauseError: the document has no such clause.
    """
    round_ = await _to_change(tx, id_, turn)
    member = rules.check_member(round_, turn.actor)
    rules.check_open(round_)
    rules.check_clause(round_, body.clause)
    said = body.model_dump()
    await keep(
        tx,
        ReviewCommentRow,
        Comment(id=uuid7(), round=id_, by=member, at=turn.act.at, **said),
    )
    return await _next(tx, round_)


async def answer(
    tx: Transaction, id_: UUID, comment_id: UUID, body: AnswerBody, turn: Turn
) -> Round:
    """Say what became of a comment, as the author; also when the round is over.

    Raises:
        RecordNotFoundError: there is no such round, or comment in it.
        NotYoursError: the caller neither wrote the document nor laid it before the committee.
    """
    round_ = await _to_change(tx, id_, turn)
    said = await repository.comment_of(tx, id_, comment_id)
    is_unit = round_.author.startswith("unit/")
    leads_author = is_unit and await leads(tx, round_.author, turn.actor.member)
    if not rules.answers(round_, turn.actor, leads_author=leads_author):
        raise NotYoursError(
            f"由作者 {round_.author} 答复",
            f"the author answers: {round_.author}",
            fixes=["请作者或质量办答复 (ask the author, or the quality office)"],
        )
    answered = replace(said, answer=body.answer, answered_by=turn.act.by, answered_at=turn.act.at)
    await keep(tx, ReviewCommentRow, answered)
    return await _next(tx, round_)


async def vote(tx: Transaction, id_: UUID, body: VoteBody, turn: Turn) -> Round:
    """Vote, as a member; again: change one's vote.

    Raises:
        RecordNotFoundError: there is no such round.
        NotYoursError: the caller is no member.
        ReviewDecidedError: the round is over.
    """
    round_ = await _to_change(tx, id_, turn)
    member = rules.check_member(round_, turn.actor)
    rules.check_open(round_)
    had_voted = member not in rules.missing(round_, await repository.votes_of(tx, id_))
    await keep(
        tx,
        ReviewVoteRow,
        Vote(round=id_, member=member, vote=body.vote, reason=body.reason, at=turn.act.at),
    )
    if not had_voted:
        _close(tx, round_, member, "voted", turn)
    return await _next(tx, round_)


async def decide(tx: Transaction, id_: UUID, body: DecideRoundBody, turn: Turn) -> Round:
    """Put the outcome on record: it follows from the votes.

    Raises:
        RecordNotFoundError: there is no such round.
        NotYoursError: the caller is neither at the head of the committee nor runs reviews.
        ReviewDecidedError: it is over.
        VotesMissingError: somebody has not voted, and it is not due.
    """
    round_ = await _to_change(tx, id_, turn)
    if not rules.decides(round_.heads, turn.actor):
        raise NotYoursError(
            f"由委员会主任办理：{'、'.join(round_.heads) or '质量办'}",
            f"it is for the head of the committee: {', '.join(round_.heads) or 'the office'}",
            fixes=["请主任委员或质量办办理 (ask the head, or the quality office)"],
        )
    votes = await repository.votes_of(tx, id_)
    decided = rules.decide(round_, votes, body.summary, turn.act.by, turn.act.at)
    await keep(tx, ReviewRoundRow, decided)
    for member in rules.missing(decided, votes):
        _close(tx, decided, member, "replaced", turn)
    _close(tx, decided, _DECISION, "approved", turn)
    _publish(tx, decided, votes, await repository.comments_of(tx, id_))
    return decided


async def _number(tx: Transaction, document: str) -> int:
    before = await repository.last_round(tx, document)
    comments = await repository.comments_of(tx, before.id) if before else []
    return rules.check_next(before, comments)


async def _check_named(tx: Transaction, body: RoundBody, turn: Turn, *, is_body: bool) -> None:
    """Refuse what is named and is not there, all of it at once."""
    unknown = await unknown_scope(tx, body.scope)
    fields = dict(unknown.fields) if unknown else {}
    if not is_body:
        fields["$.body"] = ["没有这个机构 (no such body): GET /api/target/v1/bodies"]
    persons = [*body.invited, *([body.author] if body.author else [])]
    known = await known_scopes(tx, persons)
    paths = [*(f"$.invited[{at}]" for at in range(len(body.invited))), "$.author"]
    for path, person in zip(paths, persons, strict=False):
        if person not in known:
            fields[path] = ["没有此人或部门 (no such person or unit)"]
    own = await uploaded_by(tx, [each.digest for each in body.files], turn.act.by)
    for at, each in enumerate(body.files):
        if each.digest not in own:
            fields[f"$.files[{at}].digest"] = ["您没有上传过，先 POST /evidence (upload it first)"]
    if fields:
        raise UnknownReferenceError(
            "评审引用的内容不存在", "the review names what is not there", fields=fields
        )


async def _to_change(tx: Transaction, id_: UUID, turn: Turn) -> Round:
    seen = await one_of(tx, ReviewRoundRow, Round, id_)
    await lock(tx, [f"review:{seen.document}"])
    round_ = await one_of(tx, ReviewRoundRow, Round, id_)
    turn.expect(round_.version)
    return round_


async def _next(tx: Transaction, round_: Round) -> Round:
    changed = replace(round_, version=round_.version + 1)
    await keep(tx, ReviewRoundRow, changed)
    return changed


def _step(round_: Round, whose: str) -> str:
    return f"spiral/review/{round_.id}/{whose}"


def _link(round_: Round) -> str:
    return f"/reviews/{round_.id}"


def _ask(tx: Transaction, round_: Round, member: str) -> None:
    opened = SpiralStepOpened(
        step=_step(round_, member),
        kind="review",
        title_zh=f"评审表决：{round_.title}（第 {round_.number} 轮）",
        title_en=f"Review and vote: {round_.title} (round {round_.number})",
        scope=round_.scope,
        period=None,
        role="owner",
        owners=(member,),
        permission=TAKE_PART,
        not_by="",
        opened_at=round_.opened_at,
        due_at=round_.due_at,
        link=_link(round_),
    )
    tx.publish(opened, key=opened.step, subject=round_.scope)


def _ask_to_decide(tx: Transaction, round_: Round) -> None:
    opened = SpiralStepOpened(
        step=_step(round_, _DECISION),
        kind="approval",
        title_zh=f"形成评审结论：{round_.title}",
        title_en=f"Put the outcome on record: {round_.title}",
        scope=round_.scope,
        period=None,
        role="owner" if round_.heads else "leader",
        owners=tuple(round_.heads),
        permission=TAKE_PART,
        not_by="",
        opened_at=round_.opened_at,
        due_at=round_.due_at + TIME,
        link=_link(round_),
    )
    tx.publish(opened, key=opened.step, subject=round_.scope)


def _close(tx: Transaction, round_: Round, whose: str, how: StepHow, turn: Turn) -> None:
    closed = SpiralStepClosed(
        step=_step(round_, whose),
        kind="approval" if whose == _DECISION else "review",
        scope=round_.scope,
        link=_link(round_),
        how=how,
        by=turn.act.by,
    )
    tx.publish(closed, key=closed.step, subject=round_.scope)


def _publish(tx: Transaction, decided: Round, votes: list[Vote], comments: list[Comment]) -> None:
    cast = Counter(each.vote for each in votes)
    names = ("version", "document", "number", "kind", "title", "scope", "body", "outcome")
    said: dict[str, Any] = {name: getattr(decided, name) for name in names}
    more = {
        "review_round": str(decided.id),
        "votes": {ballot: cast[ballot] for ballot in get_args(Ballot)},
        "members": len(decided.members),
        "comments": len(comments),
        "demands": sum(each.must for each in comments),
        "summary": decided.summary,
        "by": decided.decided_by,
        "at": decided.decided_at,
    }
    fact = ReviewRoundDecided.model_validate(said | more)
    tx.publish(fact, key=str(decided.id), subject=decided.scope)
