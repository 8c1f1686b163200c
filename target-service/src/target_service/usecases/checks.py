"""What every upsert checks and answers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Final, Generic, TypeVar

from msgspec import json

from shared.contracts.vocabulary import is_scope
from shared.errors import DomainError, ErrorKind, no_such
from shared.kit.database import Transaction
from shared.kit.etags import VersionConflictError
from target_service.domain.standing import Actor
from target_service.domain.units import Faults
from target_service.repository import names, registers
from target_service.schemas import BindingBody, GoalBody, LimitBody
from target_service.schemas.selectors import SelectorBody
from target_service.tables import BindingRow, GoalRow, PlanRow, SelectorRow, StandardRow

Precondition = Callable[[int | None], None]
"""Gets the present version (None: not there) under the lock, and refuses what must not be."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Turn:
    """Who takes a step, when, and what he expects to be there."""

    actor: Actor
    at: datetime
    expect: Precondition


@dataclass(frozen=True, slots=True, kw_only=True)
class Put(Generic[Row]):
    """What an upsert did."""

    row: Row
    created: bool
    changed: bool


_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def expect_seen(
    expect: Precondition, row: GoalRow | PlanRow | None, values: Mapping[str, Any] = _NOTHING
) -> None:
    """Hold the version of a goal or a plan that the caller saw against the one that is there.

    Args:
        row: None where it is not there.
        values: what the caller would have it say.

    Raises:
        VersionConflictError: somebody changed it since: who, when, and what it says otherwise.
    """
    try:
        expect(row.version if row else None)
    except VersionConflictError as error:
        if row is None:
            raise
        said = {name: getattr(row, name) for name in values}
        fields = {
            f"$.{name}": [_says(value)] for name, value in said.items() if value != values[name]
        }
        raise error.won_by(row.changed_by, row.updated_at, fields) from None


def _says(value: Any) -> str:
    written = json.encode(value).decode()
    return f"现为 {written} (it says {written})"


class MovedError(DomainError):
    """What is judged cannot move to another cell: its history would change its meaning."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "moved"
    title_zh: ClassVar = "不能改变对象"
    title_en: ClassVar = "It cannot move"


def refuse_move(
    row: GoalRow | BindingRow | SelectorRow,
    body: GoalBody | BindingBody | SelectorBody,
    fixed: Sequence[str] = ("indicator", "scope", "period"),
) -> None:
    """Refuse another indicator, scope or period than it was judged for.

    Raises:
        MovedError: it names what would change.
    """
    fields = {
        f"$.{name}": [f"原为 {getattr(row, name)} (it was {getattr(row, name)})"]
        for name in fixed
        if getattr(row, name) != getattr(body, name)
    }
    if fields:
        raise MovedError(
            "指标、对象、周期不能改：撤回这一条，以另一个编号另立",
            "indicator, scope and period cannot change: withdraw it, and make one of another key",
            fields=fields,
            fixes=["DELETE 撤回，再以新的 key POST (withdraw it, then post under a new key)"],
        )


async def unknown_names(
    tx: Transaction,
    row: GoalRow | StandardRow | BindingRow | None,
    *,
    scope: str | None = None,
    indicator: str | None = None,
) -> Faults:
    """Return which scope or indicator is not there; what the row says already is not asked again.

    A scope that went later must not hold up what is bound to it.
    """
    found: Faults = []
    if scope and scope != getattr(row, "scope", None) and not await names.has_scope(tx, scope):
        like = await names.scopes_like(tx, scope)
        found.append(("$.scope", no_such("诊改对象", "scope", scope, like)))
    told = indicator and indicator == getattr(row, "indicator", None)
    if indicator and not told and not await names.has_indicator(tx, indicator):
        like = await names.indicators_like(tx, indicator)
        found.append(("$.indicator", no_such("指标", "indicator", indicator, like)))
    return found


async def unknown_owner(tx: Transaction, path: str, owner: str, told: str | None) -> Faults:
    """Return that an owner is not there, or left, who is written as a scope.

    Another key may be an account or a post, which the hub does not know.

    Args:
        told: who it was before: he is not asked for again.
    """
    if owner == told or not is_scope(owner) or await names.has_scope(tx, owner):
        return []
    if await names.has_left(tx, owner):
        return [(path, has_left(owner))]
    return [(path, no_such("责任人", "owner", owner, await names.scopes_like(tx, owner)))]


def has_left(party: str) -> str:
    """Return that a person or unit is there no more."""
    return f"{party} 已离任或已撤销，换一位 (has left, or is no more)"


async def unknown_basis(tx: Transaction, cited: Sequence[str], told: Collection[str]) -> Faults:
    """Return which documents are not in the register.

    Args:
        told: those that it cites already: they may have gone.
    """
    there = {*await registers.clauses_of(tx, cited), *told}
    return [
        (f"$.basis[{at}]", no_such("依据文件", "basis document", key, []))
        for at, key in enumerate(cited)
        if key not in there
    ]


def document(limit: LimitBody | None) -> dict[str, Any] | None:
    """Return a limit as it is stored."""
    return limit.to_document() if limit else None
