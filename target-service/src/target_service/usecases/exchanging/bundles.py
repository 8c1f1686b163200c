"""The bundle: standards, goals and bindings with all that they cite, as one file.

It says what things say, and not what became of them: no versions, no dates of changes, no steps. So
it is the same bytes whenever nothing was changed, and wherever it was brought in.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any, Final

from shared.kit.database import Transaction
from target_service.domain.exchanging.citing import FAMILIES, REGISTERS, cited
from target_service.domain.standards import StandardState
from target_service.domain.tasks import TaskState
from target_service.repository import exchange
from target_service.schemas.exchange import ImportView
from target_service.usecases.exchanging.families import Document, Writing, document_of
from target_service.usecases.exchanging.importing import import_items, lock_all
from target_service.usecases.exchanging.items import MOST, Item, refuse_items
from target_service.usecases.inheriting import day_of

Documents = dict[str, dict[str, Document]]
"""By family and key."""

APPROVED: Final = "approved"
_ABOUT: Final = {"format": "helix8-bundle", "version": 1}


async def export_bundle(tx: Transaction, plan: str | None, scope: str | None, day: date) -> bytes:
    """Return what a plan or a scope has, or all there is, with what it cites."""
    documents = await chosen(tx, plan, scope, day)
    bundle = {
        family: [documents[family][key] for key in sorted(documents[family])] for family in FAMILIES
    }
    text = json.dumps({**_ABOUT, **bundle}, ensure_ascii=False, indent=1, sort_keys=True)
    return f"{text}\n".encode()


async def chosen(tx: Transaction, plan: str | None, scope: str | None, day: date) -> Documents:
    """Return what a plan or a scope has, or all there is, with what it cites."""
    goals = await exchange.keys_asked(tx, "goals", plan, scope, []) if plan else []
    found: Documents = {family: {} for family in FAMILIES}
    wanted: dict[str, set[str]] = {
        family: set(await exchange.keys_asked(tx, family, plan, scope, goals))
        for family in FAMILIES
        if family not in REGISTERS
    }
    while any(wanted.values()):
        for family, keys in wanted.items():
            found[family] |= await _load(tx, family, keys, day)
        named = {each for family in wanted for each in _cited_by(family, found[family])}
        wanted = await _there(tx, {each for each in named if each[1] not in found[each[0]]})
    return found


def _cited_by(family: str, documents: Mapping[str, Document]) -> set[tuple[str, str]]:
    return {named for each in documents.values() for named in cited(family, each).values()}


async def _there(tx: Transaction, named: set[tuple[str, str]]) -> dict[str, set[str]]:
    """Return what there is of what is named: a basis or a tag may be no register's."""
    found: dict[str, set[str]] = {}
    for family in {family for family, _ in named}:
        keys = {key for of, key in named if of == family}
        if rows := await exchange.rows_of(tx, family, keys):
            found[family] = set(rows)
    return found


async def _load(tx: Transaction, family: str, keys: set[str], day: date) -> dict[str, Document]:
    """Return things as the bundle says them, by their keys."""
    if family == "standards":
        rows = await exchange.holding_of(tx, keys, day)
        return {
            key: document_of(family, row) | {APPROVED: row.state == StandardState.APPROVED.value}
            for key, row in rows.items()
        }
    documents = {
        key: document_of(family, row)
        for key, row in (await exchange.rows_of(tx, family, keys)).items()
    }
    if family == "tasks":
        await _drop_gone(tx, documents)
    return documents


async def _drop_gone(tx: Transaction, tasks: Mapping[str, Document]) -> None:
    """Leave out which goals of a task are withdrawn, and which tasks before it are cancelled."""
    goals = await exchange.rows_of(
        tx, "goals", {key for each in tasks.values() for key in each["goals"]}
    )
    before = await exchange.rows_of(
        tx, "tasks", {key for each in tasks.values() for key in each["after"]}
    )
    stand = {key for key, row in before.items() if row.state != TaskState.CANCELLED.value}
    for each in tasks.values():
        each["goals"] = [key for key in each["goals"] if key in goals]
        each["after"] = [key for key in each["after"] if key in stand]


async def import_bundle(
    tx: Transaction, given: Any, who: Writing, *, is_rehearsal: bool
) -> ImportView:
    """Bring in a bundle, all or nothing.

    Raises:
        ImportRefusedError: with everything that is wrong, by JSON path.
    """
    refuse_items([], _faults_of_form(given))
    await lock_all(tx)
    items: list[Item] = []
    for family in FAMILIES:
        documents = given.get(family, [])
        keys = {each["key"] for each in documents}
        present = await _load(tx, family, keys, day_of(who.at))
        for at, each in enumerate(documents):
            items.append(_item(family, at, each, present.get(each["key"])))
    return await import_items(tx, items, who, [], is_rehearsal=is_rehearsal)


def _item(family: str, at: int, document: Document, present: Document | None) -> Item:
    own = {name: value for name, value in document.items() if name != APPROVED}
    return Item(
        family=family,
        key=document["key"],
        document=own if family == "standards" else document,
        place=_placer(f"$.{family}[{at}]"),
        same=document == present,
    )


def _placer(path: str) -> Callable[[str], str]:
    return partial(_beneath, path)


def _beneath(path: str, own: str) -> str:
    return path + own.removeprefix("$")


def _faults_of_form(given: Any) -> list[tuple[str, str]]:
    """Return what makes a document no bundle."""
    if not isinstance(given, dict):
        return [("$", "须为对象 (an object)")]
    known = {*_ABOUT, *FAMILIES}
    found = [
        (f"$.{each[:40]}", "没有这一项 (no such field)") for each in given if each not in known
    ]
    found += [
        (f"$.{name}", f"须为 {value}，不读其他格式 (it must be {value})")
        for name, value in _ABOUT.items()
        if given.get(name) != value
    ]
    count = 0
    for family in FAMILIES:
        listed = given.get(family, [])
        if not isinstance(listed, list):
            found.append((f"$.{family}", "须为数组 (a list)"))
            continue
        count += len(listed)
        found += [
            (f"$.{family}[{at}].key", "须有编号 (it needs a key)")
            for at, each in enumerate(listed)
            if not isinstance(each, dict) or not isinstance(each.get("key"), str)
        ]
    if count > MOST:
        told = f"共 {count} 项，至多 {MOST}：按规划或对象分开导出"
        found.append(("$", f"{told} (at most {MOST}: export by plan or scope)"))
    return found
