"""Read review rounds."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, get_args
from uuid import UUID

from sqlalchemy import select

from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.paging import Page
from spiral_service.domain import reviewing as rules
from spiral_service.domain.reviewing import Ballot, Comment, Round, Vote
from spiral_service.domain.standing import Actor
from spiral_service.queries.paging import find_page
from spiral_service.repository import reviews as repository
from spiral_service.repository.records import one_of
from spiral_service.repository.scopes import leads
from spiral_service.schemas.reviews import (
    CommentView,
    ReviewFilter,
    ReviewView,
    VoteView,
)
from spiral_service.tables import ReviewRoundRow

_COUNTED: Final = frozenset({"counts", "waits_for", "comments", "votes", "may", "blocked_by"})
"""What a view says besides its row."""


async def list_rounds(
    tx: Transaction, only: ReviewFilter, page: Page, actor: Actor
) -> tuple[list[ReviewView], int | None, list[Any] | None]:
    """Return a page of rounds, the newest first; of their comments those that wait."""
    query = select(ReviewRoundRow)
    for name, value in only.model_dump(exclude_none=True).items():
        query = query.where(getattr(ReviewRoundRow, name) == value)
    order = (ReviewRoundRow.opened_at, ReviewRoundRow.id)
    rows, total, after = await find_page(tx, query, order, UUID, page)
    found = [row.ReviewRoundRow for row in rows]
    ids = [each.id for each in found]
    comments = await repository.comments_of(tx, *ids)
    votes = await repository.votes_of(tx, *ids)
    led: dict[str, bool] = {}
    views = []
    for each in found:
        waiting = [one for one in comments if one.round == each.id and one.answered_by is None]
        cast = [one for one in votes if one.round == each.id]
        if each.author not in led:
            led[each.author] = await _leads(tx, each.author, actor)
        views.append(_view(each, waiting, cast, actor, leads_author=led[each.author]))
    return views, total, after


async def get_round(tx: Transaction, id_: UUID, actor: Actor) -> ReviewView:
    """Return a round.

    Raises:
        RecordNotFoundError: there is none of that id.
    """
    round_ = await one_of(tx, ReviewRoundRow, Round, id_)
    comments = await repository.comments_of(tx, id_)
    places = {each["clause"]: place for place, each in enumerate(round_.clauses)}
    comments.sort(key=lambda each: places.get(each.clause or "", -1))
    votes = await repository.votes_of(tx, id_)
    leads_author = await _leads(tx, round_.author, actor)
    return _view(round_, comments, votes, actor, leads_author=leads_author)


async def document_name(tx: Transaction, digest: str) -> str | None:
    """Return the name of a file that is laid before a committee; None where it is none."""
    named = ReviewRoundRow.files.contains([{"digest": digest}])
    files: Sequence[dict[str, str]] | None = await tx.session.scalar(
        select(ReviewRoundRow.files).where(named).limit(1)
    )
    return next((each["name"] for each in files or () if each["digest"] == digest), None)


async def _leads(tx: Transaction, author: str, actor: Actor) -> bool:
    return author.startswith("unit/") and await leads(tx, author, actor.member)


def _view(
    round_: Round | ReviewRoundRow,
    comments: Sequence[Comment],
    votes: Sequence[Vote],
    actor: Actor,
    *,
    leads_author: bool,
) -> ReviewView:
    names = ReviewView.model_fields.keys() - _COUNTED
    seen: Any = round_
    is_open = round_.state == "open"
    is_member = bool(set(round_.members) & actor.names)
    decides, left = rules.decides(round_.heads, actor), rules.missing(seen, votes)
    waiting = [each for each in comments if each.must and each.answered_by is None]
    cast = Counter(each.vote for each in votes)
    awaited = rules.awaited(seen, votes, now())
    blocked = [f"{each} 未表决 (has not voted)" for each in awaited] if is_open else []
    blocked += [f"意见未答复 (not answered): {each.text}" for each in waiting]
    return ReviewView(
        **{name: getattr(round_, name) for name in names},
        counts={ballot: cast[ballot] for ballot in get_args(Ballot)},
        waits_for=left,
        comments=[CommentView.model_validate(each) for each in comments],
        votes=[VoteView.model_validate(each) for each in votes] if is_member or decides else [],
        may={
            "comment": is_open and is_member,
            "vote": is_open and is_member,
            "answer": rules.answers(seen, actor, leads_author=leads_author),
            "decide": is_open and decides and not awaited,
        },
        blocked_by=blocked,
    )
