"""What the quality part is asked about a delivery; ``datahub.app`` hands it in."""

from collections.abc import Sequence
from typing import Protocol

from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.gate import Held, held_verdicts
from datahub.ingest.domain.ledger import RowVerdict, Warned
from datahub.ingest.domain.reading import Chunk
from datahub.ingest.repository.records import Staging
from shared.kit.database import Transaction


class Inspector(Protocol):
    """Looks at what comes in: how it is written, and whether it may take effect."""

    async def look(self, tx: Transaction, feed: Feed, batch: int, chunk: Chunk) -> Warned:
        """Note how a part of a batch is written; return how it differs from the batch before."""

    async def blocks(self, tx: Transaction, feed: Feed) -> bool:
        """Return whether rules may hold back a batch of this feed."""

    async def hold(self, tx: Transaction, feed: Feed) -> Sequence[Held]:
        """Return what the blocking rules of a feed find in the staged rows."""

    async def tell_held(
        self, tx: Transaction, feed: Feed, held: Sequence[Held], batch: int | None
    ) -> None:
        """Tell that rows were held back.

        Args:
            batch: the batch that they came with; None where it was refused as a whole, and its
                own transaction was rolled back.
        """


async def take_out_held(
    held: Sequence[Held], staging: Staging, together: Sequence[int] = ()
) -> list[RowVerdict]:
    """Remove the staged rows that fail; return why. See `held_verdicts` for ``together``."""
    verdicts = held_verdicts(held, together)
    await staging.take_out_lines(sorted({each.row for each in verdicts}))
    return verdicts
