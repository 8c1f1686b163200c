"""Say why a row has no place in the records, or what is odd about it: one verdict for each reason.

Source: design "Data hub" 2 (put aside with the raw text, never guessed, never dropped).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from typing import Final

import polars as pl

from datahub.ingest.domain import damage
from datahub.ingest.domain.columns import FAULT, SOURCE, TEXT
from datahub.ingest.domain.feed import KEEP, Feed, FieldMapping
from datahub.ingest.domain.identity import why_no_id_number
from datahub.ingest.domain.ledger import RowVerdict, Verdict
from datahub.ingest.domain.reading import BAD_BYTE, LINE, BadLine, reads_as
from datahub.ingest.domain.terms import has_years_apart
from datahub.ingest.domain.words import REASONS, REMEDIES
from shared.workbooks.cells import ERRORS, UNCALCULATED

_FATES: Final = {
    "no-parent": Verdict.PARKED,
    "term-years": Verdict.REJECTED,
}
"""Fates by code; a row is quarantined for any other reason."""

_NAMED: Final = 3
_LIKE: Final = 0.5
_MAX_WORD: Final = 40
"""How many names or words are told, how alike they are at least, and characters of one."""

BROKEN: Final = rf"[\x00{BAD_BYTE}]|{damage.LOST}|^[\x00-\x7f]*[{damage.SUSPECT}]"
"""Texts that are worth a look: few good ones begin with such a character."""


def bad_line_verdicts(lines: Sequence[BadLine]) -> list[RowVerdict]:
    """Return the verdicts of lines that are no rows: no mapping can mend them."""
    return [
        RowVerdict(
            row=each.line,
            verdict=Verdict.REJECTED,
            code=each.code,
            path=each.path,
            message=each.message,
        )
        for each in lines
    ]


def broken_rows(
    feed: Feed, source: pl.DataFrame, verdicts: list[RowVerdict]
) -> tuple[set[int], set[int]]:
    """Put rows aside whose text was destroyed on the way, or holds a NUL, which cannot be kept.

    Returns:
        rows with undecodable bytes, which have one verdict each, because what else they say is
        unknown; the others.
    """
    names = [name for name in source.columns if name != LINE]
    if not names:
        return set(), set()
    looks_broken = {name: pl.col(name).str.contains(BROKEN) for name in names}
    hits = source.select(each.any().alias(name) for name, each in looks_broken.items()).row(0)
    closed = _closed_columns(feed)
    broken: set[int] = set()
    undecodable: dict[int, list[tuple[str, str]]] = {}
    for name in (name for name, hit in zip(names, hits, strict=True) if hit):
        for line, text in source.filter(looks_broken[name]).select(LINE, name).iter_rows():
            if BAD_BYTE in text:
                undecodable.setdefault(line, []).append((name, text))
            elif code := _damage(text):
                broken.add(line)
                guess = None if name in closed else damage.read_as_gbk(text)
                verdicts.append(_verdict(line, code, f"$.{name}", guess))
    verdicts[:0] = [_undecodable(feed, line, found) for line, found in undecodable.items()]
    return {*undecodable}, broken - {*undecodable}


def _undecodable(feed: Feed, line: int, found: Sequence[tuple[str, str]]) -> RowVerdict:
    """Return the verdict of a row with bytes that are not in the feed's encoding."""
    other = reads_as(found[0][1], feed.encoding)
    message = f"含不是 {feed.encoding} 的字节 (bytes that are not {feed.encoding})"
    if other is not None:
        # Of a closed field nothing is shown.
        said = "" if {name for name, _ in found} & _closed_columns(feed) else other.text[:20]
        message = (
            f"不是 {feed.encoding}，按 {other.encoding} 读作“{said}”：{other.zh}"
            f" (not {feed.encoding}, it reads as {other.encoding}: {other.en})"
        )
    return RowVerdict(
        row=line,
        verdict=Verdict.REJECTED,
        code="undecodable",
        path=",".join(f"$.{name}" for name, _ in found),
        message=message,
    )


def _damage(text: str) -> str | None:
    if "\0" in text:
        return "control-character"
    return "mojibake" if damage.LOST in text or damage.read_as_gbk(text) else None


def _closed_columns(feed: Feed) -> set[str]:
    """Return the columns of closed fields: what may stand in them is not told."""
    return {name for each in feed.mappings if each.target.is_closed for name in each.columns}


def unknown_columns(feed: Feed, source: pl.DataFrame) -> list[str]:
    """Return the columns that the feed does not know."""
    known = feed.columns | feed.ignore | {LINE}
    return [name for name in source.columns if name not in known]


