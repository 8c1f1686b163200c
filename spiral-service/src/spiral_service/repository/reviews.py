"""Load review rounds, their comments and votes."""

from uuid import UUID

from shared.kit.database import Transaction
from spiral_service.domain.reviewing import Comment, Round, Vote
from spiral_service.repository.records import RecordNotFoundError, all_of
from spiral_service.tables import ReviewCommentRow, ReviewRoundRow, ReviewVoteRow


async def last_round(tx: Transaction, document: str) -> Round | None:
    """Return the newest round of a document; None: it has none."""
    rounds = await all_of(tx, ReviewRoundRow, Round, [ReviewRoundRow.document == document])
    return max(rounds, key=lambda each: each.number, default=None)


async def comments_of(tx: Transaction, *rounds: UUID) -> list[Comment]:
    """Return what was said in rounds, the first said first."""
    found = await all_of(tx, ReviewCommentRow, Comment, [ReviewCommentRow.round.in_(rounds)])
    return sorted(found, key=lambda each: (each.at, each.id))


async def comment_of(tx: Transaction, round_: UUID, id_: UUID) -> Comment:
    """Return a comment of a round.

    Raises:
        RecordNotFoundError: it has none of that id.
    """
    found = [each for each in await comments_of(tx, round_) if each.id == id_]
    if not found:
        raise RecordNotFoundError(f"没有意见 {id_}", f"there is no comment {id_}")
    return found[0]


async def votes_of(tx: Transaction, *rounds: UUID) -> list[Vote]:
    """Return how members voted in rounds, by member."""
    return await all_of(tx, ReviewVoteRow, Vote, [ReviewVoteRow.round.in_(rounds)])
