"""Files of evidence: taken in, and given out again."""

from shared.kit.app import new_router
from shared.kit.database import Transaction
from shared.kit.evidence import NameFor, add_evidence
from spiral_service.api.common import READ, Reader, TakesPart
from spiral_service.queries.corrections import name_of_evidence
from spiral_service.queries.culture import material_name
from spiral_service.queries.reviews import document_name

router = new_router(tags=["evidence 佐证"])


async def _uploader(actor: TakesPart) -> str:
    return actor.subject


async def _naming(by: Reader) -> NameFor:
    async def name_for(tx: Transaction, digest: str) -> str | None:
        return (
            await material_name(tx, digest)
            or await document_name(tx, digest)
            or await name_of_evidence(tx, digest, by)
        )

    return name_for


add_evidence(
    router,
    uploader=_uploader,
    naming=_naming,
    guards=[READ],
    told="For who has to do with it; materials and documents under review for all who read.",
)
