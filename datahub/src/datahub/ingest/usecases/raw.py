"""What the learning part is asked when raw events come; ``datahub.app`` hands it in.

Raw events go the way of records up to the point where these are mapped: batch, ledger, verdicts,
quarantine and replay are the same.
"""

from collections.abc import Sequence
from typing import Protocol

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain.feed import Feed
from datahub.ingest.usecases.effects import Delivery, Outcome
from shared.kit.database import Transaction


class RawEvents(Protocol):
    """Takes raw events in."""

    async def feed_of(self, tx: Transaction, source: str, dictionary: Dictionary) -> Feed:
        """Return the feed that batches of a source's events name; it maps nothing."""

    async def take(self, tx: Transaction, delivery: Delivery, events: Sequence[object]) -> Outcome:
        """Take events in; rows are numbered in their order, from 1."""
