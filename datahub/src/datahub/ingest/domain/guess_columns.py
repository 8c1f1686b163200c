"""Guess what a column holds: type and forms, words for nothing, what spreadsheets did to it.

Source: ``dirty_cases`` D067–D106, D121, D137–D141; our default where none is. Two readings of a
date are both told, and none is chosen.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from datahub.ingest.domain import parsing
from datahub.ingest.domain.cleaning import clean, unwrap
from datahub.workbooks.cells import ERRORS

DISTINCT: Final = 200
"""Distinct values that are kept of a column."""

MOST: Final = 0.98
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
_ORDERS: Final = ("%m{0}%d{0}%Y", "%d{0}%m{0}%Y")
_SLASHED: Final = r"^[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}$"
_SERIAL: Final = r"^[1-5][0-9]{4}$"
"""Spreadsheet days from 1927 to 2064; other numbers are no dates."""

_WRAPPED: Final = r"""^=(?:(?i)trim\()?".*"\)?$|^'."""
_DAMAGES: Final = {
    "wrapped": _WRAPPED,
    "trailing-zero": r"^[0-9]{5,}\.0$",
    "exponent": r"^[+-]?[0-9](\.[0-9]+)?[eE]\+?[0-9]+$",
    "serial-date": _SERIAL,
    "day-month": r"^([0-9]{1,2}-[A-Z][a-z]{2}|[0-9]{1,2}月[0-9]{1,2}日)$",
    "lost": "\ufffd|锟斤拷",
}
_TERM: Final = r"^(19|20)[0-9]{2}-(19|20)[0-9]{2}-[1-9]$"
_ID: Final = r"^[1-9][0-9]{16}[0-9Xx]$"
_PHONE: Final = r"^(\+?86)?1[3-9][0-9]{9}$|^\+?[0-9]{1,3}-[0-9]{3}-[0-9]{3,4}-[0-9]{4}$"
_MAIL: Final = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
_NAME: Final = r"^[\u4e00-\u9fff]{2,4}$"
_MONEY: Final = r"[￥¥万元]"
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What a spreadsheet or a wrong encoding did to some values."""

    kind: str
    rows: int
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """How dates are written."""

    formats: tuple[str, ...]
    share: float
    """Share of the values that they read."""

    choices: tuple[str, ...] = ()
    """Forms of which each reads everything; the sample cannot tell which is meant."""

    is_mixed: bool = False
    """Some days show that the day comes first, others that the month does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What a column of the sample holds."""

    name: str
    label: str | None
    values: pl.Series
    """Cleaned and unwrapped, without its words for nothing."""

    rows: int
    null_words: tuple[str, ...]
    damage: tuple[Damage, ...]
    distinct: tuple[tuple[str, int], ...]
    """Values with their rows, the most frequent first."""

    is_complete: bool
    """Whether every distinct value is there."""

    dates: Dates
    instants: Dates
    kind: str = "text"
    """What kind of values it holds, as people call it; see `_kind_of`."""

    @property
    def filled(self) -> float:
        """Return the share of rows with a value."""
        return self.values.len() / self.rows if self.rows else 0.0

    @property
    def is_wrapped(self) -> bool:
        """Whether values stand in what spreadsheets wrap them in."""
        return any(each.kind == "wrapped" for each in self.damage)

    def share(self, condition: pl.Expr) -> float:
        """Return the share of values for which a condition on ``text`` holds."""
        if not self.values.len():
            return 0.0
        found = pl.DataFrame({"text": self.values}).select(condition.fill_null(value=False).mean())
        return float(found.item() or 0)

    def matches(self, pattern: str) -> float:
        """Return the share of values of a form."""
        return self.share(pl.col("text").str.contains(pattern))


def column_of(name: str, label: str | None, raw: pl.Series) -> Column:
    """Look at one column of the sample."""
    filled = raw.drop_nulls()
    cleaned = pl.DataFrame({"text": clean(filled)}).select(unwrap(pl.col("text"))).to_series()
    counts = cleaned.value_counts(sort=True)
    present = {word for word in counts["text"] if word in NULL_WORDS}
    nothing = tuple(word for word in NULL_WORDS if word in present)
    values = cleaned.filter(~cleaned.is_in([*nothing, ""]))
    kept = values.value_counts().sort("count", "text", descending=[True, False])
    found = Column(
        name=name,
        label=label,
        values=values,
        rows=raw.len(),
        null_words=nothing,
        damage=tuple(_damage(clean(filled))),
        distinct=tuple(kept.head(DISTINCT).iter_rows()),
        is_complete=kept.height <= DISTINCT,
        dates=_dates_of(values),
        instants=_forms(values, TIMESTAMPS, is_date=False),
    )
    return replace(found, kind=_kind_of(found))


def _damage(values: pl.Series) -> Sequence[Damage]:
    found = [
        _seen(kind, values.filter(values.str.contains(form))) for kind, form in _DAMAGES.items()
    ]
    found.append(_seen("cell-error", values.filter(values.is_in(sorted(ERRORS)))))
    return [each for each in found if each.rows]


def _seen(kind: str, values: pl.Series) -> Damage:
    return Damage(kind=kind, rows=values.len(), example=values[0] if values.len() else "")


def _kind_of(column: Column) -> str:  # noqa: C901, PLR0911, PLR0912 — a line for each kind
    if not column.values.len():
        return "empty"
    if is_id_number(column) > MOST:
        return "id-number"
    if column.matches(_PHONE) > MOST:
        return "phone"
    if column.matches(_MAIL) > MOST:
        return "email"
    if column.matches(_TERM) > MOST:
        return "term"
    if column.matches(r"%$") > MOST:
        return "percent"
    if column.instants.share > MOST and column.matches(":") > MOST:
        return "timestamp"
    dates = column.dates
    if dates.share > MOST and (dates.formats != ("%Y%m%d",) or column.matches("^(19|20)") > MOST):
        return "date"
    if column.share(parsing.integer(pl.col("text")).is_not_null()) > MOST:
        return "integer"
    if column.share(parsing.decimal(pl.col("text")).is_not_null()) > MOST:
        return "decimal"
    if is_money(column) and column.share(parsing.money(pl.col("text")).is_not_null()) > MOST:
        return "money"
    if column.share(parsing.boolean(pl.col("text")).is_not_null()) > MOST:
        return "boolean"
    return "code" if is_code_like(column) else "text"


def is_money(column: Column) -> bool:
    """Whether amounts carry a sign of money."""
    return column.matches(_MONEY) > 0


def is_code_like(column: Column) -> bool:
    """Whether few values come again and again."""
    return column.is_complete and len(column.distinct) <= min(40, max(2, column.values.len() // 3))


def is_id_number(column: Column) -> float:
    """Return the share of values that are citizens' numbers, check digit included (GB 11643)."""
    if column.matches(_ID) < MOST:
        return 0.0
    good = [_has_check_digit(value.upper()) for value, _ in column.distinct]
    return sum(good) / len(good)


