"""The clock: corrections that were there before they were handed over to the hub."""

from functools import partial

from shared.kit.app import Parts
from shared.kit.handing_over import hand_over_earlier
from shared.kit.loops import Job
from spiral_service.domain.handing_over import ENTITY
from spiral_service.usecases.corrections import hand_over_page


def make_jobs(parts: Parts) -> dict[str, Job]:
    """Return the background loops of this service."""
    return {"hand-over": partial(hand_over_earlier, parts.database, ENTITY, hand_over_page)}
