"""Parse cleaned text into canonical values, a column at a time.

Each parser returns the canonical value as text in the form PostgreSQL reads, and null where
the text is not of that form; the caller tells the two nulls apart by the source text. Source:
``dirty_cases`` (dates, percentages, amounts as colleges write them); our default where none is.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_FLOOR, Decimal
from functools import partial
from typing import Final, Literal

import msgspec
import polars as pl

TRUE_WORDS: Final = ("1", "true", "t", "y", "yes", "是", "有", "√")
FALSE_WORDS: Final = ("0", "false", "f", "n", "no", "否", "无", "×")
DATE_FORMATS: Final = ("%Y-%m-%d", "%Y%m%d")
DATE_ORDERS: Final = {
    order: (*(f"{sign.join(parts)}" for sign in "-/."), "%Y-%m-%d", "%Y%m%d", "%Y年%m月%d日")
    for order, parts in {
        "ymd": ("%Y", "%m", "%d"),
        "mdy": ("%m", "%d", "%Y"),
        "dmy": ("%d", "%m", "%Y"),
    }.items()
}
"""Forms of a date by the order that a feed pins; the year in front is clear in any order."""

MONTH_FORMATS: Final = ("%Y-%m", "%Y%m", "%Y.%m", "%Y/%m", "%Y年%m月")
TIMESTAMP_FORMATS: Final = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y%m%d%H%M%S",
)
FIRST_YEAR: Final = 1000
"""Before it a year has lost its century."""

MAX_DAYS: Final = 100_000
"""Largest count of days, either way: nothing on a campus is 270 years from its day 0."""

_ELEMENTS: Final = msgspec.json.Decoder(list[str | int])
_JSON_LIST: Final = r'^\[\s*(["\[\]{0-9-]|null|true|false)'
"""How a list of JSON begins; ``[临时]张三`` is none."""

EXCEL_EPOCHS: Final = {"excel": pl.date(1899, 12, 30), "excel1904": pl.date(1904, 1, 1)}
"""Day 0 of a spreadsheet's serial numbers. That of 1900 holds from 61 on: Excel's day 60 is a
29 February 1900 that never was."""

_LEAP_DAY: Final = 60

UNIX_COUNTS: Final[dict[str, tuple[Literal["s", "ms"], str]]] = {
    "unix": ("s", r"^-?[0-9]{1,11}(\.0+)?$"),
    "unix_ms": ("ms", r"^-?[0-9]{1,14}(\.0+)?$"),
}
"""Counts since 1970 as web services write them, and how a number of them looks."""

NAMED_FORMATS: Final = (*EXCEL_EPOCHS, *UNIX_COUNTS)
"""Words that stand for a form which no directive describes."""

_DECIMAL: Final = pl.Decimal(38, 10)
_EXPONENT: Final = re.compile(
    r"[+-]?[0-9]{1,27}(?:\.(?P<behind>[0-9]{1,27}))?[eE](?P<power>[+-]?[0-9]{1,3})", re.ASCII
)
MAX_EXPONENT: Final = 20
"""Places by which an exponent may move the point to the left."""

_LARGEST: Final = Decimal(10) ** 27
# ASCII digits only: ``\d`` takes every script's digits, and PostgreSQL does not.
_NUMBER: Final = r"^[+-]?[0-9]{1,27}(\.[0-9]+)?$"


def digits(text: pl.Expr) -> pl.Expr:
    """Parse a number that is a name: digits alone."""
    return pl.when(text.str.contains(r"^[0-9]+$")).then(text)


def without_fraction(text: pl.Expr) -> pl.Expr:
    """Drop the ``.0`` that a column of floats puts behind digits.

    Of more than 15 digits such a column has lost some, whatever it shows.
    """
    return text.str.replace(r"^([0-9]{1,15})\.0+$", "$1")


def integer(text: pl.Expr) -> pl.Expr:
    """Parse whole numbers; ``85.0`` is one, ``1.5`` is none."""
    plain = _without_separators(text).str.replace(r"\.0+$", "")
    return plain.cast(pl.Int64, strict=False).cast(pl.String)


def decimal(text: pl.Expr) -> pl.Expr:
    """Parse exact decimals, with or without thousands separators."""
    plain = _without_separators(text)
    return pl.when(plain.str.contains(_NUMBER)).then(plain)


def with_point(text: pl.Expr) -> pl.Expr:
    """Write numbers with a decimal comma (``1.049,50``) with a point; null where one is not so."""
    plain = text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    return pl.when(text.str.contains(_WITH_COMMA)).then(plain)


def with_exponents(text: pl.Expr, parse: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """Parse numbers, also those whose exponent hides no digit: ``1.5E+01`` is 15.

    ``1.23E+17`` is none: of its 18 digits three are written. Only what the parser could not read
    is looked at.
    """
    return pl.map_batches(
        [text, parse(text)], partial(_with_exponents, parse=parse), return_dtype=pl.String
    )


def _with_exponents(series: Sequence[pl.Series], parse: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    texts, parsed = series
    left = (texts.is_not_null() & parsed.is_null()).arg_true()
    if not left.len():
        return parsed
    written = [without_exponent(each) for each in texts.gather(left)]
    again = pl.DataFrame({"text": pl.Series(written, dtype=pl.String)}).select(
        parse(pl.col("text"))
    )
    return parsed.scatter(left, again.to_series())


def without_exponent(text: str) -> str | None:
    """Write a number without its exponent; None where it has none, or hides digits."""
    match = _EXPONENT.fullmatch(text)
    if match is None or not -MAX_EXPONENT <= int(match["power"]) <= len(match["behind"] or ""):
        return None
    return f"{Decimal(text):f}"


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


def ratio(text: pl.Expr) -> pl.Expr:
    """Parse a share: ``0.965`` as it is, ``96.5%`` by its sign; a bare 96.5 is none."""
    bare = decimal(text)
    share = pl.when(bare.cast(_DECIMAL, strict=False).is_between(0, 1)).then(bare)
    return pl.when(text.str.ends_with("%")).then(percent(text)).otherwise(share)


def money(text: pl.Expr, scale: Decimal | None = None) -> pl.Expr:
    """Parse amounts in yuan: ``1,234.50``, ``￥12万``, ``12万元``, ``1234元``.

    Args:
        scale: yuan in the unit of a column of bare numbers; one with 万 says its unit itself.
    """
    bare = text.str.strip_chars_start("￥¥ ").str.strip_suffix("元").str.strip_chars()
    number = decimal(bare.str.strip_suffix("万").str.strip_chars())
    in_yuan = number if scale is None else scaled(number, scale)
    return pl.when(is_in_wan(text)).then(scaled(number, Decimal(10_000))).otherwise(in_yuan)


def is_in_wan(text: pl.Expr) -> pl.Expr:
    """Whether an amount says that it is in ten thousands."""
    return text.str.contains("万元?$")


def boolean(text: pl.Expr) -> pl.Expr:
    """Parse the usual words for yes and no."""
    words = dict.fromkeys(TRUE_WORDS, "true") | dict.fromkeys(FALSE_WORDS, "false")
    return text.str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.String)


def date(text: pl.Expr, formats: Sequence[str]) -> pl.Expr:
    """Parse dates by the feed's formats, in order; ``excel`` is the serial day number."""
    return _first(_one_date(text, each) for each in formats or DATE_FORMATS)


