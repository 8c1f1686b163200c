"""Read what somebody is asked to speak to in a diagnosis."""

from uuid import UUID

from shared.contracts.vocabulary import level_of
from shared.kit.database import Transaction
from spiral_service.domain.diagnosing import Diagnosis, Source
from spiral_service.domain.standing import Actor
from spiral_service.repository.cycles import find_cycle, there
from spiral_service.repository.diagnoses import contributions_to
from spiral_service.repository.facts import title_of_goal
from spiral_service.repository.records import no_record, one_of
from spiral_service.repository.voices import asked_of
from spiral_service.schemas.diagnoses import VoiceView
from spiral_service.tables import DiagnosisRow, ScopeRow


async def get_voice(tx: Transaction, id_: UUID, source: Source, actor: Actor) -> VoiceView:
    """Return what somebody is asked to speak to, whether or not he sees its cycle.

    Raises:
        RecordNotFoundError: nobody has asked him for it.
    """
    asked = await asked_of(tx, id_, source, actor)
    if asked is None:
        raise no_record(id_)
    found = await one_of(tx, DiagnosisRow, Diagnosis, id_)
    cycle = there(await find_cycle(tx, found.cycle), found.cycle)
    place = await tx.session.get(ScopeRow, cycle.scope)
    his = (source, actor.subject)
    said = await contributions_to(tx, [id_])
    own = next((each for each in said if (each.source, each.speaker) == his), None)
    return VoiceView(
        diagnosis=id_,
        source=source,
        scope=cycle.scope,
        scope_name=place.name_zh if place else cycle.scope,
        scope_name_en=place.name_en if place else None,
        level=level_of(cycle.scope),
        period=cycle.period,
        goal_title=await title_of_goal(tx, found.goal) or found.goal,
        due_at=asked.due_at,
        spoken_at=asked.spoken_at,
        rating=own.rating if own else None,
        text=own.text if own else "",
        may={"speak": found.state == "draft" and cycle.state == "open"},
    )