def _has_check_digit(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[-1]


def is_personal(column: Column) -> bool:
    """Whether values look like what belongs to a person: number, telephone, mail, name."""
    if max(column.matches(_ID), column.matches(_PHONE), column.matches(_MAIL)) > 0.5:
        return True
    return column.matches(_NAME) > 0.9 and not is_code_like(column)


def masked(value: str) -> str:
    """Return a value of which only the beginning and the length can be seen."""
    return value[:1] + "*" * (len(value) - 1)


def _dates_of(values: pl.Series) -> Dates:
    slashed = values.filter(values.str.contains(_SLASHED))
    orders, choices = _orders(slashed)
    found = _forms(values, DATES, is_date=True)
    is_mixed = slashed.len() > 0 and not orders and not choices
    share = min(found.share + slashed.len() / max(1, values.len()), 1.0)
    formats = (*orders, *found.formats)
    return Dates(formats=formats, share=share, choices=choices, is_mixed=is_mixed)


def _orders(values: pl.Series) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the order of day and month, or both where either reads everything."""
    if not values.len():
        return (), ()
    signs = [sign for sign in "/-." if values.str.contains(sign, literal=True).any()]
    readings = [tuple(order.format(sign) for sign in signs) for order in _ORDERS]
    whole = [each for each in readings if _read(values, each, is_date=True).all()]
    if len(whole) == 1:
        return whole[0], ()
    return (), tuple(form for each in whole for form in each)


def _forms(values: pl.Series, forms: Sequence[str], *, is_date: bool) -> Dates:
    """Choose the fewest forms, in their order, that read what can be read."""
    chosen: list[str] = []
    left = values
    for form in forms:
        if not left.len():
            break
        read = _read(left, (form,), is_date=is_date)
        if read.any():
            chosen.append(form)
            left = left.filter(~read)
    share = 1 - left.len() / values.len() if values.len() else 0.0
    return Dates(formats=tuple(chosen), share=share)


def _read(values: pl.Series, forms: Sequence[str], *, is_date: bool) -> pl.Series:
    text = pl.col("text")
    parse = parsing.date if is_date else parsing.timestamp
    read = parse(text, forms).is_not_null()
    if "excel" in forms:
        read &= text.str.contains(_SERIAL)
    if forms == ("%Y%m%d",):
        read &= text.str.contains("^(19|20)[0-9]{6}$")
    return pl.DataFrame({"text": values}).select(read.fill_null(value=False)).to_series()


def terms_in(column: Column) -> set[str]:
    """Return the distinct values of a column that has few."""
    return {value for value, _ in column.distinct} if column.is_complete else set()


def is_year(column: Column) -> bool:
    """Whether every value is a calendar year."""
    return column.matches(r"^(19|20)[0-9]{2}$") == 1.0


def is_academic_year(column: Column) -> bool:
    """Whether every value is two years that follow each other."""
    pairs = [re.fullmatch(r"(\d{4})-(\d{4})", value) for value, _ in column.distinct]
    return bool(pairs) and all(pair and int(pair[1]) + 1 == int(pair[2]) for pair in pairs)


def is_term(column: Column) -> bool:
    """Whether every value is a term as the national dictionary writes it."""
    return column.matches(_TERM) == 1.0
