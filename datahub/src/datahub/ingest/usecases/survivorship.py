"""An order of the source systems is saved, and records that stand are decided by it anew."""

from collections.abc import Mapping
from typing import Any, Final

from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.ingest.domain.survivorship import contested, parse_policy
from datahub.ingest.repository import change_sets, claims, feeds, policies, records
from datahub.ingest.tables import SurvivorshipRow
from datahub.systems import repository as systems
from shared.kit.database import Transaction
from shared.kit.etags import Precondition

AT_ONCE: Final = 2_000
"""Records that are decided in one transaction."""


async def save_policy(
    tx: Transaction, entity: Entity, document: Mapping[str, Any], by: str, expect: Precondition
) -> tuple[SurvivorshipRow, bool]:
    """Save an order of systems; return it and whether it is another one.

    Args:
        expect: refuses the change by the present version.

    Raises:
        SurvivorshipInvalidError: with every fault.
    """
    parse_policy(document, entity, await systems.list_ids(tx))
    # Whoever writes records now goes by the old order, and is decided again.
    await records.lock_entities(tx, [entity.name])
    present = await policies.find_row(tx, entity.name)
    expect(present.version if present else None)
    if present is not None and present.document == document:
        return present, False
    version = present.version + 1 if present else 1
    await policies.save_policy(tx, entity.name, version, document, by)
    row = await policies.find_row(tx, entity.name)
    assert row is not None
    return row, True


async def decide_again(tx: Transaction, dictionary: Dictionary) -> bool:
    """Decide some records by a new policy; return whether there was anything to do."""
    policy = await policies.find_undecided(tx)
    if policy is None:
        return False
    entity = dictionary.entity(policy.entity)
    await records.lock_entities(tx, [entity.name])
    driver = await tx.driver()
    keys = await claims.list_keys(driver, entity.name, policy.decided_to, AT_ONCE)
    fields = contested(entity, await feeds.list_writers(tx, entity.name))
    if keys and fields:
        change_set = await change_sets.next_change_set(tx)
        order = await policies.find_policy(tx, entity.name)
        if await claims.decide_again(driver, entity, fields, order, keys, change_set):
            batch = await policies.start_batch(tx, entity.name)
            await change_sets.close_change_set(
                tx, change_set, batch=batch, source="helix8", entity=entity.name
            )
    await policies.note_decided(tx, policy, keys[-1] if len(keys) == AT_ONCE else None)
    return True
