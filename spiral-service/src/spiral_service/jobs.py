"""The clock: corrections from before they were handed over to the hub, or had human steps."""

from functools import partial

from shared.kit.app import Parts
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.handing_over import hand_over_earlier
from shared.kit.loops import Job
from spiral_service.domain.handing_over import ENTITY
from spiral_service.usecases.corrections import hand_over_page, tell_earlier_steps


def make_jobs(parts: Parts) -> dict[str, Job]:
    """Return the background loops of this service."""
    earlier = partial(hand_over_earlier, parts.database)
    return {
        "hand-over": partial(earlier, ENTITY, hand_over_page),
        "earlier-steps": partial(earlier, "correction-steps", _tell_earlier_steps),
    }


async def _tell_earlier_steps(tx: Transaction, after: str) -> str | None:
    return await tell_earlier_steps(tx, after, now())
