"""Voices of many sources in a diagnosis over REST: whoever is asked hands his in."""

from typing import Final
from uuid import UUID

from shared.kit.app import new_router
from spiral_service.api.common import READ, Db, Reader
from spiral_service.api.doing import Do
from spiral_service.domain.diagnosing import Source
from spiral_service.queries import voices as queries
from spiral_service.schemas.diagnoses import SpeakBody, VoiceView
from spiral_service.usecases import voices as usecases

TAGS: Final = ["diagnoses 诊断"]
router = new_router(prefix="/voices/{asked}", tags=TAGS)


@router.get("/{source}", summary="诊断：请我发表意见的事项", dependencies=[READ])
async def get_voice(asked: UUID, source: Source, db: Db, reader: Reader) -> VoiceView:
    """For who was asked, whether or not he sees the cycle: what it is about, and what he said."""
    async with db.transaction() as tx:
        return await queries.get_voice(tx, asked, source, reader)


@router.post("/{source}", summary="诊断：发表意见")
async def speak_to_diagnosis(asked: UUID, source: Source, body: SpeakBody, do: Do) -> VoiceView:
    """By who was asked, for himself; again: to say it anew, until the diagnosis is signed."""
    async with do.transaction() as tx:
        await usecases.speak(tx, asked, source, body, do.turn)
        return await queries.get_voice(tx, asked, source, do.actor)
