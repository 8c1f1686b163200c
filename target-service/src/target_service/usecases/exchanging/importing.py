"""Bring in everything that a file says, or nothing; every fault of it is told at once.

Each thing takes the use case that the API takes. Which can be made first is tried: what fails is
tried again behind the others, the other way round, until nothing more succeeds. So a parent may be
tightened before or after its children, and a row stand before the one that it names.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from shared.errors import DomainError
from shared.kit.database import Transaction
from target_service.domain.decomposition import MAX_CHILDREN
from target_service.domain.exchanging.citing import RingError, cited, field_above, in_order
from target_service.domain.judge import Rules
from target_service.domain.standards import StandardKind, StandardState
from target_service.domain.weights import Allocation
from target_service.repository import chain, exchange
from target_service.repository import standards as documents
from target_service.repository import tasks as task_store
from target_service.repository.rehearsing import undone
from target_service.schemas import DecomposeBody
from target_service.schemas.exchange import ImportedView, ImportView
from target_service.tables import StandardRow
from target_service.usecases.checks import Turn
from target_service.usecases.exchanging.families import Writing, anything, put
from target_service.usecases.exchanging.items import (
    ImportRefusedError,
    Item,
    in_file_order,
    refuse_items,
)
from target_service.usecases.goals import decompose_goal
from target_service.usecases.inheriting import day_of
from target_service.usecases.placing import place_goals

_FAMILY_ZH: Final = {"plans": "规划", "goals": "目标", "tasks": "任务"}


@dataclass(slots=True, eq=False)
class _Piece:
    """What one use case makes: a thing, or all children of a goal whose weights are one whole."""

    items: list[Item]
    parent: str | None = None
    refused: DomainError | None = None


@dataclass(slots=True)
class _Desk:
    """What is at hand while a file is brought in."""

    who: Writing
    unplaced: list[str] = field(default_factory=list)
    """Goals that were made and have no place in the tree yet."""

    rows: list[Any] = field(default_factory=list)
    """What was made: the session forgets what nobody holds, and would load it again."""

    async def place_later(
        self, _tx: Transaction, goals: Sequence[str], _at: datetime, _rules: Rules
    ) -> None:
        """Let goals wait for the others: the sums above them are reckoned once."""
        self.unplaced += goals

    async def place(self, tx: Transaction) -> None:
        """Give the goals that wait their places."""
        waiting = list(dict.fromkeys(self.unplaced))
        self.unplaced.clear()
        if waiting:
            await place_goals(tx, waiting, self.who.at, self.who.rules)


async def lock_all(tx: Transaction) -> None:
    """Change the two chains and the tasks alone, until the transaction ends."""
    await chain.lock_chain(tx)
    await task_store.lock_tasks(tx)


async def import_items(
    tx: Transaction,
    given: Sequence[Item],
    who: Writing,
    faults: Sequence[tuple[str, str]],
    *,
    is_rehearsal: bool,
) -> ImportView:
    """Make what a file says; the chain is locked already.

    Args:
        faults: what else is wrong with the file, by its place.

    Raises:
        ImportRefusedError: with everything that is wrong, by its place in the file.
    """
    async with undone(tx, when=is_rehearsal):
        before = await _versions(tx, given)
        items = _sorted(given)
        for each in items:
            _check_version(each, before)
        await _make_all(tx, items, who)
        refuse_items(given, faults)
        made = await _made(tx, given, before)
    return ImportView.of(made, dry_run=is_rehearsal)


def _sorted(given: Sequence[Item]) -> list[Item]:
    """Return things in the order in which they can be made; note those that are there twice."""
    by_family: dict[str, dict[str, Item]] = {}
    for each in given:
        known = by_family.setdefault(each.family, {})
        if each.key in known:
            each.faults.append(("$.key", f"{each.key} 出现不止一次 (it is there twice)"))
        known.setdefault(each.key, each)
        if not each.same:
            each.read()
    found: dict[str, list[Item]] = {}
    for family, items in by_family.items():
        try:
            keys = in_order(family, {key: each.document for key, each in items.items()})
        except RingError as ring:
            told = f"互为上级或前置：{ring.path}"
            reason = f"{_FAMILY_ZH[family]}{told} (they name each other in a ring)"
            items[ring.ring[0]].faults.append((field_above(family), reason))
            keys = list(items)
        found[family] = [items[key] for key in keys]
    return in_file_order(found)


def _check_version(item: Item, before: dict[tuple[str, str], int]) -> None:
    """Note that somebody has changed a thing since it was exported."""
    now = before.get(item.named)
    if item.same or item.version is None or item.version == now:
        return
    there = f"现为第 {now} 版" if now else "已撤回"
    is_now = f"it is version {now} now" if now else "it is withdrawn"
    item.faults.append(
        (
            "$.version",
            (
                f"导出后有人改过：表中第 {item.version} 版，{there}；请重新导出"
                f" (changed since version {item.version} was exported: {is_now}; export it anew)"
            ),
        )
    )


async def _make_all(tx: Transaction, items: Sequence[Item], who: Writing) -> None:
    left = await _pieces(tx, items)
    desk = _Desk(who)
    desk.who = replace(who, place=desk.place_later)
    while left:
        failed = [each for each in left if not await _attempt(tx, each, desk)]
        if len(failed) == len(left):
            break
        left = failed[::-1]
    await desk.place(tx)
    for each in await _let_wait(tx, left, day_of(who.at)):
        _note(each)
    await _look_at_rest(tx, items, who)
    _leave_out_consequences(items)


async def _look_at_rest(tx: Transaction, items: Sequence[Item], who: Writing) -> None:
    """Note what else is wrong with things of which a part cannot be read: nothing is kept."""
    for each in items:
        if each.rest is None:
            continue
        try:
            async with tx.part():
                await put(tx, each.family, each.rest, who)
        except DomainError as error:
            each.refuse_rest(error)


async def _pieces(tx: Transaction, items: Sequence[Item]) -> list[_Piece]:
    pieces: list[_Piece] = []
    groups: dict[str, _Piece] = {}
    weighted = await _weighted(tx, items)
    for each in items:
        parent = _parent_of(each)
        if each.same:
            continue
        if parent is None or parent not in weighted:
            pieces.append(_Piece([each]))
        elif parent in groups:
            groups[parent].items.append(each)
        else:
            groups[parent] = _Piece([each], parent)
            pieces.append(groups[parent])
    return [each for each in pieces if _is_whole(each)]


def _parent_of(item: Item) -> str | None:
    parent = item.document.get("parent") if item.family == "goals" else None
    return parent if isinstance(parent, str) else None


def _is_whole(piece: _Piece) -> bool:
    """Return whether all of a piece can be read; what it holds beside is blocked if not."""
    if all(each.body is not None for each in piece.items):
        return True
    for each in piece.items:
        each.blocked = each.body is not None
    return False


async def _weighted(tx: Transaction, items: Sequence[Item]) -> set[str]:
    """Return the goals whose children's weights are one whole, as they will be."""
    goals = [each for each in items if each.family == "goals"]
    parents = {parent for each in goals if (parent := _parent_of(each))}
    rows = await exchange.rows_of(tx, "goals", parents)
    found = {key: row.allocation for key, row in rows.items()}
    found |= {each.key: each.body.allocation for each in goals if each.body is not None}
    return {key for key in parents if found.get(key) == Allocation.WEIGHTED.value}


