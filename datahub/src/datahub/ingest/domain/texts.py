"""First step: what the source says for each field, taken out of cells and wrappings.

Source: design "Data hub" 2 (raw text stays beside); ``dirty_cases`` D020, D030, D031, D042, D069,
D076.
"""

from collections.abc import Iterator
from typing import Final

import polars as pl

from datahub.ingest.domain import cleaning, parsing
from datahub.ingest.domain.columns import TEXT, flag_name, lookup_key, source
from datahub.ingest.domain.feed import Feed, FieldMapping, Split

_REMARK: Final = r"[（(][^（()）]*[)）]$"
_CHANGES_TEXT: Final = frozenset(
    {
        *("days_after", "digits", "id_number", "list", "money", "month", "name", "percent"),
        *("ratio", "sections", "term", "uscc", "weeks"),
    }
)
"""Parsers after which the source's text is kept beside the value."""


def padded(feed: Feed, mapping: FieldMapping) -> pl.Expr:
    """Return the texts of a field that were given their zeros back; null for the others."""
    text = _trimmed(mapping, _source_text(feed, mapping))
    return pl.when(_is_short(mapping, text)).then(_padded(mapping, text))


def text_columns(feed: Feed, mapping: FieldMapping) -> Iterator[pl.Expr]:
    """Return the text of a field, and what was done to it on the way."""
    text = _source_text(feed, mapping)
    trimmed = _trimmed(mapping, text)
    yield (_padded(mapping, trimmed) if mapping.pad else trimmed).alias(TEXT + mapping.target.name)
    if mapping.pad and mapping.pad.registry:
        yield _is_short(mapping, trimmed).alias(flag_name(mapping, "short"))
    if mapping.split and mapping.split.part is not None and mapping.split.warns:
        parts = parsing.parts_of(text, mapping.split.separators)
        several = parts.list.eval(pl.element() != "").list.sum() > 1
        yield several.alias(flag_name(mapping, "several"))
    if mapping.strip_remark:
        remark = _cut(mapping, text).str.contains(_REMARK)
        yield remark.alias(flag_name(mapping, "remark"))


def _source_text(feed: Feed, mapping: FieldMapping) -> pl.Expr:
    """Return the source's text of a field; null where the source says nothing."""
    if mapping.constant is not None:
        return pl.lit(mapping.constant)
    if not mapping.columns:
        assert mapping.lookup is not None
        return lookup_key(mapping.lookup)
    nothing = sorted(mapping.null_words or feed.null_words)
    parts = [pl.when(~source(name).is_in(nothing)).then(source(name)) for name in mapping.columns]
    if len(parts) == 1:
        return parts[0]
    if mapping.parse != "term":
        return pl.concat_str(parts, separator=mapping.join)
    # A year without a term is no term, and not nothing: it stands for the whole year.
    filled = pl.concat_str([part.fill_null("") for part in parts], separator=mapping.join)
    return pl.when(pl.any_horizontal(part.is_not_null() for part in parts)).then(filled)


def _cut(mapping: FieldMapping, text: pl.Expr) -> pl.Expr:
    """Take a text out of its wrapping, and the wanted part out of the text."""
    if mapping.html:
        text = cleaning.without_html(text)
    if mapping.unwrap:
        text = cleaning.unwrap(text)
    if mapping.split is not None and mapping.split.part is not None:
        text = part_of(text, mapping.split)
    return text


def part_of(text: pl.Expr, split: Split) -> pl.Expr:
    """Return the part of a cell that is wanted; null where the cell has fewer."""
    assert split.part is not None
    return parsing.parts_of(text, split.separators).list.get(split.part, null_on_oob=True)


def _trimmed(mapping: FieldMapping, text: pl.Expr) -> pl.Expr:
    text = _cut(mapping, text)
    if mapping.strip_remark:
        text = text.str.replace(_REMARK, "").str.strip_chars()
    for prefix in mapping.strip_prefix:
        text = text.str.strip_prefix(prefix).str.strip_chars_start(cleaning.BLANKS)
    for suffix in mapping.strip_suffix:
        text = text.str.strip_suffix(suffix).str.strip_chars_end(cleaning.BLANKS)
    if mapping.parse == "digits":
        text = parsing.without_fraction(text)
    if mapping.lower:
        text = text.str.to_lowercase()
    # What was only wrapping says nothing: ``=""`` is null, not an empty text.
    return pl.when(text != "").then(text)


def _is_short(mapping: FieldMapping, text: pl.Expr) -> pl.Expr:
    assert mapping.pad is not None
    return text.str.contains("^[0-9]+$") & (text.str.len_bytes() < mapping.pad.width)


def _padded(mapping: FieldMapping, text: pl.Expr) -> pl.Expr:
    assert mapping.pad is not None
    wide = text.str.pad_start(mapping.pad.width, mapping.pad.fill)
    return pl.when(_is_short(mapping, text)).then(wide).otherwise(text)


def raw_texts(feed: Feed) -> pl.Expr:
    """Return what the source wrote where the value differs from it, as JSON."""
    kept = [
        _written(each).alias(each.target.name)
        for each in feed.mappings
        if each.columns and changes_text(each)
    ]
    return pl.struct(kept).struct.json_encode() if kept else pl.lit(None, dtype=pl.String)


def _written(mapping: FieldMapping) -> pl.Expr:
    """Return what the source wrote, before anything was taken from it."""
    parts = [source(name) for name in mapping.columns]
    return parts[0] if len(parts) == 1 else pl.concat_str(parts, separator=mapping.join)


def changes_text(mapping: FieldMapping) -> bool:
    """Whether the value of a field may be another text than what the source wrote."""
    return (
        mapping.parse in _CHANGES_TEXT
        or mapping.codes is not None
        or (mapping.scale is not None or mapping.decimal_comma)
        or mapping.strip_remark
        or mapping.pad is not None
        or bool(mapping.null_dates or mapping.formats)
        or bool(mapping.strip_prefix or mapping.strip_suffix)
        or (mapping.unwrap or mapping.html or mapping.lower)
        or (mapping.split is not None and mapping.split.part is not None)
    )
