"""Values are handed in by sheet: each row is an entry, and each has its verdict.

A sheet that is sent twice changes nothing the second time. Source: contract "HTTP" 6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pydantic import ValidationError

from datahub.indicators.domain.handed import Entry, HandedInvalidError
from datahub.indicators.domain.party import ElsewhereError, Party, check_hands_in
from datahub.indicators.repository import handed as store
from datahub.indicators.repository.standing import standing_of
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

Faulty = dict[str, list[str]]
"""Reasons by their places."""

_HARMLESS: Final[Mapping[str, Any]] = {
    "indicator": "-",
    "scope": "school/-",
    "period": "year:2000",
    "n": 10**12,
    "value": 0,
    "numerator": 0,
    "denominator": 1,
    "evidence": "0" * 64,
    "evidence_name": "-",
    "link": "https://-",
    "note": "-",
}
"""Stands for what cannot be read, so that the rest of its row is looked at all the same."""

_SAID: Final[Mapping[str, str]] = {
    "missing": "必填 (required)",
    "decimal_parsing": "须为十进制数，如 0.875 (a decimal number, such as 0.875)",
    "decimal_max_digits": "至多 {max_digits} 位数字 (at most {max_digits} digits)",
    "decimal_max_places": "至多 {decimal_places} 位小数 (at most {decimal_places} decimals)",
    "decimal_whole_digits": "小数点前至多 {whole_digits} 位 (at most {whole_digits} before it)",
    "finite_number": "须为有限的数 (a finite number)",
    "int_parsing": "须为整数 (a whole number)",
    "int_parsing_size": "整数过大 (too large a number)",
    "int_from_float": "须为整数 (a whole number)",
    "greater_than_equal": "至少为 {ge} (at least {ge})",
    "less_than_equal": "至多为 {le} (at most {le})",
    "string_too_long": "至多 {max_length} 个字符 (at most {max_length} characters)",
}
_FORMS: Final[Mapping[str, str]] = {
    "evidence": "须为上传所得的 64 位摘要 (the digest of an uploaded file, 64 characters)",
    "evidence_name": "含控制字符 (control characters)",
    "link": "须以 http:// 或 https:// 开头，没有空白 (http:// or https://, without blanks)",
    "note": "不能只有空白，也不含控制字符 (not blanks alone, no control characters)",
}
"""What people are told of a cell."""

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
    async with tx.part() as part:
        entries = await _Desk(tx, by, known).entries(rows, told)
        # In one order, so that two sheets at a time wait for each other, and not both.
        for number, entry in sorted(entries.items(), key=lambda each: each[1].cell):
            told.append(await _hand_in(tx, number, entry, by, known))
        if is_rehearsal:
            await part.rollback()
    return sorted(told, key=lambda each: each.row)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What rows are held against."""

    tx: Transaction
    by: Party
    known: Known

    async def entries(self, rows: Sequence[Row], told: list[Told]) -> dict[int, Entry]:
        """Return the entries of rows by their numbers; tell of those that are none."""
        found: dict[int, Entry] = {}
        first: dict[str, int] = {}
        for number, row in rows:
            entry, faults = _read(row)
            if not PLACE & _names(faults):
                before = first.setdefault(entry.cell, number)
                if before != number:
                    reason = f"与第 {before} 行是同一个值 (the same cell as row {before})"
                    faults.setdefault("$.period", []).append(reason)
            if faults:
                errors = faults | await self._more(entry, faults)
                told.append(Told(number, "rejected", errors=errors))
            else:
                found[number] = entry
        return found

    async def _more(self, entry: Entry, faults: Mapping[str, Sequence[str]]) -> Faulty:
        """Return what is wrong as well, at places where something could be read."""
        try:
            found = (await handing.find_faults(self.tx, entry, self.by, self.known)).found
        except ElsewhereError as error:
            found = dict(error.fields)
        unread = _names(faults)
        if unread & {"scope", "period"}:  # which of the two is of the wrong kind nobody knows
            unread |= {"scope", "period"}
        return {
            place: list(each)
            for place, each in found.items()
            if place.removeprefix("$.") not in unread
        }


def _read(row: Mapping[str, str]) -> tuple[Entry, Faulty]:
    """Return what a row says, and what cannot be read; in its place something harmless stands."""
    try:
        return HandIn.model_validate(dict(row)).entry(), {}
    except ValidationError as error:
        faults = _faults(error)
    instead = {name: _HARMLESS[name] for name in _names(faults)}
    return HandIn.model_validate({**row, **instead}).entry(), faults


def _names(faults: Mapping[str, object]) -> frozenset[str]:
    return frozenset(place.removeprefix("$.") for place in faults)


def _faults(error: ValidationError) -> Faulty:
    faults: Faulty = {}
    for each in error.errors():
        place = ".".join(["$", *map(str, each["loc"])])
        faults.setdefault(place, []).append(_said(dict(each)))
    return faults


def _said(error: Mapping[str, Any]) -> str:
    """Say what is wrong with a cell, in words for whoever filled it in."""
    name, kind = error["loc"][-1], error["type"]
    told = _FORMS.get(name) if kind == "string_pattern_mismatch" else _SAID.get(kind)
    return in_both(error) if told is None else told.format_map(error.get("ctx") or {})


async def _hand_in(tx: Transaction, number: int, entry: Entry, by: Party, known: Known) -> Told:
    try:
        await store.lock_place(tx, entry)
        current = await store.list_current(tx, entry)
        there = current.get("waiting") or current.get("approved")
        if there is None:
            return Told(number, "entered", await handing.enter(tx, entry, by, known))
        if there.entry == entry:
            # What stands there is told to who answers for it, and to nobody who guesses it.
            check_hands_in(by, await standing_of(tx, entry.scope, by.owner), entry.scope)
            return Told(number, "unchanged", there.id)
        key = await handing.revise(tx, there.id, entry, by, known, _whatever)
    except DomainError as error:
        said = error.fields or {"$": [f"{error.zh} ({error.en})"]}
        return Told(number, "rejected", errors=said)
    return Told(number, "revised", key)


def _whatever(_: Version | None) -> None:
    """Revise whatever version is there."""
