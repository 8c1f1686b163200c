"""Map source rows to canonical rows by a feed: vectorised, explained, nothing guessed.

`apply` turns a feed into column expressions, runs them over a chunk and returns the canonical
rows, and for every other row all reasons why it is none. Unknown values are never guessed and
never dropped: they are put aside with the raw text. Source: design "Data hub" 2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from datahub.dictionary.domain.entity import FieldType, record_key
from datahub.ingest.domain import parsing
from datahub.ingest.domain.cleaning import clean, clean_text, unwrap
from datahub.ingest.domain.feed import Feed, FieldMapping, Lookup, Measure
from datahub.ingest.domain.ledger import RowVerdict, Verdict
from datahub.ingest.domain.reading import LINE, Chunk
from datahub.ingest.domain.verdicts import (
    broken_rows,
    explain,
    lookup_empty,
    raw_rows,
    refused_rows,
)

KEY: Final = "#key"
RAW: Final = "#raw"

MAX_MEASURE: Final = 10**12
"""What a line may add to a sum, either way: millions of lines stay within 64 bits."""

_UNNAMEABLE: Final = r"[\x00-\x1f\x7f\u{85}\u{2028}\u{2029}]|^\s|\s$"
"""What no key may hold: keys stand in scopes, subjects of events and addresses."""

Found = Mapping[Lookup, Mapping[str, str]]
"""For each lookup, the value by record key."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What became of a chunk."""

    good: pl.DataFrame
    """Canonical rows: ``#key``, ``#line``, ``#raw`` and the feed's fields, all as text."""

    verdicts: Sequence[RowVerdict]
    """Reasons of every other row; a row may have several."""

    raw: Mapping[int, Mapping[str, str | None]]
    """The source record of every row that has a verdict, by line."""


def apply(feed: Feed, chunk: Chunk, found: Found) -> Mapped:
    """Map one chunk.

    Args:
        found: what the feed's lookups gave; a key that is absent means the row's parent has
            not come yet, and the row is parked.
    """
    source = chunk.frame
    verdicts: list[RowVerdict] = []
    cleaned = _with_columns(source, feed)
    broken = broken_rows(source, verdicts)
    refused = refused_rows(feed, source, verdicts)
    values, faults = _expressions(feed, found)
    mapped = cleaned.select(pl.col(LINE), *values, *faults)
    fault_names = [name for name in mapped.columns if name.startswith("!")]
    is_bad = mapped.select(
        (pl.any_horizontal(pl.col(fault_names).is_not_null()) if fault_names else pl.lit(False))
        | pl.col(LINE).is_in(list(broken | refused))
    ).to_series()
    if is_bad.any():
        explain(feed, mapped.filter(is_bad), fault_names, refused, verdicts)
    good = mapped.filter(~is_bad).drop(fault_names)
    good = _with_key(feed, good)
    if not feed.is_aggregating:
        good = _keep_last(good, verdicts)
    lines = {each.row for each in verdicts if each.verdict is not Verdict.DUPLICATE}
    return Mapped(good, verdicts, raw_rows(source, lines))


def lookup_keys(feed: Feed, chunk: Chunk) -> Mapping[Lookup, list[str]]:
    """Return the record keys that the feed's lookups will ask for in this chunk."""
    wanted: dict[Lookup, list[str]] = {}
    cleaned = _with_columns(chunk.frame, feed)
    for mapping in feed.mappings:
        for lookup in mapping.lookups:
            keys = cleaned.select(_lookup_key(lookup)).to_series().drop_nulls().unique()
            wanted[lookup] = keys.to_list()
    return wanted


def with_waits(feed: Feed, mapped: Mapped, found: Found) -> Mapped:
    """Say which record a row waits for that its lookup did not find."""
    lookups = [lookup for each in feed.mappings for lookup in each.lookups]
    verdicts = []
    for verdict in mapped.verdicts:
        if verdict.code == "no-parent":
            row = mapped.raw[verdict.row]
            waits = [
                f"{lookup.entity}:{key}"
                for lookup in lookups
                if (key := record_key([clean_text(row.get(name) or "") for name in lookup.key]))
                not in found.get(lookup, {})
            ]
            verdicts.append(
                replace(verdict, waits_for=waits[0]) if waits else lookup_empty(verdict)
            )
        else:
            verdicts.append(verdict)
    return Mapped(mapped.good, verdicts, mapped.raw)


def _with_columns(source: pl.DataFrame, feed: Feed) -> pl.DataFrame:
    """Return the columns that the feed reads, cleaned; one that did not come is null."""
    absent = pl.Series([None] * source.height, dtype=pl.String)
    return pl.DataFrame(
        [
            source[LINE],
            *(
                clean(source[name] if name in source.columns else absent).alias(name)
                for name in sorted(feed.columns)
            ),
        ]
    )