async def _attempt(tx: Transaction, piece: _Piece, desk: _Desk) -> bool:
    if piece.items[0].family != "goals":
        await desk.place(tx)
    unplaced = len(desk.unplaced)
    try:
        async with tx.part():
            desk.rows.append(await _make(tx, piece, desk.who))
    except DomainError as error:
        del desk.unplaced[unplaced:]
        piece.refused = error
        return False
    return True


async def _make(tx: Transaction, piece: _Piece, who: Writing) -> Any:
    if piece.parent is None:
        [item] = piece.items
        return (await put(tx, item.family, item.body, who)).row
    children = [each.body.model_dump() | {"parent": None} for each in piece.items]
    if len(children) > MAX_CHILDREN:
        raise ImportRefusedError(
            f"{piece.parent} 的下级超过 {MAX_CHILDREN} 个",
            f"more than {MAX_CHILDREN} goals are parts of {piece.parent}",
        )
    divided = DecomposeBody.model_validate(
        {"allocation": Allocation.WEIGHTED, "children": children}
    )
    turn = Turn(who.actor, who.at, anything)
    return await decompose_goal(tx, piece.parent, divided, turn, who.rules, who.place)


async def _let_wait(tx: Transaction, left: Sequence[_Piece], day: date) -> list[_Piece]:
    """Let things wait whose standard of the file is a draft here; return the other pieces.

    A document is approved by another person than who brings it in, whatever the file says of it.
    Brought in again afterwards, what rests on it is made.
    """
    resting = {piece: standard for piece in left if (standard := _rests_on(piece))}
    held = {row.key for row in await documents.list_in_force(tx, set(resting.values()), day)}
    drafted = set(await exchange.rows_of(tx, "standards", set(resting.values()) - held))
    for piece, standard in resting.items():
        piece.items[0].waits_for = standard if standard in drafted else None
    return [each for each in left if each.items[0].waits_for is None]


