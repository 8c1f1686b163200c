"""Sheets that were filled in: their rows as what they mean, and brought in."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shared.kit.database import Transaction
from target_service.domain.exchanging.cells import Document, overlaid, place_of
from target_service.domain.exchanging.columns import CRITERIA, SHEETS, STANDARD, VERSION, Table
from target_service.domain.plan_document.structured import Entry, Faults
from target_service.domain.weights import Allocation
from target_service.repository import exchange
from target_service.schemas.exchange import Family, ImportView
from target_service.usecases.coded_sheets import decoded, read_csv, read_sheet
from target_service.usecases.exchanging.families import Writing, document_of
from target_service.usecases.exchanging.importing import import_items, lock_all
from target_service.usecases.exchanging.items import MOST, Item, refuse_items

_LONGEST_VERSION: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that was sent."""

    family: Family
    content: bytes
    is_workbook: bool


@dataclass(slots=True)
class _Read:
    """The rows of a file."""

    rows: list[Entry]
    criteria: dict[str, list[Entry]] = field(default_factory=dict)
    """By standard."""


async def import_sheets(
    tx: Transaction, upload: Upload, who: Writing, *, is_rehearsal: bool
) -> ImportView:
    """Bring in the rows of a sheet, all or nothing.

    Raises:
        ImportRefusedError: with everything that is wrong, by sheet, column and row.
        WorkbookRefusedError: it is no workbook, or lacks a sheet.
    """
    faults: Faults = []
    read = await _read(upload, faults)
    if len(read.rows) > MOST:
        faults.append((f"A{MOST + 3}", f"至多 {MOST} 行，请分成几份 (too many rows: split it)"))
    refuse_items([], faults)
    await lock_all(tx)
    items = await _items(tx, upload.family, read, faults)
    return await import_items(tx, items, who, faults, is_rehearsal=is_rehearsal)


async def _read(upload: Upload, faults: Faults) -> _Read:
    first, *others = SHEETS[upload.family]
    if not upload.is_workbook:
        return _Read(_of_csv(upload.content, first, faults))
    with tempfile.TemporaryFile() as file:
        file.write(upload.content)
        file.flush()
        rows = await read_sheet(file, first.title, _why_not(first), faults)
        read = _Read(rows)
        for table in others:
            for each in await read_sheet(file, table.title, _why_not(table), faults):
                read.criteria.setdefault(each.get(STANDARD), []).append(each)
    return read


def _of_csv(content: bytes, table: Table, faults: Faults) -> list[Entry]:
    text = decoded(content)
    if text is None or "\0" in text:
        faults.append(("A1", "须为 UTF-8 或 GB 18030 文本 (save it as CSV in UTF-8)"))
        return []
    return read_csv(text, _why_not(table), faults)


def _why_not(table: Table) -> Callable[[Sequence[str]], str]:
    """Return what tells why the names of the fields of a sheet are not those of its table."""
    needed = STANDARD if table is CRITERIA else "key"

    def why_not(header: Sequence[str]) -> str:
        unknown = [each[:40] for each in header if each not in table.codes]
        if not unknown and needed in header and len(set(header)) == len(header):
            return ""
        wrong = f"没有列 {'、'.join(unknown[:20])}" if unknown else f"须有列 {needed}，每列一次"
        return f"字段名应为 {'、'.join(table.codes)} 中的几个，{wrong}；请用模板 (use the template)"

    return why_not


async def _items(tx: Transaction, family: str, read: _Read, faults: Faults) -> list[Item]:
    keys = [_key_of(family, each) for each in read.rows]
    rows = await exchange.rows_of(tx, family, keys)
    for key in read.criteria.keys() - set(keys):
        title = SHEETS[family][0].title
        reason = f"“{title}”表中没有 {key} 这一行 (there is no such row among the standards)"
        faults += [(each.places[STANDARD], reason) for each in read.criteria[key]]
    items = [
        _item(family, key, entry, rows.get(key), read.criteria.get(key, []))
        for key, entry in zip(keys, read.rows, strict=True)
    ]
    if family == "goals":
        await _refuse_idle_weights(tx, items)
    return items


async def _refuse_idle_weights(tx: Transaction, items: Sequence[Item]) -> None:
    """Note weights that would count for nothing, since the parent divides into like shares."""
    parents = {key for each in items if isinstance(key := each.document.get("parent"), str)}
    rows = await exchange.rows_of(tx, "goals", parents)
    how = {key: row.allocation for key, row in rows.items()}
    how |= {each.key: each.document.get("allocation") or Allocation.SAME for each in items}
    for each in items:
        parent, weight = str(each.document.get("parent")), each.document.get("weight")
        if each.same or not weight or weight == "1" or how.get(parent) != Allocation.SAME:
            continue
        reason = (
            f"上级 {parent} 均分（same），权重不计：上级的 allocation 改为 weighted，或不写权重"
            " (its parent divides into like shares: let it divide by weight, or give no weight)"
        )
        each.faults.append(("$.weight", reason))


def _key_of(family: str, entry: Entry) -> str:
    if family == "bindings" and not entry.get("key"):
        return "@".join(entry.get(name) for name in ("indicator", "scope", "period"))
    return entry.get("key")


def _item(family: str, key: str, entry: Entry, row: Any, criteria: Sequence[Entry]) -> Item:
    present = document_of(family, row) if row else {}
    document = overlaid(present, {**entry.texts, "key": key}, SHEETS[family][0].columns)
    if criteria:
        document["criteria"] = _criteria(present.get("criteria") or [], criteria)
    item = Item(
        family=family,
        key=key,
        document=document,
        place=_placer(entry, criteria),
        same=document == present,
    )
    version = entry.get(VERSION)
    if version.isascii() and version.isdigit() and len(version) <= _LONGEST_VERSION:
        item.version = int(version)
    elif version:
        item.faults.append(("$.version", "版本须为整数，请勿改动此列 (a whole number)"))
    return item


def _criteria(present: Sequence[Mapping[str, Any]], entries: Sequence[Entry]) -> list[Document]:
    """Return the criteria that rows mean; of one that is there, what has no column stays."""
    there = {each["indicator"]: each for each in present}
    columns = [each for each in CRITERIA.columns if each.code != STANDARD]
    return [overlaid(there.get(each.get("indicator"), {}), each.texts, columns) for each in entries]


def _placer(entry: Entry, criteria: Sequence[Entry]) -> Callable[[str], str]:
    def place(path: str) -> str:
        number, _, rest = path.removeprefix("$.criteria[").partition("]")
        if number.isdigit() and int(number) < len(criteria):
            return place_of(criteria[int(number)].places, f"${rest}", STANDARD)
        return place_of(entry.places, path, "key")

    return place
