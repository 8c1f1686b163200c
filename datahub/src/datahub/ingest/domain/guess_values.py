"""What holds of the values of a sample: found for all of its columns together.

A question to polars costs the same for one column as for a thousand, and some sixty are asked.
Source: ``dirty_cases`` D067–D106, D121, D137–D141; our default where none is.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

import polars as pl

from datahub.ingest.domain import parsing
from datahub.ingest.domain.cleaning import clean, unwrap
from shared.workbooks.cells import ERRORS

NULL_WORDS: Final = (
    *("NULL", "null", "(null)", "None", "none", "NaN", "nan", "N/A", "n/a", "#N/A", "\\N"),
    *("-", "--", "—", "——", "/", "无", "暂无", "空", "&nbsp;", "不详"),
)
DATES: Final = (
    *("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"),
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.0", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S"),
    *("%Y.%m", "%Y-%m", "%Y/%m", "%Y年%m月", "excel"),
)
TIMESTAMPS: Final = (
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.0", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"),
    *("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%S%.f"),
)
SIGNS: Final = "/-."
ORDERS: Final = ("%m{0}%d{0}%Y", "%d{0}%m{0}%Y")
SLASHED: Final = r"^[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}$"
_SERIAL: Final = r"^[1-5][0-9]{4}$"
"""Spreadsheet days from 1927 to 2064; other numbers are no dates."""

UNIX: Final = {"unix": "^1[0-9]{9}$", "unix_ms": "^1[0-9]{12}$"}
"""Counts since 1970 from 2001 to 2033: of a column whose name says that it is a time."""

_DAMAGES: Final = {
    "wrapped": r"""^=(?:(?i)trim\()?".*"\)?$|^'.""",
    "trailing-zero": r"^[0-9]{5,}\.0$",
    "exponent": r"^[+-]?[0-9](\.[0-9]+)?[eE]\+?[0-9]+$",
    "serial-date": _SERIAL,
    "day-month": r"^([0-9]{1,2}-[A-Z][a-z]{2}|[0-9]{1,2}月[0-9]{1,2}日)$",
    "lost": "\ufffd|锟斤拷",
}
TERM: Final = r"^(19|20)[0-9]{2}-(19|20)[0-9]{2}-[1-9]$"
ID: Final = r"^[1-9][0-9]{16}[0-9Xx]$"
PHONE: Final = r"^(\+?86)?1[3-9][0-9]{9}$|^\+?[0-9]{1,3}-[0-9]{3}-[0-9]{3,4}-[0-9]{4}$"
MAIL: Final = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
NAME: Final = r"^[\u4e00-\u9fff]{2,4}$"
COMMA: Final = r"^[+-]?[0-9]+(\.[0-9]{3})*,[0-9]{1,2}$"
MONEY: Final = r"[￥¥万元]"
PERCENT: Final = r"%$"
CLOCK: Final = ":"
YEAR_FIRST: Final = "^(19|20)"
SEPARATED: Final = r".[,，;；、|]."
PATTERNS: Final = (
    *(TERM, ID, PHONE, MAIL, NAME, COMMA, MONEY, PERCENT, CLOCK, YEAR_FIRST, SEPARATED, SLASHED),
)
"""What is asked of every column; a form that only some are asked for is no part of these."""

MARK: Final = "分"
"""Stands behind a score."""

NUMBERS: Final = ("as_integer", "as_decimal")
"""The number that a value is in a field of such numbers."""

_TEXT: Final = pl.col("text")


def distinct_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``column``, cleaned ``text``, unwrapped ``bare`` and its ``rows``, in their order."""
    long = frame.unpivot(variable_name="column", value_name="text").drop_nulls("text")
    texts = long.with_columns(clean(long["text"]))
    counted = texts.group_by("column", "text", maintain_order=True).agg(pl.len().alias("rows"))
    return counted.with_columns(unwrap(_TEXT).alias("bare"))


def damages_of(distinct: pl.DataFrame) -> pl.DataFrame:
    """Return, for each ``column`` and kind of damage, its rows and the first example."""
    seen = {kind: _TEXT.str.contains(form) for kind, form in _DAMAGES.items()}
    seen["cell-error"] = _TEXT.is_in(sorted(ERRORS))
    return distinct.group_by("column").agg(
        pl.struct(rows=pl.col("rows").filter(found).sum(), example=_TEXT.filter(found).first())
        .first()
        .alias(kind)
        for kind, found in seen.items()
    )


def nothing_of(distinct: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return the words for nothing of each column that has some."""
    said = distinct.filter(pl.col("bare").is_in(NULL_WORDS)).group_by("column").agg("bare")
    return {
        name: tuple(word for word in NULL_WORDS if word in words)
        for name, words in said.iter_rows()
    }


