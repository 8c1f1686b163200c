"""Files of evidence for reports on tasks."""

from functools import partial

from shared.kit.app import new_router
from shared.kit.evidence import NameFor, add_evidence
from target_service.api.acting import Reading, TakesPart
from target_service.api.saving import READER
from target_service.queries.tasks import may_read_evidence

router = new_router(tags=["tasks 任务"])


async def _uploader(caller: TakesPart) -> str:
    return caller.subject


async def _naming(by: Reading) -> NameFor:
    return partial(may_read_evidence, by=by)


add_evidence(
    router,
    uploader=_uploader,
    naming=_naming,
    guards=READER,
    told="For who uploaded it, and who has to do with a task whose report names it; else 404.",
)