def failed_cells(feed: Feed, cleaned: pl.DataFrame, verdicts: list[RowVerdict]) -> set[int]:
    """Put rows aside in which a spreadsheet shows an error where the feed reads a value."""
    names = [name for name in cleaned.columns if name != LINE]
    hits = cleaned.select(pl.col(names).str.starts_with("#").any()).row(0) if names else ()
    failed: set[int] = set()
    for name in (name for name, hit in zip(names, hits, strict=True) if hit):
        column = name.removeprefix(SOURCE)
        shown = sorted({*ERRORS, UNCALCULATED} - _words_of(feed, column))
        hit = cleaned.filter(pl.col(name).is_in(shown))[LINE].to_list()
        failed |= set(hit)
        verdicts += [_verdict(line, "cell-error", f"$.{column}") for line in hit]
    return failed


def _words_of(feed: Feed, column: str) -> set[str]:
    """Return the words to which the feed gives a meaning in a column."""
    words = set(feed.null_words)
    for each in feed.mappings:
        if column in each.columns:
            words |= {*(each.null_words or ()), *(each.codes or ())}
    return words


def refused_rows(
    feed: Feed, source: pl.DataFrame, done: Collection[int], verdicts: list[RowVerdict]
) -> set[int]:
    """Refuse, or put aside, rows with fields that the feed does not know, unless that is done."""
    if feed.unknown_fields in {"ignore", KEEP}:
        return set()
    fate = Verdict.REJECTED if feed.unknown_fields == "reject" else Verdict.QUARANTINED
    refused: set[int] = set()
    for name in unknown_columns(feed, source):
        filled = source.filter(pl.col(name).is_not_null())[LINE].to_list()
        hit = [line for line in filled if line not in done]
        refused |= set(hit)
        message = _unknown_field(feed, name)
        verdicts += [
            RowVerdict(
                row=line,
                verdict=fate,
                code="unknown-field",
                path=f"$.{name}",
                message=message,
            )
            for line in hit
        ]
    return refused


def _unknown_field(feed: Feed, name: str) -> str:
    """Say that the feed does not know a column, which of its own may be meant, and the remedy."""
    like = get_close_matches(name.upper(), [each.upper() for each in feed.columns], _NAMED, _LIKE)
    near = sorted(each for each in feed.columns if each.upper() in like)
    zh = f"，可能是 {'、'.join(near)}" if near else ""
    en = f"; perhaps it is {', '.join(near)}" if near else ""
    return (
        f"约定中没有字段 {name}{zh}；改列名，或写入约定的 fields 或 ignore"
        f" (the feed does not know the field {name}{en}; rename it, or add it to fields or ignore)"
    )


def _with_remedy(verdict: RowVerdict, mapping: FieldMapping | None, text: str) -> RowVerdict:
    """Return the verdict; it says what to do with a word without a code, or which limit holds."""
    message = None
    match verdict.code:
        case "unmapped-code" | "unknown-code" if mapping is not None:
            message = _no_code(mapping, text)
            if message is None and verdict.code == "unmapped-code":
                message = _unmapped(mapping, text)
        case "too-long" if mapping is not None:
            longest = mapping.target.max_length
            message = f"超过长度上限 {longest} 个字符 (longer than {longest} characters)"
        case "out-of-range" if mapping is not None:
            low, high = mapping.target.min, mapping.target.max
            bounds = " … ".join("" if each is None else str(each) for each in (low, high)).strip()
            message = f"超出取值范围 {bounds} (out of range: {bounds})"
        case code if code in REMEDIES and verdict.message == REASONS[code]:
            is_shown = mapping is not None and not mapping.target.is_closed
            message = _remedied(code, text if is_shown else "")
        case _:
            pass
    return verdict if message is None else replace(verdict, message=message)


def _no_code(mapping: FieldMapping, text: str) -> str | None:
    """Say that a word names a retired code, or several; nothing of a closed field."""
    told = None if mapping.target.is_closed else mapping.tell_word(text)
    return None if told is None else f"{told[0]} ({told[1]})"


def _remedied(code: str, text: str) -> str:
    """Say the reason, the value where it may be shown, and what to do."""
    zh, _, en = REASONS[code].removesuffix(")").partition(" (")
    remedy_zh, remedy_en = REMEDIES[code]
    if text:
        zh, en = f"{zh}：“{text[:_MAX_WORD]}”", f"{en}: “{text[:_MAX_WORD]}”"
    return f"{zh}；{remedy_zh} ({en}; {remedy_en})"


def _unmapped(mapping: FieldMapping, text: str) -> str:
    """Say which word has no code, which are like it, and the remedy; nothing of a closed field."""
    remedy_zh, remedy_en = "在约定的 codes 中补上", "add it to codes of the feed"
    if mapping.target.code_set:
        remedy_zh, remedy_en = f'{remedy_zh}，或用 "labels"', f'{remedy_en}, or use "labels"'
    if mapping.target.is_closed:
        return f"代码映射中没有这个值；{remedy_zh} (no mapping for this value; {remedy_en})"
    like = get_close_matches(text, list(mapping.codes or ()), _NAMED, _LIKE)
    near_zh = f"，相近的有 {'、'.join(like)}" if like else ""
    near_en = f", only for {', '.join(like)}" if like else ""
    word = text[:_MAX_WORD]
    return (
        f"代码映射中没有“{word}”{near_zh}；{remedy_zh}"
        f" (no mapping for “{word}”{near_en}; {remedy_en})"
    )


