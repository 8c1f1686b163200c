"""The clock: who is told, what rules wait for, who did not answer, what was accepted until now.

And once: alerts that were there before they were handed over.
"""

from functools import partial

from alert_service.domain.handing_over import ENTITY
from alert_service.jobs.keeping import keep_house
from alert_service.jobs.sending import Sender
from alert_service.jobs.telling import end_foreign, tell_people
from alert_service.usecases import hand_over_page
from alert_service.usecases.acting import EXEMPTION, end_exemptions, escalate_due
from alert_service.usecases.rules import look_at_due
from alert_service.usecases.ruling import RULE, Judge
from alert_service.usecases.telling import ESCALATION, tell_earlier_steps
from shared.addresses import Receivers
from shared.kit.app import Parts
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.handing_over import hand_over_earlier
from shared.kit.loops import Job
from shared.kit.timers import run_due
from shared.sealing import Seals


def make_jobs(
    parts: Parts, judge: Judge, receivers: Receivers, seals: Seals | None, portal: str
) -> dict[str, Job]:
    """Return the background loops of this service."""
    database = parts.database
    # What the edges need to know of the settings.
    parts.state |= {"receivers": receivers, "seals": seals}

    async def look(tx: Transaction) -> bool:
        return await look_at_due(tx, judge)

    async def escalate(tx: Transaction) -> bool:
        return await escalate_due(tx, judge.hours)

    async def end(tx: Transaction) -> bool:
        return await end_exemptions(tx, judge.hours)

    return {
        "hand-over": partial(hand_over_earlier, database, ENTITY, hand_over_page),
        "earlier-steps": partial(hand_over_earlier, database, "alert-steps", _tell_earlier_steps),
        "rules": partial(run_due, database, RULE, look),
        "escalation": partial(run_due, database, ESCALATION, escalate),
        "exemptions": partial(run_due, database, EXEMPTION, end),
        "tell": partial(tell_people, database, portal),
        "send": Sender(database, receivers, now, seals).run,
        "foreign": partial(end_foreign, database, judge.hours),
        "keeping": partial(keep_house, database, seals),
    }


async def _tell_earlier_steps(tx: Transaction, after: str) -> str | None:
    return await tell_earlier_steps(tx, after, now())
