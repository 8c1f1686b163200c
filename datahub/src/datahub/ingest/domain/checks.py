"""Last step: what is wrong with a value, and what is odd about one that stands all the same.

Source: design "Data hub" 2; ``dirty_cases`` D012–D014, D030, D031, D035, D061, D062, D069, D080,
D100, D102, D141.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

import polars as pl

from datahub.dictionary.domain.entity import DOT_SEGMENT, VALIDITY
from datahub.ingest.domain import cleaning, identity, parsing
from datahub.ingest.domain.columns import (
    CODED,
    FAULT,
    WARNING,
    Check,
    Found,
    flag,
    source,
    text_of,
    value_of,
    wanted,
)
from datahub.ingest.domain.damage import EXPONENT
from datahub.ingest.domain.feed import TODAY, Feed, FieldMapping
from datahub.ingest.domain.values import final, is_placeholder, measured

MAX_MEASURE: Final = 10**12
"""What a line may add to a sum, either way: millions of lines stay within 64 bits."""

MAX_NAME: Final = 500
"""Characters: a longer field may hold a document, such as the answers of a survey."""

_CONTROL: Final = r"[\x00-\x1f\x7f\u{85}\u{2028}\u{2029}]"
JSON_STARTS: Final = ('{"', '["', "[{")
"""How an object or a list of JSON begins where a text was agreed on."""

_TENTH_OR_FIRST: Final = r"^[0-9]{4}\.1$"


def faults(feed: Feed, found: Found, today: date) -> Iterator[pl.Expr]:
    """Return the reason why a field's value cannot stand, or null: one column per field."""
    for mapping in feed.mappings:
        checks = [
            *_form_checks(mapping, found),
            *_presence_checks(feed, mapping),
            *_limits(mapping, today),
            *_order(feed, mapping),
        ]
        fault = pl.lit(None, dtype=pl.String)
        for condition, code in reversed(checks):
            fault = pl.when(condition).then(pl.lit(code)).otherwise(fault)
        if checks:
            yield fault.alias(FAULT + mapping.target.name)
    for measure in feed.measures:
        value = measured(feed, measure)
        is_giant = value.cast(pl.Float64, strict=False).abs() >= MAX_MEASURE
        unread = pl.when(value.is_null()).then(pl.lit("not-decimal"))
        fault = unread.when(is_giant).then(pl.lit("out-of-range"))
        yield fault.alias(FAULT + measure.target)


def _form_checks(mapping: FieldMapping, found: Found) -> Iterator[Check]:
    name = mapping.target.name
    text, value = text_of(mapping), value_of(name)
    if mapping.registry is not None:
        known = list(found.get(mapping.registry, {}))
        yield flag(mapping, "short") & ~text.is_in(known), "lost-zero"
    if mapping.codes is not None and mapping.unmapped is None:
        yield text.is_not_null() & pl.col(CODED + name).is_null(), "unmapped-code"
    if mapping.lookup is not None:
        yield text.is_not_null() & value.is_null(), "no-parent"
        return
    failed = wanted(mapping).is_not_null() & value.is_null()
    if mapping.null_dates:
        failed &= ~is_placeholder(mapping)
    if mapping.day0 is not None and mapping.day0.lookup is not None:
        yield failed, "no-parent"
    elif mapping.parse not in {"text", "name"}:
        yield failed, f"not-{mapping.parse}"


def _presence_checks(feed: Feed, mapping: FieldMapping) -> Iterator[Check]:
    target, value = mapping.target, final(mapping)
    if target.required:
        yield value.is_null() | (value == ""), "missing"
    is_text = mapping.parse in {"text", "name"} and mapping.codes is None
    if is_text and (target.max_length or MAX_NAME) <= MAX_NAME:
        yield pl.any_horizontal(value.str.starts_with(each) for each in JSON_STARTS), "not-text"
    if target.name in feed.entity.key or target.ref is not None:
        # Keys stand in scopes, subjects of events and addresses.
        unnameable = value.str.contains(_CONTROL) | (value.str.strip_chars() != value)
        yield unnameable, "control-character"
        yield value.str.contains(DOT_SEGMENT), "dot-segment"
        yield value.is_in(["true", "false"]), "not-text"
        if mapping.parse == "text":
            yield value.str.contains(EXPONENT), "digits-lost"


