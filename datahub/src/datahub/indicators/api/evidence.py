"""Files of evidence for values that people hand in."""

from typing import Final

from datahub.dictionary.api import Known
from datahub.indicators.api.asking import READ, TAGS
from datahub.indicators.api.parties import Reader, Showing, Writer
from datahub.indicators.queries import handed as told
from datahub.indicators.repository import following
from datahub.indicators.repository import handed as store
from shared.kit.app import new_router
from shared.kit.database import Transaction
from shared.kit.evidence import NameFor, add_evidence

router = new_router(tags=TAGS)

NAMING: Final = 1_000
"""Values that name one file, which are looked through: a survey may be the evidence of many."""


async def _uploader(caller: Writer) -> str:
    return caller.subject


async def _naming(caller: Reader, dictionary: Known) -> NameFor:
    async def name_for(tx: Transaction, digest: str) -> str | None:
        """Return the name of a file for who uploaded it, or sees a value that names it."""
        showing = Showing(caller, await following.list_indicators(tx, dictionary))
        party = showing.party
        rows = await told.page(tx, {"evidence": digest}, party.owner, limit=NAMING)
        seen = [each["evidence_name"] for each in rows if showing.sees_evidence(each)]
        if not seen and not await store.has_uploaded(tx, digest, party.subject):
            return None
        return next(filter(None, seen), digest[:12])

    return name_for


add_evidence(
    router,
    uploader=_uploader,
    naming=_naming,
    guards=READ,
    told="For who uploaded it, and who may see what is behind a value that names it; else 404.",
)