def _rests_on(piece: _Piece) -> str | None:
    """Return the standard that is all that a binding or a selector was refused for."""
    assert piece.refused is not None
    standard: str | None = piece.items[0].document.get("standard")
    return standard if set(piece.refused.fields) == {"$.standard"} else None


def _note(piece: _Piece) -> None:
    """Note why a piece was refused, at whichever of its things it is about."""
    assert piece.refused is not None
    if piece.parent is None:
        piece.items[0].refuse(piece.refused)
        return
    piece.items[0].fixes = piece.refused.fixes
    for path, reasons in (piece.refused.fields or {"$": [piece.refused.zh]}).items():
        item, own_path = _of_child(piece.items, path)
        item.refusals += [(own_path, reason) for reason in reasons]
    for each in piece.items:
        each.blocked = True


def _of_child(items: Sequence[Item], path: str) -> tuple[Item, str]:
    """Return the child that a fault of a division is about, and its path there."""
    if not path.startswith("$.children["):
        return items[0], "$.parent"
    number, _, rest = path.removeprefix("$.children[").partition("]")
    return items[0 if number == "*" else int(number)], f"${rest}"


def _leave_out_consequences(items: Sequence[Item]) -> None:
    """Leave out that a thing names another one of the file that cannot be: that one is told."""
    failed = {each.named for each in items if each.failed}
    for each in items:
        named = cited(each.family, each.readable) if each.refusals else {}
        if each.family == "plans" and "$.parent" in named:
            named["$.plan"] = named["$.parent"]
        kept = [fault for fault in each.refusals if named.get(fault[0]) not in failed]
        each.blocked = each.blocked or len(kept) < len(each.refusals)
        each.refusals = kept


async def _versions(tx: Transaction, items: Sequence[Item]) -> dict[tuple[str, str], int]:
    return {named: row.version for named, row in (await _rows(tx, items)).items()}


async def _rows(tx: Transaction, items: Sequence[Item]) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    for family in {each.family for each in items}:
        keys = [each.key for each in items if each.family == family]
        rows = await exchange.rows_of(tx, family, keys)
        found |= {(family, key): row for key, row in rows.items()}
    return found


async def _made(
    tx: Transaction, items: Sequence[Item], before: dict[tuple[str, str], int]
) -> list[ImportedView]:
    rows = await _rows(tx, items)
    return [_view(each, before.get(each.named), rows.get(each.named)) for each in items]


def _view(item: Item, before: int | None, row: Any) -> ImportedView:
    return ImportedView(
        family=item.family,
        key=item.key,
        change="waiting" if item.waits_for else _change(before, row.version),
        version=row.version if row else None,
        state=_state(row),
        waits_for=item.waits_for,
    )


def _change(before: int | None, now: int) -> str:
    if before is None:
        return "created"
    return "unchanged" if before == now else "changed"


def _state(row: Any) -> str | None:
    state = getattr(row, "state", None)
    is_line = isinstance(row, StandardRow) and row.kind == StandardKind.LINE.value
    return StandardState.APPROVED.value if is_line else state
