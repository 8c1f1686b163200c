"""The clock: reports from before they were handed over, and the processes that make files."""

from functools import partial

from report_service.domain.handing_over import ENTITY
from report_service.usecases.handing_over import hand_over_page
from report_service.usecases.rendering.press import Press
from shared.kit.app import Parts
from shared.kit.handing_over import hand_over_earlier
from shared.kit.loops import Job


def make_jobs(parts: Parts) -> dict[str, Job]:
    """Return the background loops of this service."""
    press = Press()
    parts.state["press"] = press
    return {
        "hand-over": partial(hand_over_earlier, parts.database, ENTITY, hand_over_page),
        "press": press.run,
    }