def month(text: pl.Expr, formats: Sequence[str]) -> pl.Expr:
    """Parse months: ``200604``, ``2021.9``, ``2021年9月`` as 2006-04, 2021-09."""
    return _first(_one_date(text, each) for each in formats or MONTH_FORMATS).str.head(7)


def _first(days: Iterable[pl.Expr]) -> pl.Expr:
    """Return what the first form that fits makes of a text.

    ``%Y`` reads 25 as the year 25: that is none, and a later ``%y`` may read it.
    """
    found = [*days]
    whole = [pl.when(day.dt.year() >= FIRST_YEAR).then(day) for day in found[:-1]]
    return _iso(pl.coalesce([*whole, found[-1]]))


def _iso(day: pl.Expr) -> pl.Expr:
    """Write a date; one before the year 1000 is none, for there a year lost its century."""
    is_whole = day.dt.year().is_between(FIRST_YEAR, 9999)
    return pl.when(is_whole).then(day.dt.to_string("%Y-%m-%d"))


def _one_date(text: pl.Expr, form: str) -> pl.Expr:
    if form in EXCEL_EPOCHS:
        serial = pl.when(text.str.contains(r"^[0-9]{2,5}(\.0+)?$")).then(text)
        days = serial.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
        return EXCEL_EPOCHS[form] + pl.duration(days=_true_days(days, form))
    if "%H" in form or form in UNIX_COUNTS:
        return _one_instant(text, form).dt.date()
    if "%d" not in form:
        return (text + "-01").str.to_date(form + "-%d", strict=False)
    return text.str.to_date(form, strict=False, exact=True)


def _true_days(days: pl.Expr, form: str) -> pl.Expr:
    """Return the days since the epoch that a serial number stands for."""
    if form != "excel":
        return days
    return pl.when(days < _LEAP_DAY).then(days + 1).when(days > _LEAP_DAY).then(days)


