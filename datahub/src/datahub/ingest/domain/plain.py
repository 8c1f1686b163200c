"""Few rows whose every value is plain are mapped here, one value at a time.

To plan the column expressions of a feed takes some milliseconds, however few rows there are: most
of what a record costs that comes alone. What is not plain (unusual characters, another form than
the usual one, a fault, something odd) is left to those expressions, so that there is one place
that says what becomes of it; a test holds the two against each other. Source: those of the
expressions (`values`, `checks`); what counts as plain is our default.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import msgspec
import polars as pl

from datahub.dictionary.domain.entity import DOT_SEGMENT, VALIDITY, record_key
from datahub.ingest.domain import checks, parsing
from datahub.ingest.domain.cleaning import BLANKS
from datahub.ingest.domain.columns import KEY, RAW
from datahub.ingest.domain.damage import EXPONENT
from datahub.ingest.domain.feed import Feed, FieldMapping
from datahub.ingest.domain.leaving_out import LEFT_OUT, left_out
from datahub.ingest.domain.reading import LINE, Chunk
from datahub.ingest.domain.texts import changes_text
from datahub.ingest.domain.verdicts import BROKEN, unknown_columns

FEW: Final = 1_500
"""Cells: above this the expressions take less time."""

_PLAN: Final = "plain"

_HAN: Final = re.compile("[ -~\u4e00-\u9fff]*")
_BROKEN: Final = re.compile(BROKEN)
_NEVER_FIRST: Final = (" ", "#")

_INTEGER: Final = re.compile("0|-?[1-9][0-9]{0,17}")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,27}(\.[0-9]+)?")
_DAY: Final = re.compile("[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}")
_INSTANT: Final = re.compile("[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}")
_SEPARATORS: Final = {
    parsing.TIMESTAMP_FORMATS: " T",
    ("%Y-%m-%d %H:%M:%S",): " ",
    ("%Y-%m-%dT%H:%M:%S",): "T",
}
"""What may stand between day and time, by the formats of a field."""

_SUMMER_TIME_ENDED: Final = 1992
_CAMPUS: Final = timedelta(hours=8)

_DOTS: Final = re.compile(DOT_SEGMENT)
_LOST: Final = re.compile(EXPONENT)
_BOOLEANS: Final = {
    **dict.fromkeys(parsing.TRUE_WORDS, "true"),
    **dict.fromkeys(parsing.FALSE_WORDS, "false"),
}

Row = Mapping[str, str | None]
Read = Callable[[str], str]


class NotPlainError(Exception):
    """The expressions are to look at this."""


def _integer(text: str) -> str:
    return _matching(_INTEGER, text)


def _decimal(text: str) -> str:
    return _matching(_DECIMAL, text)


def _boolean(text: str) -> str:
    word = _BOOLEANS.get(text.lower())
    if word is None:
        raise NotPlainError
    return word


def _date(text: str) -> str:
    try:
        return date.fromisoformat(_matching(_DAY, text)).isoformat()
    except ValueError:
        raise NotPlainError from None


def _instant(separators: str) -> Read:
    def read(text: str) -> str:
        if _matching(_INSTANT, text)[10] not in separators:
            raise NotPlainError
        try:
            local = datetime.fromisoformat(text)
        except ValueError:
            raise NotPlainError from None
        if local.year < _SUMMER_TIME_ENDED:
            raise NotPlainError
        return f"{(local - _CAMPUS).isoformat()}Z"

    return read


def _matching(form: re.Pattern[str], text: str) -> str:
    if form.fullmatch(text) is None:
        raise NotPlainError
    return text


_READS: Final[Mapping[str, Read]] = {
    "text": str,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
}


def _reader(mapping: FieldMapping) -> Read | None:
    """Return what reads the plain form of a value; None where none is known."""
    if mapping.parse == "date" and (mapping.formats or parsing.DATE_FORMATS)[0] != "%Y-%m-%d":
        return None
    if mapping.parse == "timestamp":
        separators = _SEPARATORS.get(mapping.formats or parsing.TIMESTAMP_FORMATS)
        return None if separators is None else _instant(separators)
    return _READS.get(mapping.parse)


def _asks_for_more(mapping: FieldMapping) -> bool:
    """Whether a mapping does what only the expressions do."""
    target = mapping.target
    return any(
        (
            *(mapping.split, mapping.html, mapping.strip_remark, mapping.pad, mapping.lookups),
            *(
                mapping.scale,
                mapping.decimal_comma,
                mapping.null_dates,
                mapping.not_before,
                mapping.not_after,
            ),
            mapping.needs_today,
            not mapping.columns and mapping.constant is None,
            target.name == VALIDITY[1],
            "%Y.%m" in mapping.formats,
            {target.min, target.max} != {None} and mapping.parse not in {"integer", "decimal"},
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Value:
    """How one field is read."""

    mapping: FieldMapping
    nothing: frozenset[str]
    read: Read
    is_name: bool
    """Whether the value stands in keys."""

    is_text: bool
    least: float
    most: float

    def of(self, row: Row) -> str | None:
        """Return the value of a field.

        Raises:
            NotPlainError: the expressions are to look at it.
        """
        mapping = self.mapping
        text = self._text(row)
        if text is None:
            if mapping.default_warns:
                raise NotPlainError
            return self._checked(mapping.default)
        if mapping.codes is not None:
            code = mapping.codes.get(text)
            if code is None and mapping.unmapped is None:
                raise NotPlainError
            text = (text if mapping.unmapped == "keep" else None) if code is None else code or None
        return self._checked(None if text is None else self.read(text))

    def _text(self, row: Row) -> str | None:
        mapping = self.mapping
        text = mapping.constant
        if text is None:
            parts = [row.get(name) for name in mapping.columns]
            told = [part for part in parts if part is not None and part not in self.nothing]
            if len(told) < len(parts):
                return None
            text = mapping.join.join(told)
        if mapping.unwrap:
            if text.startswith(("=", "'")):
                raise NotPlainError
            text = text.strip(BLANKS)
        for prefix in mapping.strip_prefix:
            text = text.removeprefix(prefix).lstrip(BLANKS)
        for suffix in mapping.strip_suffix:
            text = text.removesuffix(suffix).rstrip(BLANKS)
        return (text.lower() if mapping.lower else text) or None

    def _checked(self, value: str | None) -> str | None:
        target, allowed = self.mapping.target, self.mapping.allowed
        if value is None:
            if target.required:
                raise NotPlainError
            return None
        is_faulty = (
            (self.is_name and self._is_unnameable(value))
            or (target.max_length is not None and len(value) > target.max_length)
            or (allowed is not None and value not in allowed)
            or (self.is_text and value.startswith(checks.JSON_STARTS))
            or not (value and self.least <= self._number(value) <= self.most)
        )
        if is_faulty:
            raise NotPlainError
        return value

    def _number(self, value: str) -> float:
        return 0.0 if self.least == -_INFINITE and self.most == _INFINITE else float(value)

    def _is_unnameable(self, value: str) -> bool:
        return (
            value != value.strip()
            or value in {"true", "false"}
            or _DOTS.search(value) is not None
            or (self.mapping.parse == "text" and _LOST.fullmatch(value) is not None)
        )


_INFINITE: Final = float("inf")


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the rows of a feed are read."""

    values: Sequence[_Value]
    raw: Mapping[str, FieldMapping]
    """Fields of which the source's text is kept."""