def explain(
    feed: Feed,
    bad: pl.DataFrame,
    refused: set[int],
    verdicts: list[RowVerdict],
    today: date,
) -> None:
    """Add a verdict for each fault of each bad row; refused rows have theirs already."""
    places = {each.target: f"$.{each.column}" for each in feed.measures}
    places |= {each.target.name: place_of(each) for each in feed.mappings}
    mappings = {each.target.name: each for each in feed.mappings}
    names = [name.removeprefix(FAULT) for name in bad.columns if name.startswith(FAULT)]
    failed = {(each.row, each.path) for each in verdicts if each.code == "cell-error"}
    told = set(verdicts)
    for row in bad.iter_rows(named=True):
        if row[LINE] in refused:
            continue
        for name in names:
            if (code := row[FAULT + name]) is None or (row[LINE], places[name]) in failed:
                continue
            text = row.get(TEXT + name) or ""
            verdict = _explained(row[LINE], code, places[name], mappings.get(name), text, today)
            # A NUL in a key is both a damaged text and a key that nobody can name.
            if verdict not in told:
                told.add(verdict)
                verdicts.append(verdict)


def _explained(
    line: int, code: str, path: str, mapping: FieldMapping | None, text: str, today: date
) -> RowVerdict:
    """Return the verdict of a fault, as precise as the text allows."""
    code, guess = _reason(mapping, code, text, today)
    return _with_remedy(_verdict(line, code, path, guess), mapping, text)


def waiting(
    feed: Feed, good: pl.DataFrame, absent: Mapping[str, Collection[str]]
) -> list[RowVerdict]:
    """Return a verdict for each parent of each row that has not come yet.

    Args:
        absent: of each parent field, keys under which there is no record.
    """
    return [
        _waits(line, each, key)
        for each in feed.parents
        if absent.get(each.target.name)
        for line, key in good.filter(pl.col(each.target.name).is_in(absent[each.target.name]))
        .select(LINE, each.target.name)
        .iter_rows()
    ]


def _waits(line: int, mapping: FieldMapping, key: str) -> RowVerdict:
    entity = mapping.target.ref
    return RowVerdict(
        row=line,
        verdict=Verdict.PARKED,
        code="parent-missing",
        path=place_of(mapping),
        message=f"等待 {entity} {key} (waits for this record)",
        waits_for=(f"{entity}:{key}",),
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


def _reason(
    mapping: FieldMapping | None, code: str, text: str, today: date
) -> tuple[str, str | None]:
    """Return the precise reason why a text is not of its form, and what it may have been."""
    if mapping is None or not code.startswith("not-"):
        return code, None
    may_tell = not mapping.target.is_closed
    match mapping.parse:
        case "id_number" if mapping.id_rules:
            code = why_no_id_number(text, mapping.id_rules.regions, today)
        case "term" if mapping.term and has_years_apart(text, mapping.term):
            return "term-years", None
        case "date" | "timestamp" if damage.has_two_readings(text):
            return "ambiguous-date", None
        case _:
            pass
    for is_damaged, guess in _DAMAGES.get(mapping.parse, ()):
        if (found := guess(text)) is not None:
            return is_damaged, found if may_tell else None
    return code, None


def _no_guess(text: str) -> str | None:
    return "" if damage.is_exponent(text) else None


_AS_NUMBER: Final = (("digits-lost", _no_guess), ("letter-in-number", damage.digits_from))
_AS_RANGE: Final = (("became-a-date", damage.range_from),)
_DAMAGES: Final[Mapping[str, Sequence[tuple[str, Callable[[str], str | None]]]]] = {
    **dict.fromkeys(
        ("digits", "id_number", "integer", "decimal", "percent", "ratio", "money"), _AS_NUMBER
    ),
    **dict.fromkeys(("sections", "weeks"), _AS_RANGE),
}
"""How a text may have been damaged, by its parser, with what it may have been before."""


def _verdict(line: int, code: str, path: str, guess: str | None = None) -> RowVerdict:
    message = REASONS[code]
    if guess:
        message += f"：可能是 {guess} (perhaps {guess})"
    verdict = _FATES.get(code, Verdict.QUARANTINED)
    return RowVerdict(row=line, verdict=verdict, code=code, path=path, message=message)


def place_of(mapping: FieldMapping) -> str:
    """Return where a row says what a field is: the paths of the columns that it is read from."""
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