def timestamp(text: pl.Expr, formats: Sequence[str]) -> pl.Expr:
    """Parse instants; one without a zone is campus time (Asia/Shanghai)."""
    zoned = text.str.contains(r"(Z|[+-][0-9]{2}:?[0-9]{2})$")
    naive = pl.coalesce(_one_instant(text, each) for each in formats or TIMESTAMP_FORMATS)
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
    return pl.when(instant.dt.year().is_between(FIRST_YEAR, 9999)).then(written)


def _one_instant(text: pl.Expr, form: str) -> pl.Expr:
    """Parse an instant of campus time."""
    if form in UNIX_COUNTS:
        unit, shape = UNIX_COUNTS[form]
        count = pl.when(text.str.contains(shape)).then(text.str.replace(r"\.0+$", ""))
        instant = pl.from_epoch(count.cast(pl.Int64), time_unit=unit).cast(pl.Datetime("us", "UTC"))
        return instant.dt.convert_time_zone("Asia/Shanghai").dt.replace_time_zone(None)
    if form not in EXCEL_EPOCHS:
        return text.str.to_datetime(form, strict=False, time_unit="us")
    serial = pl.when(text.str.contains(r"^[0-9]{2,5}(\.[0-9]+)?$")).then(text).cast(pl.Float64)
    days = serial.floor().cast(pl.Int64)
    # A spreadsheet keeps the time of day as a fraction: to the second, no finer.
    seconds = ((serial - serial.floor()) * 86_400).round().cast(pl.Int64)
    day = (EXCEL_EPOCHS[form] + pl.duration(days=_true_days(days, form))).cast(pl.Datetime("us"))
    return day + pl.duration(seconds=seconds)


def days_after(text: pl.Expr, day0: pl.Expr) -> pl.Expr:
    """Return the date that lies a whole number of days after ``day0`` (ISO date text)."""
    count = integer(text).cast(pl.Int64, strict=False)
    days = pl.when(count.is_between(-MAX_DAYS, MAX_DAYS)).then(count)
    start = day0.str.to_date("%Y-%m-%d", strict=False)
    return _iso(start + pl.duration(days=days))


def elements_of(texts: pl.Series) -> pl.Series:
    """Return the elements of texts that are lists of JSON; null for every other text."""
    return pl.Series(
        texts.name,
        [_elements(text) if text and text[0] == "[" else None for text in texts],
        dtype=pl.List(pl.String),
    )


def _elements(text: str) -> list[str] | None:
    """Return the elements of a list of texts and whole numbers; None where it is no such list."""
    try:
        found = _ELEMENTS.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return [str(each).strip() for each in found]


def parts_of(text: pl.Expr, separators: Sequence[str]) -> pl.Expr:
    """Cut a text at any of the separators; blanks around the parts are left out."""
    first, *others = separators
    if others:
        text = text.str.replace_many(others, [first] * len(others))
    return text.str.split(first).list.eval(pl.element().str.strip_chars())


def text_list(text: pl.Expr, separators: Sequence[str], each: pl.Expr | None = None) -> pl.Expr:
    """Split into a list, in PostgreSQL's array form; empty parts are left out.

    A list of JSON is that list, whatever its elements hold; one of other things than texts and
    whole numbers is none.

    Args:
        each: what is taken of each part, as an expression over `pl.element()`; a part that gives
            nothing makes the whole no list, or somebody would be lost from it.
    """
    of_json = text.map_batches(elements_of, return_dtype=pl.List(pl.String))
    cut = pl.when(text.str.contains(_JSON_LIST)).then(of_json).otherwise(parts_of(text, separators))
    parts = cut.list.eval(pl.element().filter(pl.element() != ""))
    if each is None:
        return _array(parts)
    taken = parts.list.eval(each)
    return pl.when(~taken.list.eval(pl.element().is_null()).list.any()).then(_array(taken))


def _array(parts: pl.Expr) -> pl.Expr:
    quoted = parts.list.eval(
        pl.concat_str(
            pl.lit('"'),
            pl.element()
            .str.replace_all("\\", "\\\\", literal=True)
            .str.replace_all('"', '\\"', literal=True),
            pl.lit('"'),
        )
    )
    return pl.concat_str(pl.lit("{"), quoted.list.join(","), pl.lit("}"))


_WITH_COMMA: Final = r"^[^0-9.,]*([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)(,[0-9]+)?[^0-9.,]*$"


def _without_separators(text: pl.Expr) -> pl.Expr:
    """Drop thousands separators where they stand in their places."""
    grouped = text.str.contains(r"^[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$")
    return pl.when(grouped).then(text.str.replace_all(",", "")).otherwise(text)
