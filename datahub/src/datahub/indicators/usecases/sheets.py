"""Values are handed in by sheet: each row is an entry, and each has its verdict.

A sheet that is sent twice changes nothing the second time. Source: contract "HTTP" 6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import ValidationError

from datahub.indicators.domain.handed import Entry, HandedInvalidError
from datahub.indicators.domain.party import Party
from datahub.indicators.repository import handed as store
from datahub.indicators.schemas import HandIn
from datahub.indicators.usecases import handing
from datahub.indicators.usecases.handing import Known
from shared.errors import DomainError
from shared.kit.database import Transaction
from shared.kit.etags import Version
from shared.kit.validation import in_both

COLUMNS: Final = {
    "indicator": "指标编号",
    "scope": "诊改对象",
    "period": "周期",
    "value": "数值",
    "numerator": "分子",
    "denominator": "分母",
    "n": "样本数",
    "evidence": "佐证文件",
    "evidence_name": "佐证名称",
    "link": "佐证链接",
    "note": "说明",
}
"""Of a sheet, with their names; either may head a column."""

PLACE: Final = frozenset({"indicator", "scope", "period"})
"""What the template fills in."""

MOST_ROWS: Final = 5_000

Row = tuple[int, Mapping[str, str]]
"""Its number in the sheet, and what stands in it by column."""

Verdict = Literal["entered", "revised", "unchanged", "rejected"]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a row."""

    row: int
    verdict: Verdict
    id: str | None = None
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)


def columns_of(header: Sequence[str]) -> list[str]:
    """Return the columns that a header names.

    Raises:
        HandedInvalidError: it names others, or lacks some that are needed.
    """
    by_name = {name: name for name in COLUMNS} | {zh: name for name, zh in COLUMNS.items()}
    unknown = [each for each in header if each not in by_name]
    found = [by_name.get(each, each) for each in header]
    lacking = [each for each in ("indicator", "scope", "period", "n") if each not in found]
    faults = {f"$.header.{each}": ["未知的列 (unknown column)"] for each in unknown}
    faults |= {f"$.header.{each}": ["缺少这一列 (the column is missing)"] for each in lacking}
    twice = {each for each in found if found.count(each) > 1}
    faults |= {f"$.header.{each}": ["重复的列 (the column twice)"] for each in sorted(twice)}
    if faults:
        raise HandedInvalidError(
            "表头有误",
            "the header is wrong",
            fields=faults,
            fixes=["GET /handed-in-template 下载模板 (take the template)"],
        )
    return found


async def hand_in_rows(
    tx: Transaction, rows: Sequence[Row], by: Party, known: Known, *, is_rehearsal: bool
) -> list[Told]:
    """Hand every row in; return what became of each, in their order.

    Args:
        is_rehearsal: everything is done, and undone again.
    """
    told: list[Told] = []
    before = len(tx.outgoing)
    async with tx.session.begin_nested() as part:
        entries = _entries(rows, told)
        # In one order, so that two sheets at a time wait for each other, and not both.
        for number, entry in sorted(entries.items(), key=lambda each: each[1].cell):
            told.append(await _hand_in(tx, number, entry, by, known))
        if is_rehearsal:
            await part.rollback()
            del tx.outgoing[before:]
    return sorted(told, key=lambda each: each.row)


def _entries(rows: Sequence[Row], told: list[Told]) -> dict[int, Entry]:
    """Return the entries of rows by their numbers; tell of those that are none."""
    found: dict[int, Entry] = {}
    first: dict[str, int] = {}
    for number, row in rows:
        try:
            entry = HandIn.model_validate(dict(row)).entry()
        except ValidationError as error:
            told.append(Told(number, "rejected", errors=_faults(error)))
            continue
        before = first.setdefault(entry.cell, number)
        if before != number:
            reason = f"与第 {before} 行是同一个值 (the same cell as row {before})"
            told.append(Told(number, "rejected", errors={"$": [reason]}))
        else:
            found[number] = entry
    return found


def _faults(error: ValidationError) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    for each in error.errors():
        place = ".".join(["$", *map(str, each["loc"])])
        faults.setdefault(place, []).append(in_both(dict(each)))
    return faults


async def _hand_in(tx: Transaction, number: int, entry: Entry, by: Party, known: Known) -> Told:
    try:
        await store.lock_place(tx, entry)
        current = await store.list_current(tx, entry)
        there = current.get("waiting") or current.get("approved")
        if there is None:
            return Told(number, "entered", await handing.enter(tx, entry, by, known))
        if there.entry == entry:
            return Told(number, "unchanged", there.id)
        key = await handing.revise(tx, there.id, entry, by, known, _whatever)
    except DomainError as error:
        said = error.fields or {"$": [f"{error.zh} ({error.en})"]}
        return Told(number, "rejected", errors=said)
    return Told(number, "revised", key)


def _whatever(_: Version | None) -> None:
    """Revise whatever version is there."""
