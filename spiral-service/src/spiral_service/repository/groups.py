"""Corrections of one cause together, and what somebody is to them."""

from typing import ClassVar
from uuid import UUID

from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.scopes import leads
from spiral_service.domain.correcting import Group, Rights, owns
from spiral_service.domain.correction import Correction
from spiral_service.domain.standing import Actor
from spiral_service.repository.corrections import find_correction, open_groups
from spiral_service.repository.locks import lock


class CorrectionNotFoundError(DomainError):
    """No correction has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "correction-not-found"
    title_zh: ClassVar = "没有这条纠偏"
    title_en: ClassVar = "No such correction"


def no_correction(id_: UUID) -> CorrectionNotFoundError:
    """Return that no correction has an id."""
    return CorrectionNotFoundError(f"没有纠偏 {id_}", f"there is no correction {id_}")


async def read_group(tx: Transaction, id_: UUID) -> tuple[Correction, list[Correction]]:
    """Return a correction, and the open ones that are dealt with together with it.

    One that is over stands alone.

    Raises:
        CorrectionNotFoundError: no correction has that id.
    """
    target = await find_correction(tx, id_)
    if target is None:
        raise no_correction(id_)
    if target.joined is None or target.state == "closed":
        return target, [target]
    return target, (await open_groups(tx, [target.joined]))[target.joined]


async def lock_groups(tx: Transaction, *ids: UUID) -> list[tuple[Correction, list[Correction]]]:
    """Return the same of each, behind the locks of all their scopes and causes.

    Whoever calls holds or shares the lock of joins, so that the groups stay what they are. All
    scopes are locked at once, and before the causes, as by who hears of alerts: else they could
    wait for each other.

    Raises:
        CorrectionNotFoundError: no correction has that id.
    """
    read = [await read_group(tx, id_) for id_ in ids]
    found = [each for target, group in read for each in (target, *group)]
    await lock(tx, {each.scope for each in found})
    await lock(tx, {str(each.joined) for each in found if each.joined})
    return [await read_group(tx, id_) for id_ in ids]


async def rights_of(tx: Transaction, by: Actor, group: Group) -> Rights:
    """Return what somebody is to corrections."""
    responsible, scope = group[0].responsible, group[0].scope
    leads_owner = responsible.startswith("unit/") and await leads(tx, responsible, by.member)
    return Rights(
        by=by,
        owns=owns(by, responsible, leads_owner=leads_owner),
        leads=by.is_everywhere or await leads(tx, scope, by.member),
    )
