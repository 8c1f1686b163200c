"""What an ``Idempotency-Key`` of a push stands for: an answer, or an upload that is under way.

The row is written in the transaction of each part of an upload: it holds the answer as far as it
has come, so that whoever repeats the request goes on behind the last part that was committed.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shared.kit import idempotency
from shared.kit.database import Transaction
from shared.kit.idempotency import Keyed


@dataclass(frozen=True, slots=True)
class Kept:
    """How far a request with a key has come."""

    answer: Mapping[str, Any]
    observed: int | None
    """Instant of the push, microseconds since 1970; None when it is finished anyway."""

    is_finished: bool


async def find_answer(tx: Transaction, keyed: Keyed) -> Kept | None:
    """Return what the key stands for; None the first time.

    Raises:
        IdempotencyConflictError: the key was used for another body.
    """
    kept = await idempotency.find_answer(tx, keyed)
    return None if kept is None else Kept(**kept)


async def keep_answer(tx: Transaction, keyed: Keyed, kept: Kept) -> None:
    """Keep how far a request has come, in the transaction of its effect."""
    await idempotency.keep_answer(tx, keyed, asdict(kept))
