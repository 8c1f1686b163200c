"""Review rounds of committees over REST."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response

from shared.kit.app import new_router
from shared.kit.etags import etag_of
from shared.kit.paging import answer_page
from spiral_service.api.common import READ, Db, Paging, Reader
from spiral_service.api.doing import Do
from spiral_service.queries import reviews as queries
from spiral_service.schemas.reviews import (
    AnswerBody,
    CommentBody,
    DecideRoundBody,
    ReviewFilter,
    ReviewView,
    RoundBody,
    VoteBody,
)
from spiral_service.usecases import reviews as usecases

TAGS: Final = ["reviews 评审"]
router = new_router(prefix="/review-rounds", tags=TAGS)


@router.get("", summary="评审列表", dependencies=[READ])
async def list_review_rounds(
    response: Response,
    db: Db,
    wanted: Paging,
    reader: Reader,
    only: Annotated[ReviewFilter, Query()],
) -> list[ReviewView]:
    async with db.transaction() as tx:
        items, total, after = await queries.list_rounds(tx, only, wanted, reader)
    answer_page(response, wanted, total=total, next_after=after)
    return items


@router.post("", status_code=201, summary="提交评审")
async def open_review_round(body: RoundBody, do: Do) -> ReviewView:
    """Lay a version of a document before a committee; each member is asked for his vote.

    The next version follows when the round is over and what it demanded is answered.
    """
    async with do.transaction() as tx:
        made = await usecases.open_round(tx, body, do.turn)
        do.created(f"review-rounds/{made.id}", made.version)
        return await queries.get_round(tx, made.id, do.actor)


@router.get("/{review}", summary="评审", dependencies=[READ])
async def get_review_round(review: UUID, response: Response, db: Db, reader: Reader) -> ReviewView:
    async with db.transaction() as tx:
        answer = await queries.get_round(tx, review, reader)
    response.headers["ETag"] = etag_of(answer.version)
    return answer


@router.post("/{review}/comments", status_code=201, summary="评审：逐条提出意见")
async def comment_on_review(review: UUID, body: CommentBody, do: Do) -> ReviewView:
    """By a member, while the round is open."""
    async with do.transaction() as tx:
        changed = await usecases.comment(tx, review, body, do.turn)
        do.created(f"review-rounds/{review}", changed.version)
        return await queries.get_round(tx, review, do.actor)


@router.post("/{review}/comments/{comment}/answer", summary="评审：答复意见")
async def answer_review_comment(
    review: UUID, comment: UUID, body: AnswerBody, do: Do
) -> ReviewView:
    """By the author, or who laid the document before the committee; also after the round."""
    async with do.transaction() as tx:
        changed = await usecases.answer(tx, review, comment, body, do.turn)
        do.created("", changed.version, is_new=False)
        return await queries.get_round(tx, review, do.actor)


@router.post("/{review}/votes", summary="评审：表决")
async def vote_on_review(review: UUID, body: VoteBody, do: Do) -> ReviewView:
    """By a member, never by the author; again: to change one's vote."""
    async with do.transaction() as tx:
        changed = await usecases.vote(tx, review, body, do.turn)
        do.created("", changed.version, is_new=False)
        return await queries.get_round(tx, review, do.actor)


@router.post("/{review}/decision", summary="评审：形成结论")
async def decide_review(review: UUID, body: DecideRoundBody, do: Do) -> ReviewView:
    """The outcome follows from the votes: two thirds of the members, two thirds of the voters."""
    async with do.transaction() as tx:
        decided = await usecases.decide(tx, review, body, do.turn)
        do.created("", decided.version, is_new=False)
        return await queries.get_round(tx, review, do.actor)
