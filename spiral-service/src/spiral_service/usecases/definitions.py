"""Definitions of the college: publish one, as it stands or as the next version."""

from datetime import datetime

from shared.kit.database import Transaction
from shared.kit.etags import Precondition
from spiral_service.domain.linting import refuse_faulty
from spiral_service.repository import definitions as repository
from spiral_service.repository.locks import lock
from spiral_service.schemas.definitions import DefinitionBody


async def publish_definition(
    tx: Transaction, body: DefinitionBody, expect: Precondition, by: str, at: datetime
) -> tuple[int, bool]:
    """Publish a definition under its own name, or the college's next version of a shipped one.

    Returns:
        Its version, and whether it is new; the newest version said again changes nothing.

    Raises:
        FaultyDefinitionError: it contradicts itself; everything is named at once.
        VersionConflictError: another version is the newest by now.
    """
    refuse_faulty(body.to_rule(0))
    await lock(tx, [f"definition:{body.definition}"])
    newest = max(await repository.versions_of(tx, body.definition), default=0)
    expect(newest or None)
    if newest:
        document, _ = await repository.find_document(tx, body.definition, newest)
        if document == body.model_dump(mode="json"):
            return newest, False
    version = repository.next_version(body.definition, newest)
    await repository.add_definition(tx, body, version, by, at)
    return version, True