def values_of(distinct: pl.DataFrame) -> pl.DataFrame:
    """Return every value with its rows, the most frequent first, and what holds of it."""
    values = (
        distinct.filter(~pl.col("bare").is_in([*NULL_WORDS, ""]))
        .group_by("column", pl.col("bare").alias("text"))
        .agg(pl.col("rows").sum())
        .sort("column", "rows", "text", descending=[False, True, False])
    )
    return values.with_columns(_facts().values())


def totals_of(values: pl.DataFrame) -> pl.DataFrame:
    """Return, in the order of `values_of`, how many rows of a column each fact holds for.

    Beside them ``values`` and ``rows`` of the column, and the rows by the form that reads them.
    """
    rows = pl.col("rows")
    holds = [rows.filter(pl.col(name)).sum().alias(name) for name in _facts() if _is_flag(name)]
    reads = [rows.filter(pl.col(name).is_not_null()).sum().alias(name) for name in NUMBERS]
    forms = [
        rows.filter(pl.col(kind) == at).sum().alias(form_name(kind, form))
        for kind, known in (("date", DATES), ("instant", TIMESTAMPS))
        for at, form in enumerate(known)
    ]
    return values.group_by("column", maintain_order=True).agg(
        pl.len().alias("values"), rows.sum(), *holds, *reads, *forms
    )


def form_name(kind: str, form: str) -> str:
    """Return the total of the rows that a form is the first to read as ``date`` or ``instant``."""
    return f"{kind}:{form}"


def pattern_name(pattern: str) -> str:
    """Return the fact that a value is of a form; polars takes ``^…$`` for many columns."""
    return f"is:{pattern}"


def sign_name(sign: str) -> str:
    """Return the fact that day, month and year stand apart by a sign."""
    return f"sign:{sign}"


def _is_flag(name: str) -> bool:
    return name not in {*NUMBERS, "date", "instant"}


@cache
def _facts() -> dict[str, pl.Expr]:
    """Return what may hold of a value, by name."""
    facts: dict[str, pl.Expr] = {pattern_name(form): _TEXT.str.contains(form) for form in PATTERNS}
    readers: dict[str, Callable[[pl.Expr], pl.Expr]] = {
        "integer": parsing.integer,
        "decimal": parsing.decimal,
        "money": parsing.money,
        "boolean": parsing.boolean,
    }
    facts |= {name: read(_TEXT).is_not_null() for name, read in readers.items()}
    slashed = pl.when(_TEXT.str.contains(SLASHED)).then(_TEXT)
    facts |= {sign_name(sign): slashed.str.contains(sign, literal=True) for sign in SIGNS}
    facts |= {
        order: parsing.date(slashed, [order.format(sign) for sign in SIGNS]).is_not_null()
        for order in ORDERS
    }
    facts["date"] = _first_form([_reads_date(form) for form in DATES])
    facts["instant"] = _first_form(
        [parsing.timestamp(_TEXT, (form,)).is_not_null() for form in TIMESTAMPS]
    )
    facts |= dict(zip(NUMBERS, map(_number, (parsing.integer, parsing.decimal)), strict=True))
    return {name: each.alias(name) for name, each in facts.items()}


def _first_form(reads: Sequence[pl.Expr]) -> pl.Expr:
    """Return the place of the first form that reads a value: the fewest forms read them all."""
    return pl.coalesce(pl.when(each).then(at) for at, each in enumerate(reads))


def _reads_date(form: str) -> pl.Expr:
    read = parsing.date(_TEXT, (form,)).is_not_null()
    if form == "excel":
        return read & _TEXT.str.contains(_SERIAL)
    if form == "%Y%m%d":
        return read & _TEXT.str.contains("^(19|20)[0-9]{6}$")
    return read


def _number(read: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    text = _TEXT.str.strip_suffix(MARK)
    found = pl.coalesce(read(text), parsing.percent(text), parsing.money(text))
    return found.cast(pl.Float64, strict=False)
