"""Load and save cycles, corrections and names: the only writer of this service's tables."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from shared.contracts.vocabulary import LEADING_ROLES, CrossedLine, Worst
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.known import names_like
from shared.kit.sql import text
from spiral_service.domain.correction import Correction
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.definition import Definition, read_definition
from spiral_service.tables import (
    CorrectionHistoryRow,
    CorrectionRow,
    CycleProposalRow,
    CycleRow,
    ScopeRow,
    WorkItemRow,
)

PAGE: Final = 500
"""Corrections in one transaction."""

_FIRST: Final = "00000000-0000-0000-0000-000000000000"
_CYCLE: Final = [column.name for column in CycleRow.__table__.columns]
_CORRECTION: Final = [column.name for column in CorrectionRow.__table__.columns]
_CROSSED: Final = TypeAdapter(CrossedLine | None)
_WORST: Final = TypeAdapter(Worst | None)


class UnknownDefinitionError(DomainError):
    """No definition has that name and version."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "definition-unknown"
    title_zh: ClassVar = "没有这个螺旋定义"
    title_en: ClassVar = "No such definition"


class ProposalNotFoundError(DomainError):
    """No proposal has that number; a corrected plan has taken its place, perhaps."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "cycle-proposal-not-found"
    title_zh: ClassVar = "没有这条周期建议"
    title_en: ClassVar = "No such proposal"


@cache
def definitions() -> dict[tuple[str, int], Definition]:
    """Return every definition the package ships, by name and version."""
    documents = [
        read_definition(tomllib.loads(entry.read_text(encoding="utf-8")))
        for entry in files("spiral_service").joinpath("definitions").iterdir()
        if entry.name.endswith(".toml")
    ]
    return {(each.definition, each.version): each for each in documents}


def find_definition(name: str, version: int | None) -> Definition:
    """Return a version of a definition, the newest one where none is named.

    Raises:
        UnknownDefinitionError: there is none.
    """
    versions = [number for known, number in definitions() if known == name]
    wanted = version or max(versions, default=0)
    if wanted not in versions:
        known = sorted({each.reference for each in definitions().values()})
        asked = name if version is None else f"{name}@{version}"
        raise UnknownDefinitionError(
            f"没有螺旋定义 {asked}",
            f"there is no definition {asked}",
            fields={"$.definition": [f"one of {', '.join(known)}"]},
        )
    return definitions()[name, wanted]


async def has_scope(tx: Transaction, scope: str) -> bool:
    """Return whether the hub has told of a scope whose record is still there."""
    query = select(ScopeRow.scope).where(ScopeRow.scope == scope, ~ScopeRow.gone)
    return await tx.session.scalar(query) is not None


async def scopes_like(tx: Transaction, scope: str) -> list[str]:
    """Return scopes of the same kind that somebody may have meant."""
    kind, _, _ = scope.partition("/")
    columns = (ScopeRow.scope, ScopeRow.name_zh)
    return await names_like(tx, columns, scope, among=~ScopeRow.gone, prefix=f"{kind}/")


async def lock(tx: Transaction, names: Iterable[str]) -> None:
    """Wait for whoever else works on these names (scopes, cycles), until the transaction ends.

    A cycle that opens and an alert that comes at the same time must see each other, or the
    correction would wait for ever. Locks are taken in one order, or two batches could deadlock.
    """
    await tx.session.execute(
        text(
            "SELECT pg_advisory_xact_lock(hash) FROM (SELECT DISTINCT hashtextextended(name, 8)"
            " AS hash FROM unnest(CAST(:names AS text[])) AS name ORDER BY hash) AS hashes"
        ),
        {"names": sorted(set(names))},
    )


async def find_cycle(tx: Transaction, key: str) -> Cycle | None:
    """Return a cycle by its key."""
    row = await tx.session.get(CycleRow, key)
    return None if row is None else _cycle(row)


async def open_cycles(tx: Transaction, scopes: Iterable[str]) -> list[Cycle]:
    """Return the open cycles of these scopes."""
    rows = await tx.session.scalars(
        select(CycleRow).where(CycleRow.scope.in_(set(scopes)), CycleRow.state == "open")
    )
    return [_cycle(row) for row in rows]


async def add_cycle(tx: Transaction, cycle: Cycle) -> None:
    """Store a new cycle."""
    tx.session.add(CycleRow(**asdict(cycle)))
    await tx.session.flush()


async def save_proposals(
    tx: Transaction, plan: str, version: int, rows: Sequence[dict[str, Any]]
) -> None:
    """Keep what a version of a plan proposes, instead of what an older one did."""
    of_plan = CycleProposalRow.plan == plan
    known = await tx.session.scalar(select(func.max(CycleProposalRow.plan_version)).where(of_plan))
    if known is not None and known >= version:
        return
    await tx.session.execute(delete(CycleProposalRow).where(of_plan))
    if rows:
        await tx.session.execute(insert(CycleProposalRow), list(rows))


async def get_proposal(tx: Transaction, number: int) -> CycleProposalRow:
    """Return a proposal.

    Raises:
        ProposalNotFoundError: none has that number.
    """
    row = await tx.session.get(CycleProposalRow, number)
    if row is None:
        raise ProposalNotFoundError(f"没有周期建议 {number}", f"there is no proposal {number}")
    return row


async def scopes_without_cycle(
    tx: Transaction, like: str, period: str, at_most: int
) -> tuple[list[str], int]:
    """Return scopes that have no open cycle of a period, and how many there are.

    Args:
        like: a scope, or a kind with its slash: all of that kind.
    """
    taken = exists().where(
        CycleRow.scope == ScopeRow.scope, CycleRow.period == period, CycleRow.state == "open"
    )
    which = ScopeRow.scope.startswith(like) if like.endswith("/") else ScopeRow.scope == like
    query = select(ScopeRow.scope).where(which, ~ScopeRow.gone, ~taken)
    count = await tx.session.scalar(select(func.count()).select_from(query.subquery()))
    rows = await tx.session.scalars(query.order_by(ScopeRow.scope).limit(at_most))
    return list(rows), count or 0


async def corrections_of(tx: Transaction, alerts: Iterable[str]) -> dict[str, Correction]:
    """Return the corrections of these alerts, by alert."""
    rows = await tx.session.scalars(
        select(CorrectionRow).where(CorrectionRow.alert.in_(set(alerts)))
    )
    return {row.alert: _correction(row) for row in rows}


async def next_corrections(tx: Transaction, after: str) -> list[Correction]:
    """Return, and lock, the corrections that follow an id, a page of them."""
    rows = await tx.session.scalars(
        select(CorrectionRow)
        .where(CorrectionRow.id > UUID(after or _FIRST))
        .order_by(CorrectionRow.id)
        .limit(PAGE)
        .with_for_update()
    )
    return [_correction(row) for row in rows]


async def waiting_corrections(tx: Transaction, scope: str) -> list[Correction]:
    """Return the open corrections of a scope that have no cycle, the oldest first."""
    rows = await tx.session.scalars(
        select(CorrectionRow)
        .where(
            CorrectionRow.scope == scope,
            CorrectionRow.cycle.is_(None),
            CorrectionRow.state == "open",
        )
        .order_by(CorrectionRow.opened_at, CorrectionRow.id)
    )
    return [_correction(row) for row in rows]


async def save_corrections(
    tx: Transaction, corrections: Sequence[Correction], history: Sequence[dict[str, Any]]
) -> None:
    """Insert or replace corrections, and append what happened to them.

    Args:
        history: entries made by `history_entry`.
    """
    if corrections:
        new = insert(CorrectionRow)
        await tx.session.execute(
            new.on_conflict_do_update(
                index_elements=["id"],
                set_={name: new.excluded[name] for name in _CORRECTION if name != "id"},
            ),
            [
                asdict(each) | {"worst": _WORST.dump_python(each.worst, mode="json")}
                for each in corrections
            ],
        )
        await tx.session.execute(insert(CorrectionHistoryRow), list(history))


def history_entry(correction: Correction, what: str, at: datetime) -> dict[str, Any]:
    """Return the history entry of the present version of a correction."""
    return {
        "correction": correction.id,
        "version": correction.version,
        "what": what,
        "severity": correction.severity,
        "value": correction.value_after if what == "settled" else correction.value,
        "cycle": correction.cycle,
        "at": at,
    }


async def save_scopes(tx: Transaction, scopes: Sequence[dict[str, Any]]) -> None:
    """Keep the newest word on each scope; an older one changes nothing.

    Args:
        scopes: columns of the table; one entry per scope at most.
    """
    new = insert(ScopeRow)
    await tx.session.execute(
        new.on_conflict_do_update(
            index_elements=["scope"],
            set_={
                name: new.excluded[name]
                for name in ("name_zh", "name_en", "parents", "owners", "gone", "seq")
            },
            where=ScopeRow.seq < new.excluded.seq,
        ),
        sorted(scopes, key=lambda each: str(each["scope"])),
    )


async def add_work(tx: Transaction, item: dict[str, Any]) -> None:
    """Add a human step, unless it is there."""
    await tx.session.execute(insert(WorkItemRow).values(item).on_conflict_do_nothing())


async def led_by(tx: Transaction, person: str) -> list[str]:
    """Return the scopes for which somebody answers in a leading role."""
    named = [
        ScopeRow.owners.contains([{"role": role, "person": person}])
        for role in sorted(LEADING_ROLES)
    ]
    return list(await tx.session.scalars(select(ScopeRow.scope).where(or_(*named))))


async def close_work(tx: Transaction, step: str, *, how: str, by: str, at: datetime) -> None:
    """Close a human step that is open."""
    await tx.session.execute(
        update(WorkItemRow)
        .where(WorkItemRow.step == step, WorkItemRow.state == "open")
        .values(state="closed", how=how, closed_by=by, closed_at=at)
    )


def _cycle(row: CycleRow) -> Cycle:
    return Cycle(**{name: getattr(row, name) for name in _CYCLE})


def _correction(row: CorrectionRow) -> Correction:
    stored = {name: getattr(row, name) for name in _CORRECTION}
    read = {
        "crossed": _CROSSED.validate_python(row.crossed),
        "worst": _WORST.validate_python(row.worst),
    }
    return Correction(**stored | read)
