"""Say why a row has no place in the records: one verdict for each reason.

Source: design "Data hub" 2 (put aside with the raw text, never guessed, never dropped).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from datahub.ingest.domain.feed import Feed, FieldMapping
from datahub.ingest.domain.ledger import RowVerdict, Verdict
from datahub.ingest.domain.reading import BAD_BYTE, LINE, BadLine

_MESSAGES: Final = {
    "missing": "必填，但没有值 (required, and empty)",
    "unmapped-code": "代码映射中没有这个值 (no mapping for this value)",
    "unknown-code": "不在代码集中 (not in the code set)",
    "not-integer": "不是整数 (not a whole number)",
    "not-decimal": "不是数值 (not a number)",
    "not-percent": "不是百分数 (not a percentage)",
    "not-money": "不是金额 (not an amount)",
    "not-boolean": "不是是/否 (not a yes or no)",
    "not-date": "不符合约定的日期格式 (not a date in the agreed form)",
    "not-timestamp": "不符合约定的时间格式 (not a time in the agreed form)",
    "not-days_after": "不是天数，或起始日未知 (no whole days, or no first day)",
    "not-list": "不是列表 (not a list)",
    "too-long": "超过长度上限 (too long)",
    "out-of-range": "超出取值范围 (out of range)",
    "undecodable": "含无法解码的字节 (bytes that cannot be decoded)",
    "control-character": "含控制字符 (control characters)",
    "no-parent": "所引用的记录还没有到 (the record it refers to has not come yet)",
}


def bad_line_verdicts(lines: Sequence[BadLine]) -> list[RowVerdict]:
    """Return the verdicts of lines that are no rows: no mapping can mend them."""
    return [
        RowVerdict(
            row=each.line,
            verdict=Verdict.REJECTED,
            code=each.code,
            path="$",
            message=each.message,
        )
        for each in lines
    ]


def broken_rows(source: pl.DataFrame, verdicts: list[RowVerdict]) -> set[int]:
    """Find rows with undecodable bytes (refused) or a NUL, which PostgreSQL cannot keep."""
    broken: set[int] = set()
    for name in source.columns:
        if name == LINE:
            continue
        for pattern, code, fate in (
            (BAD_BYTE, "undecodable", Verdict.REJECTED),
            ("\0", "control-character", Verdict.QUARANTINED),
        ):
            hit = source.filter(pl.col(name).str.contains(pattern, literal=True))[LINE].to_list()
            broken |= set(hit)
            verdicts += [_verdict(line, code, f"$.{name}", fate) for line in hit]
    return broken


def refused_rows(feed: Feed, source: pl.DataFrame, verdicts: list[RowVerdict]) -> set[int]:
    """Refuse, or put aside, rows with fields that the feed does not know."""
    known = feed.columns | feed.ignore | {LINE}
    names = [name for name in source.columns if name not in known]
    if not names or feed.unknown_fields == "ignore":
        return set()
    fate = Verdict.REJECTED if feed.unknown_fields == "reject" else Verdict.QUARANTINED
    refused: set[int] = set()
    for name in names:
        hit = source.filter(pl.col(name).is_not_null())[LINE].to_list()
        refused |= set(hit)
        verdicts += [
            RowVerdict(
                row=line,
                verdict=fate,
                code="unknown-field",
                path=f"$.{name}",
                message=f"约定中没有字段 {name} (the feed does not know this field)",
            )
            for line in hit
        ]
    return refused


def explain(
    feed: Feed,
    bad: pl.DataFrame,
    fault_names: Sequence[str],
    refused: set[int],
    verdicts: list[RowVerdict],
) -> None:
    """Add a verdict for each fault of each bad row; refused rows have theirs already."""
    places = {each.target: f"$.{each.column}" for each in feed.measures}
    places |= {each.target.name: _place(each) for each in feed.mappings}
    for row in bad.iter_rows(named=True):
        if row[LINE] in refused:
            continue
        verdicts.extend(
            _verdict(row[LINE], row[name], places[name[1:]])
            for name in fault_names
            if row[name] is not None
        )


def waiting(line: int, entity: str, key: str) -> RowVerdict:
    """Return the verdict of a row whose parent has not come yet."""
    return RowVerdict(
        row=line,
        verdict=Verdict.PARKED,
        code="parent-missing",
        path="$",
        message=f"等待 {entity} {key} (waits for this record)",
        waits_for=f"{entity}:{key}",
    )


def misplaced(line: int, mode: str) -> RowVerdict:
    """Return the verdict of a new record in an update, or of an old one in a creation."""
    exists = mode == "create"
    return RowVerdict(
        row=line,
        verdict=Verdict.REJECTED,
        code="already-exists" if exists else "not-found",
        path="$",
        message="记录已存在 (it exists)" if exists else "记录不存在 (there is no such record)",
    )


def lookup_empty(verdict: RowVerdict) -> RowVerdict:
    """The record is there and lacks the value: waiting would never end."""
    message = "所引用的记录没有这个值 (the record it refers to lacks the value)"
    return replace(verdict, verdict=Verdict.QUARANTINED, code="lookup-empty", message=message)


def _verdict(line: int, code: str, path: str, fate: Verdict = Verdict.QUARANTINED) -> RowVerdict:
    if code == "no-parent":
        fate = Verdict.PARKED
    message = _MESSAGES.get(code, code)
    return RowVerdict(row=line, verdict=fate, code=code, path=path, message=message)


def _place(mapping: FieldMapping) -> str:
    names = mapping.columns or (mapping.target.name,)
    return ",".join(f"$.{name}" for name in names)


def raw_rows(
    source: pl.DataFrame, lines: Collection[int]
) -> Mapping[int, Mapping[str, str | None]]:
    """Return the source records of some lines, as they came."""
    if not lines:
        return {}
    rows = source.filter(pl.col(LINE).is_in(list(lines)))
    return {
        row[LINE]: {
            name: value for name, value in row.items() if name != LINE and value is not None
        }
        for row in rows.iter_rows(named=True)
    }
