"""Corrections of one cause together, and what somebody is to them."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from spiral_service.domain.correcting import Group, Rights, owns
from spiral_service.domain.correction import Correction
from spiral_service.domain.standing import Actor
from spiral_service.repository.corrections import find_correction, open_groups, read_correction
from spiral_service.repository.locks import lock
from spiral_service.repository.scopes import leads, led_among
from spiral_service.tables import CorrectionRow


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


async def groups_of(tx: Transaction, rows: Sequence[CorrectionRow]) -> dict[UUID, Group]:
    """Return by correction the open ones that are dealt with together with it."""
    joined = {each.joined for each in rows if each.joined and each.state == "open"}
    groups = await open_groups(tx, joined)
    return {
        each.id: groups[each.joined]
        if each.joined and each.state == "open"
        else [read_correction(each)]
        for each in rows
    }


async def rights_of_all(tx: Transaction, by: Actor, groups: Sequence[Group]) -> dict[UUID, Rights]:
    """Return what somebody is to many groups, by the first correction of each."""
    firsts = [group[0] for group in groups]
    units = {each.responsible for each in firsts if each.responsible.startswith("unit/")}
    led = await led_among(tx, units | {each.scope for each in firsts}, by)
    return {
        each.id: Rights(
            by=by,
            owns=owns(by, each.responsible, leads_owner=each.responsible in led & units),
            leads=each.scope in led,
        )
        for each in firsts
    }


async def rights_of(tx: Transaction, by: Actor, group: Group) -> Rights:
    """Return what somebody is to corrections."""
    responsible, scope = group[0].responsible, group[0].scope
    leads_owner = responsible.startswith("unit/") and await leads(tx, responsible, by.member)
    return Rights(
        by=by,
        owns=owns(by, responsible, leads_owner=leads_owner),
        leads=by.is_everywhere or await leads(tx, scope, by.member),
    )
