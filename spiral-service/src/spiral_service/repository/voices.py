"""Who was asked for his voice in a diagnosis."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.kit.database import Transaction
from spiral_service.domain.diagnosing import Source
from spiral_service.domain.standing import Actor
from spiral_service.repository.records import all_of
from spiral_service.tables import AskedVoiceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody was asked for his voice."""

    diagnosis: UUID
    source: Source
    person: str
    asked_by: str
    asked_at: datetime
    due_at: datetime
    spoken_at: datetime | None = None


async def asked_for(tx: Transaction, diagnoses: Collection[UUID]) -> list[Asked]:
    """Return who was asked in diagnoses, by source and name."""
    return await all_of(tx, AskedVoiceRow, Asked, [AskedVoiceRow.diagnosis.in_(diagnoses)])


async def asked_of(tx: Transaction, diagnosis: UUID, source: Source, actor: Actor) -> Asked | None:
    """Return that somebody was asked as a source; None: he was not."""
    where = [
        AskedVoiceRow.diagnosis == diagnosis,
        AskedVoiceRow.source == source,
        AskedVoiceRow.person.in_(actor.names),
    ]
    return next(iter(await all_of(tx, AskedVoiceRow, Asked, where)), None)