def _limits(mapping: FieldMapping, today: date) -> Iterator[Check]:
    target, value = mapping.target, final(mapping)
    if target.max_length is not None:
        yield value.str.len_chars() > target.max_length, "too-long"
    if mapping.allowed is not None:
        allowed = sorted(mapping.allowed | mapping.extra)
        yield value.is_not_null() & ~value.is_in(allowed), "unknown-code"
    if target.min is not None or target.max is not None:
        number = value.cast(pl.Float64, strict=False)
        low = number < float(target.min) if target.min is not None else pl.lit(False)
        high = number > float(target.max) if target.max is not None else pl.lit(False)
        yield low | high, "out-of-range"
    for limit, is_beyond in ((mapping.not_before, value.__lt__), (mapping.not_after, value.__gt__)):
        if limit is not None:
            day = today.isoformat() if limit == TODAY else limit
            yield is_beyond(pl.lit(day)), "date-out-of-range"


def _order(feed: Feed, mapping: FieldMapping) -> Iterator[Check]:
    """Hold the end of a period of validity against its beginning, where the feed says both."""
    begin, end = VALIDITY
    begins = [each for each in feed.mappings if each.target.name == begin]
    if mapping.target.name == end and begins:
        yield final(mapping) < final(begins[0]), "ends-before-it-begins"


def warnings(feed: Feed, found: Found) -> Iterator[pl.Expr]:
    """Return what is odd about a field's value, which stands all the same: a column for each."""
    mapped = {each.target.name for each in feed.mappings}
    for mapping in feed.mappings:
        name = mapping.target.name
        for condition, code in [*_text_warnings(mapping, found), *_value_warnings(mapping, mapped)]:
            yield condition.fill_null(value=False).alias(f"{WARNING}{name}:{code}")


def _text_warnings(mapping: FieldMapping, found: Found) -> Iterator[Check]:
    text = text_of(mapping)
    if mapping.split and mapping.split.part is not None and mapping.split.warns:
        yield flag(mapping, "several"), "first-of-several"
    if mapping.strip_remark:
        yield flag(mapping, "remark"), "remark-dropped"
    if mapping.registry is not None:
        known = list(found.get(mapping.registry, {}))
        yield flag(mapping, "short") & text.is_in(known), "zero-restored"
    if mapping.default_warns:
        yield text.is_null(), "defaulted"
    if "%Y.%m" in mapping.formats or (mapping.parse == "month" and not mapping.formats):
        yield text.str.contains(_TENTH_OR_FIRST), "month-1-or-10"


def _value_warnings(mapping: FieldMapping, mapped: set[str]) -> Iterator[Check]:
    text, value = text_of(mapping), value_of(mapping.target.name)
    if mapping.extra:
        yield value.is_in(sorted(mapping.extra)), "beyond-code-set"
    if mapping.null_dates:
        yield is_placeholder(mapping), "placeholder-date"
    match mapping.parse:
        case "money":
            yield parsing.is_in_wan(text), "in-wan"
        case "name":
            private = text.str.contains(cleaning.PRIVATE_USE)
            unknown = value.str.contains(cleaning.PRIVATE_USE)
            yield private & ~unknown, "private-use"
            yield unknown, "private-use-unknown"
        case "id_number":
            yield from _id_warnings(mapping, mapped)
        case _:
            pass


def _id_warnings(mapping: FieldMapping, mapped: set[str]) -> Iterator[Check]:
    rules = mapping.id_rules
    assert rules is not None
    number = value_of(mapping.target.name)
    if rules.type_column is not None:
        is_citizen = source(rules.type_column).is_in(sorted(rules.types))
        number = pl.when(is_citizen).then(number)
    yield identity.is_old_form(text_of(mapping)) & (number != text_of(mapping)), "old-id-number"
    if rules.sex in mapped:
        sex = value_of(rules.sex)
        differs = sex.is_in(["1", "2"]) & (sex != identity.sex_of(number))
        yield differs, "sex-contradicts-id"
    if rules.birth_date in mapped:
        born = value_of(rules.birth_date)
        yield ~identity.is_born_on(number, born), "birth-date-contradicts-id"
