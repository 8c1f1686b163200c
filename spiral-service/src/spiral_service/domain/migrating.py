"""What becomes of a running cycle under another version of a definition.

A cycle stays on its version unless somebody moves it to another one, with a reason and after a
look at what would happen: which step becomes which, and which gates newly block.
Source: design "The spiral" 5.
"""

from typing import ClassVar

from shared.errors import DomainError, ErrorKind
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.definitions.model import Definition
from spiral_service.domain.opening import check_suits


class NoSuchPlaceError(DomainError):
    """The other version does not have the step where the cycle stands."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "migration-without-step"
    title_zh: ClassVar = "新版本没有当前环节"
    title_en: ClassVar = "The other version does not have its step"


class SameDefinitionError(DomainError):
    """The cycle is on that version."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "migration-to-same"
    title_zh: ClassVar = "周期已在该版本上运行"
    title_en: ClassVar = "The cycle is on that version already"


class MigrationRefusedError(DomainError):
    """A migration would move a cycle past its gates, or make another kind of cycle of it."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "migration-refused"
    title_zh: ClassVar = "不能这样迁移"
    title_en: ClassVar = "It cannot be migrated like that"


def becomes(cycle: Cycle, other: Definition, step: str | None) -> str:
    """Return which step the step of a cycle becomes: the one asked for, else that of its name.

    Raises:
        SameDefinitionError: it is on that version.
        NoSuchPlaceError: there is no such step, and another one has to be named.
        MigrationRefusedError: another step is named, and it has that at which the cycle stands; or
            one of the two runs beside, and not the other.
        UnsuitedError: it is for other scopes or periods.
    """
    if cycle.reference == other.reference:
        raise SameDefinitionError(
            f"周期 {cycle.key} 已在 {other.reference} 上运行",
            f"cycle {cycle.key} is on {other.reference}",
        )
    check_suits(other, cycle.scope, cycle.period)
    if other.track != cycle.track:
        raise MigrationRefusedError(
            f"{other.reference} 与 {cycle.reference} 不是同一制度的周期",
            f"{other.reference} and {cycle.reference} are not of one rule",
            fixes=["另开一个周期 (open another cycle)"],
        )
    wanted = step or cycle.step
    if wanted != cycle.step and other.find(cycle.step):
        raise MigrationRefusedError(
            f"{other.reference} 有环节 {cycle.step}，周期迁移后仍在该环节",
            f"{other.reference} has the step {cycle.step}: there the cycle stays",
            fields={"$.step": [f"不填，或填 {cycle.step} (leave it out, or say {cycle.step})"]},
            fixes=["迁移后再流转，环节条件照常核对 (move it afterwards, through its gates)"],
        )
    if other.find(wanted) is None:
        known = " ".join(each.step for each in other.steps)
        raise NoSuchPlaceError(
            f"{other.reference} 没有环节 {wanted}",
            f"{other.reference} has no step {wanted}",
            fields={"$.step": [f"{known} 之一 (one of these)"]},
            fixes=["用 step 指明落在哪个环节 (say by step where it shall stand)"],
        )
    return wanted
