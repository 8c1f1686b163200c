"""Parse cleaned text into canonical values, a column at a time.

Each parser returns the canonical value as text in the form PostgreSQL reads, and null where
the text is not of that form; the caller tells the two nulls apart by the source text. Source:
``dirty_cases`` (dates, percentages, amounts as colleges write them); our default where none is.
"""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Final

import polars as pl

TRUE_WORDS: Final = ("1", "true", "t", "y", "yes", "是", "有", "√")
FALSE_WORDS: Final = ("0", "false", "f", "n", "no", "否", "无", "×")
DATE_FORMATS: Final = ("%Y-%m-%d", "%Y%m%d")
TIMESTAMP_FORMATS: Final = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y%m%d%H%M%S",
)
MAX_DAYS: Final = 100_000
"""Largest count of days, either way: nothing on a campus is 270 years from its day 0."""

EXCEL_EPOCH: Final = pl.date(1899, 12, 30)
"""Serial 1 is 1900-01-01 with Excel's 29 February 1900: from 61 on, days since this date."""

_DECIMAL: Final = pl.Decimal(38, 10)
_LARGEST: Final = Decimal(10) ** 27
# ASCII digits only: ``\d`` takes every script's digits, and PostgreSQL does not.
_NUMBER: Final = r"^[+-]?[0-9]{1,27}(\.[0-9]+)?$"


def integer(text: pl.Expr) -> pl.Expr:
    """Parse whole numbers; ``85.0`` is one, ``1.5`` is none."""
    plain = _without_separators(text).str.replace(r"\.0+$", "")
    return plain.cast(pl.Int64, strict=False).cast(pl.String)


def decimal(text: pl.Expr) -> pl.Expr:
    """Parse exact decimals, with or without thousands separators."""
    plain = _without_separators(text)
    return pl.when(plain.str.contains(_NUMBER)).then(plain)


def scaled(number: pl.Expr, factor: Decimal) -> pl.Expr:
    """Multiply exact decimals by a constant, exactly to ten places; what does not fit is null.

    It is left out before it is multiplied: one overflow would end the whole chunk.
    """
    fitting = number.cast(_DECIMAL, strict=False)
    largest = (_LARGEST / max(abs(factor), Decimal(1))).to_integral_value(ROUND_FLOOR)
    fitting = pl.when(fitting.abs() < pl.lit(largest).cast(_DECIMAL)).then(fitting)
    product = fitting * pl.lit(factor).cast(_DECIMAL)
    written = product.cast(_DECIMAL, strict=False).cast(pl.String)
    return written.str.strip_chars_end("0").str.strip_suffix(".")


def percent(text: pl.Expr) -> pl.Expr:
    """Parse ``96.5%`` and ``96.5`` as the ratio 0.965."""
    return scaled(decimal(text.str.strip_suffix("%").str.strip_chars()), Decimal("0.01"))


def money(text: pl.Expr) -> pl.Expr:
    """Parse amounts in yuan: ``1,234.50``, ``￥12万``, ``12万元``, ``1234元``."""
    bare = text.str.strip_chars_start("￥¥ ").str.strip_suffix("元").str.strip_chars()
    in_wan = bare.str.ends_with("万")
    number = decimal(bare.str.strip_suffix("万").str.strip_chars())
    return pl.when(in_wan).then(scaled(number, Decimal(10_000))).otherwise(number)


def boolean(text: pl.Expr) -> pl.Expr:
    """Parse the usual words for yes and no."""
    words = dict.fromkeys(TRUE_WORDS, "true") | dict.fromkeys(FALSE_WORDS, "false")
    return text.str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.String)


def date(text: pl.Expr, formats: Sequence[str]) -> pl.Expr:
    """Parse dates by the feed's formats, in order; ``excel`` is the serial day number."""
    return _iso(pl.coalesce(_one_date(text, each) for each in formats or DATE_FORMATS))


def _iso(day: pl.Expr) -> pl.Expr:
    """Write a date; one outside the years 1 to 9999 is none, for PostgreSQL has no year 0."""
    return pl.when(day.dt.year().is_between(1, 9999)).then(day.dt.to_string("%Y-%m-%d"))


def _one_date(text: pl.Expr, form: str) -> pl.Expr:
    if form == "excel":
        serial = pl.when(text.str.contains(r"^[0-9]{2,5}(\.0+)?$")).then(text)
        days = serial.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
        return EXCEL_EPOCH + pl.duration(days=days)
    if "%H" in form:
        return text.str.to_datetime(form, strict=False, time_unit="us").dt.date()
    if "%d" not in form:
        return (text + "-01").str.to_date(form + "-%d", strict=False)
    return text.str.to_date(form, strict=False, exact=True)


def timestamp(text: pl.Expr, formats: Sequence[str]) -> pl.Expr:
    """Parse instants; one without a zone is campus time (Asia/Shanghai)."""
    zoned = text.str.contains(r"(Z|[+-][0-9]{2}:?[0-9]{2})$")
    naive = pl.coalesce(
        text.str.to_datetime(each, strict=False, time_unit="us")
        for each in formats or TIMESTAMP_FORMATS
    )
    with_zone = (
        text.str.replace(" ", "T", literal=True)
        .str.replace("Z$", "+00:00")
        .str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", strict=False, time_unit="us")
    )
    # China had summer time until 1991: an hour that came twice is the first, one skipped is none.
    local = naive.dt.replace_time_zone(
        "Asia/Shanghai", ambiguous="earliest", non_existent="null"
    ).dt.convert_time_zone("UTC")
    instant = pl.when(zoned).then(with_zone.dt.convert_time_zone("UTC")).otherwise(local)
    written = instant.dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ")
    return pl.when(instant.dt.year().is_between(1, 9999)).then(written)


def days_after(text: pl.Expr, day0: pl.Expr) -> pl.Expr:
    """Return the date that lies a whole number of days after ``day0`` (ISO date text)."""
    count = integer(text).cast(pl.Int64, strict=False)
    days = pl.when(count.is_between(-MAX_DAYS, MAX_DAYS)).then(count)
    start = day0.str.to_date("%Y-%m-%d", strict=False)
    return _iso(start + pl.duration(days=days))


def text_list(text: pl.Expr, separator: str) -> pl.Expr:
    """Split into a list, in PostgreSQL's array form; empty parts are left out."""
    parts = text.str.split(separator)
    quoted = parts.list.eval(
        pl.concat_str(
            pl.lit('"'),
            pl.element()
            .filter(pl.element().str.strip_chars() != "")
            .str.strip_chars()
            .str.replace_all("\\", "\\\\", literal=True)
            .str.replace_all('"', '\\"', literal=True),
            pl.lit('"'),
        )
    )
    return pl.concat_str(pl.lit("{"), quoted.list.join(","), pl.lit("}"))


def _without_separators(text: pl.Expr) -> pl.Expr:
    """Drop thousands separators where they stand in their places."""
    grouped = text.str.contains(r"^[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$")
    return pl.when(grouped).then(text.str.replace_all(",", "")).otherwise(text)
