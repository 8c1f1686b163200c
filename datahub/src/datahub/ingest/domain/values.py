"""Second step: codes and parsers turn what the source says into canonical values.

Source: design "Data hub" 2; ``dirty_cases`` D001–D049, D056, D057, D099–D101.
"""

from datetime import date
from functools import partial

import polars as pl

from datahub.dictionary.domain.entity import FieldType
from datahub.ingest.domain import cleaning, identity, parsing, ranges, terms
from datahub.ingest.domain.columns import (
    Found,
    lookup_key,
    source,
    text_of,
    value_of,
    wanted,
)
from datahub.ingest.domain.feed import Feed, FieldMapping, Lookup, Measure, Split
from datahub.ingest.domain.texts import part_of


def coded(mapping: FieldMapping) -> pl.Expr:
    """Return what the code mapping makes of a field's text; null where it knows no code."""
    text = text_of(mapping)
    code = text.replace_strict(dict(mapping.codes or {}), default=None, return_dtype=pl.String)
    return pl.coalesce(code, text) if mapping.unmapped == "keep" else code


def value(mapping: FieldMapping, found: Found, today: date) -> pl.Expr:
    """Return the canonical value of a field; null where its text is not of the agreed form."""
    if mapping.lookup is not None:
        parsed = _looked_up(mapping.lookup, found)
    else:
        parsed = _parsed(mapping, wanted(mapping), found, today)
    if mapping.default is None:
        return parsed
    # Only for a source that says nothing: what it says wrongly is never replaced.
    return pl.when(text_of(mapping).is_null()).then(pl.lit(mapping.default)).otherwise(parsed)


def _parsed(  # noqa: C901, PLR0911, PLR0912 — one branch a parser: a reader finds his in one look
    mapping: FieldMapping, text: pl.Expr, found: Found, today: date
) -> pl.Expr:
    match mapping.parse:
        case "integer" | "decimal" | "percent" | "ratio" | "money":
            text = parsing.with_point(text) if mapping.decimal_comma else text
            return parsing.with_exponents(text, partial(_number, mapping))
        case "boolean":
            return parsing.boolean(text)
        case "date":
            return parsing.date(text, mapping.formats)
        case "month":
            return parsing.month(text, mapping.formats)
        case "timestamp":
            return parsing.timestamp(text, mapping.formats)
        case "days_after":
            return parsing.days_after(text, _day0(mapping, found))
        case "digits":
            return parsing.digits(text)
        case "name":
            return cleaning.name(text)
        case "term":
            assert mapping.term is not None
            return terms.term(text, mapping.term)
        case "id_number":
            return _id_number(mapping, text, today)
        case "uscc":
            return identity.uscc(text)
        case "weeks" | "sections":
            is_list = mapping.target.type is FieldType.LIST
            write = ranges.as_list if is_list else ranges.as_text
            return text.map_batches(write, return_dtype=pl.String)
        case "list":
            return _list(text, mapping.split)
        case _:
            return text


def _number(mapping: FieldMapping, text: pl.Expr) -> pl.Expr:
    match mapping.parse:
        case "integer":
            return _scaled(mapping, parsing.integer(text))
        case "decimal":
            return _scaled(mapping, parsing.decimal(text))
        case "percent":
            return parsing.percent(text)
        case "ratio":
            return parsing.ratio(text)
        case _:
            return parsing.money(text, mapping.scale)


def _scaled(mapping: FieldMapping, number: pl.Expr) -> pl.Expr:
    if mapping.scale is None:
        return number
    scaled = parsing.scaled(number, mapping.scale)
    return parsing.integer(scaled) if mapping.target.type is FieldType.INTEGER else scaled


def _list(text: pl.Expr, split: Split | None) -> pl.Expr:
    if split is None:
        return parsing.text_list(text, ",")
    each = part_of(pl.element(), split.each) if split.each else None
    return parsing.text_list(text, split.separators, each)


def _day0(mapping: FieldMapping, found: Found) -> pl.Expr:
    day0 = mapping.day0
    assert day0 is not None
    if day0.lookup is not None:
        return _looked_up(day0.lookup, found)
    if day0.column is not None:
        return source(day0.column).replace_strict(
            dict(day0.codes), default=None, return_dtype=pl.String
        )
    return pl.lit(day0.constant)


def _looked_up(lookup: Lookup, found: Found) -> pl.Expr:
    values = {key: value or None for key, value in found.get(lookup, {}).items()} or {"": None}
    return lookup_key(lookup).replace_strict(values, default=None, return_dtype=pl.String)


def _id_number(mapping: FieldMapping, text: pl.Expr, today: date) -> pl.Expr:
    rules = mapping.id_rules
    assert rules is not None
    check = partial(identity.id_numbers, regions=rules.regions, today=today)
    if rules.type_column is None:
        return text.map_batches(check, return_dtype=pl.String)
    is_citizen = source(rules.type_column).is_in(sorted(rules.types))
    checked = pl.when(is_citizen).then(text).map_batches(check, return_dtype=pl.String)
    return pl.when(is_citizen).then(checked).otherwise(text)


def measured(feed: Feed, measure: Measure) -> pl.Expr:
    """Return what a line adds to a total; null where it is no number."""
    if measure.column is None:
        return pl.lit("1")
    whole = feed.entity.fields[measure.target].type is FieldType.INTEGER
    parse = parsing.integer if whole else parsing.decimal
    text = source(measure.column)
    text = parsing.with_point(text) if measure.decimal_comma else text
    return parsing.with_exponents(text, parse)


def final(mapping: FieldMapping) -> pl.Expr:
    """Return the value that goes into the record: a date that stands for none is null."""
    parsed = value_of(mapping.target.name)
    return pl.when(~is_placeholder(mapping)).then(parsed) if mapping.null_dates else parsed


def is_placeholder(mapping: FieldMapping) -> pl.Expr:
    """Whether a date stands for none, by its value or, where it is no date at all, by its text."""
    days = sorted(mapping.null_dates)
    written = (
        days + [day.replace("-", "") for day in days] + [day.replace("-", "/") for day in days]
    )
    text, parsed = text_of(mapping), value_of(mapping.target.name)
    by_text = text.str.replace(" .*$", "").is_in(written)
    return (by_text | parsed.str.head(10).is_in(days).fill_null(value=False)).fill_null(value=False)