def map_rows(feed: Feed, chunk: Chunk, mode: str) -> pl.DataFrame | None:
    """Return canonical rows as `datahub.ingest.domain.mapping.apply` does; None: ask that."""
    plan = _plan_of(feed)
    if plan is None or not 0 < chunk.frame.height * len(plan.values) <= FEW:
        return None
    columns = {name: chunk.frame[name].to_list() for name in chunk.frame.columns if name != LINE}
    if not columns or any(any(columns[name]) for name in _refused(feed, chunk)):
        return None
    try:
        for column in columns.values():
            _look_at(column)
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        made = [{each.mapping.target.name: each.of(row) for each in plan.values} for row in rows]
    except NotPlainError:
        return None
    keys = [record_key([str(row[name]) for name in feed.entity.key]) for row in made]
    if len(set(keys)) < len(keys):
        return None
    left = left_out(feed, chunk) if mode in {"upsert", "update"} else None
    raw = [_raw(plan, row) for row in rows]
    texts = {name: [row[name] for row in made] for name in feed.written}
    return pl.DataFrame(
        [
            chunk.frame[LINE],
            pl.Series(KEY, keys, dtype=pl.String),
            pl.Series(RAW, raw, dtype=pl.String),
            *([] if left is None else [left[LEFT_OUT]]),
            *(pl.Series(name, column, dtype=pl.String) for name, column in texts.items()),
        ]
    )


def _plan_of(feed: Feed) -> _Plan | None:
    if _PLAN not in feed.compiled:
        feed.compiled[_PLAN] = _planned(feed)
    plan: _Plan | None = feed.compiled[_PLAN]
    return plan


def _planned(feed: Feed) -> _Plan | None:
    if feed.is_aggregating or feed.keeps_unknown:
        return None
    values: list[_Value] = []
    for mapping in feed.mappings:
        read = _reader(mapping)
        if read is None or _asks_for_more(mapping):
            return None
        target = mapping.target
        longest = target.max_length or checks.MAX_NAME
        values.append(
            _Value(
                mapping=mapping,
                nothing=mapping.null_words or feed.null_words,
                read=read,
                is_name=target.name in feed.entity.key or target.ref is not None,
                is_text=mapping.parse == "text"
                and mapping.codes is None
                and longest <= checks.MAX_NAME,
                least=-_INFINITE if target.min is None else float(target.min),
                most=_INFINITE if target.max is None else float(target.max),
            )
        )
    raw = {each.target.name: each for each in feed.mappings if each.columns and changes_text(each)}
    return _Plan(values, raw)


def _refused(feed: Feed, chunk: Chunk) -> Sequence[str]:
    return [] if feed.unknown_fields == "ignore" else unknown_columns(feed, chunk.frame)


def _look_at(column: Sequence[str | None]) -> None:
    """Let pass what neither cleaning nor a look for damage would touch."""
    for text in column:
        if not text:
            continue
        if text.startswith(_NEVER_FIRST) or text.endswith(" "):
            raise NotPlainError
        if text.isascii():
            is_plain = text.isprintable()
        else:
            is_plain = _HAN.fullmatch(text) is not None and _BROKEN.search(text) is None
        if not is_plain:
            raise NotPlainError


def _raw(plan: _Plan, row: Row) -> str | None:
    if not plan.raw:
        return None
    written: dict[str, str | None] = {}
    for name, mapping in plan.raw.items():
        parts = [row.get(column) for column in mapping.columns]
        told = [part for part in parts if part is not None]
        written[name] = mapping.join.join(told) if len(told) == len(parts) else None
    return msgspec.json.encode(written).decode()