def _expressions(feed: Feed, found: Found) -> tuple[list[pl.Expr], list[pl.Expr]]:
    values: list[pl.Expr] = []
    faults: list[pl.Expr] = []
    raw: list[pl.Expr] = []
    for mapping in feed.mappings:
        text = _source_text(feed, mapping)
        value = _parsed(mapping, _coded(mapping, text), found)
        if mapping.default is not None:
            # Only for a source that says nothing: what it says wrongly is never replaced.
            value = pl.when(text.is_null()).then(pl.lit(mapping.default)).otherwise(value)
        name = mapping.target.name
        values.append(value.alias(name))
        faults += _faults(feed, mapping, text, value)
        if mapping.codes is not None or mapping.scale is not None or mapping.parse == "days_after":
            raw.append(text.alias(name))
    values += [_measure(feed, each).alias(each.target) for each in feed.measures]
    faults += [
        _measure_fault(_measure(feed, each)).alias(f"!{each.target}") for each in feed.measures
    ]
    values.append((pl.struct(raw).struct.json_encode() if raw else pl.lit(None)).alias(RAW))
    return values, faults


def _measure(feed: Feed, measure: Measure) -> pl.Expr:
    if measure.column is None:
        return pl.lit("1")
    whole = feed.entity.fields[measure.target].type is FieldType.INTEGER
    return (parsing.integer if whole else parsing.decimal)(pl.col(measure.column))


def _measure_fault(value: pl.Expr) -> pl.Expr:
    is_giant = value.cast(pl.Float64, strict=False).abs() >= MAX_MEASURE
    unread = pl.when(value.is_null()).then(pl.lit("not-decimal"))
    return unread.when(is_giant).then(pl.lit("out-of-range"))


def _source_text(feed: Feed, mapping: FieldMapping) -> pl.Expr:
    """Return the source text of a field; null where the source says nothing."""
    if mapping.constant is not None:
        return pl.lit(mapping.constant)
    if not mapping.columns:
        assert mapping.lookup is not None
        return _lookup_key(mapping.lookup)
    nothing = list(mapping.null_words or feed.null_words)
    parts = [pl.when(~pl.col(name).is_in(nothing)).then(pl.col(name)) for name in mapping.columns]
    text = parts[0] if len(parts) == 1 else pl.concat_str(parts, separator=mapping.join)
    return _trimmed(mapping, text)


def _trimmed(mapping: FieldMapping, text: pl.Expr) -> pl.Expr:
    if mapping.unwrap:
        text = unwrap(text)
    if mapping.split is not None and mapping.part is not None:
        text = text.str.split(mapping.split).list.get(mapping.part, null_on_oob=True)
        text = text.str.strip_chars()
    for prefix in mapping.strip_prefix:
        text = text.str.strip_prefix(prefix)
    for suffix in mapping.strip_suffix:
        text = text.str.strip_suffix(suffix)
    if mapping.lower:
        text = text.str.to_lowercase()
    # What was only wrapping says nothing: ``=""`` is null, not an empty text.
    text = pl.when(text != "").then(text)
    if mapping.pad_width is not None:
        text = text.str.pad_start(mapping.pad_width, mapping.pad_with)
    return text


def _coded(mapping: FieldMapping, text: pl.Expr) -> pl.Expr:
    if mapping.codes is None:
        return text
    coded = text.replace_strict(dict(mapping.codes), default=None, return_dtype=pl.String)
    return pl.coalesce(coded, text) if mapping.keep_unmapped else coded


def _parsed(mapping: FieldMapping, text: pl.Expr, found: Found) -> pl.Expr:  # noqa: C901, PLR0911, PLR0912
    """Return the canonical value; one branch per parser, and a reader finds his in one look."""
    if mapping.lookup is not None:
        return _looked_up(mapping.lookup, found)
    match mapping.parse:
        case "integer":
            value = parsing.integer(text)
        case "decimal":
            value = parsing.decimal(text)
        case "percent":
            return parsing.percent(text)
        case "money":
            return parsing.money(text)
        case "boolean":
            return parsing.boolean(text)
        case "date":
            return parsing.date(text, mapping.formats)
        case "timestamp":
            return parsing.timestamp(text, mapping.formats)
        case "days_after":
            return parsing.days_after(text, _day0(mapping, found))
        case "list":
            return parsing.text_list(text, mapping.split or ",")
        case _:
            return text
    if mapping.scale is None:
        return value
    scaled = parsing.scaled(value, mapping.scale)
    return parsing.integer(scaled) if mapping.target.type is FieldType.INTEGER else scaled


def _day0(mapping: FieldMapping, found: Found) -> pl.Expr:
    day0 = mapping.day0
    assert day0 is not None
    if day0.lookup is not None:
        return _looked_up(day0.lookup, found)
    if day0.column is not None:
        return pl.col(day0.column).replace_strict(
            dict(day0.codes), default=None, return_dtype=pl.String
        )
    return pl.lit(day0.constant)


def _lookup_key(lookup: Lookup) -> pl.Expr:
    return _key_of([pl.col(name) for name in lookup.key])


def _looked_up(lookup: Lookup, found: Found) -> pl.Expr:
    values = {key: value or None for key, value in found.get(lookup, {}).items()} or {"": None}
    return _lookup_key(lookup).replace_strict(values, default=None, return_dtype=pl.String)


def _key_of(parts: Sequence[pl.Expr]) -> pl.Expr:
    """Join the parts of a record key; see `datahub.dictionary.domain.entity.record_key`."""
    if len(parts) == 1:
        return parts[0]
    escaped = [
        part.str.replace_all("%", "%25", literal=True).str.replace_all("/", "%2F", literal=True)
        for part in parts
    ]
    return pl.concat_str(escaped, separator="/")


def _faults(feed: Feed, mapping: FieldMapping, text: pl.Expr, value: pl.Expr) -> list[pl.Expr]:
    """Return the reason why a field's value cannot stand, or null: one column per field."""
    target = mapping.target
    checks: list[tuple[pl.Expr, str]] = []
    if mapping.codes is not None and not mapping.keep_unmapped:
        coded = _coded(mapping, text)
        checks.append((text.is_not_null() & coded.is_null(), "unmapped-code"))
    if mapping.parse == "days_after":
        lookup_missing = _day0_is_looked_up(mapping)
        failed = text.is_not_null() & value.is_null()
        checks.append((failed, "not-days_after" if not lookup_missing else "no-parent"))
    elif mapping.lookup is not None:
        checks.append((text.is_not_null() & value.is_null(), "no-parent"))
    elif mapping.parse != "text":
        checks.append((text.is_not_null() & value.is_null(), f"not-{mapping.parse}"))
    if target.required:
        checks.append((value.is_null() | (value == ""), "missing"))
    if target.name in feed.entity.key or target.ref is not None:
        checks.append((value.str.contains(_UNNAMEABLE), "control-character"))
    checks += _limits(mapping, value)
    fault = pl.lit(None, dtype=pl.String)
    for condition, code in reversed(checks):
        fault = pl.when(condition).then(pl.lit(code)).otherwise(fault)
    return [fault.alias(f"!{target.name}")] if checks else []


def _day0_is_looked_up(mapping: FieldMapping) -> bool:
    return mapping.day0 is not None and mapping.day0.lookup is not None


def _limits(mapping: FieldMapping, value: pl.Expr) -> list[tuple[pl.Expr, str]]:
    target = mapping.target
    checks: list[tuple[pl.Expr, str]] = []
    if target.max_length is not None:
        checks.append((value.str.len_chars() > target.max_length, "too-long"))
    if mapping.allowed is not None:
        checks.append((value.is_not_null() & ~value.is_in(sorted(mapping.allowed)), "unknown-code"))
    if target.min is not None or target.max is not None:
        number = value.cast(pl.Float64, strict=False)
        low = number < float(target.min) if target.min is not None else pl.lit(False)
        high = number > float(target.max) if target.max is not None else pl.lit(False)
        checks.append((low | high, "out-of-range"))
    return checks


def _with_key(feed: Feed, good: pl.DataFrame) -> pl.DataFrame:
    return good.with_columns(_key_of([pl.col(name) for name in feed.entity.key]).alias(KEY))


def _keep_last(good: pl.DataFrame, verdicts: list[RowVerdict]) -> pl.DataFrame:
    """Keep the last row of each key; the ones before it are duplicates."""
    if not good[KEY].is_duplicated().any():
        return good
    kept = good.unique(subset=[KEY], keep="last", maintain_order=True)
    lost = good.join(kept.select(LINE), on=LINE, how="anti")
    verdicts += [
        RowVerdict(
            row=line,
            verdict=Verdict.DUPLICATE,
            code="duplicate-key",
            path="$",
            message=f"同批次后面还有相同主键 {key} (a later row has the same key)",
        )
        for line, key in lost.select(LINE, KEY).iter_rows()
    ]
    return kept
