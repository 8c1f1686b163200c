"""Guess what a column holds: type and forms, words for nothing, what spreadsheets did to it.

Source: ``dirty_cases`` D067–D106, D121, D137–D141; our default where none is. Two readings of a
date are both told, and none is chosen.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

import polars as pl

from datahub.ingest.domain import guess_values as facts
from datahub.ingest.domain import parsing

DISTINCT: Final = 200
"""Distinct values that are kept of a column."""

MOST: Final = 0.98
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
    label: str | None = None
    values: pl.DataFrame
    """Distinct ``text`` with its ``rows``, cleaned and unwrapped, without words for nothing."""

    count: int
    """Rows with a value."""

    shares: Mapping[str, float]
    """Share of the values for which each fact holds; see `guess_values`."""

    rows: int
    null_words: tuple[str, ...] = ()
    damage: tuple[Damage, ...] = ()
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
        return self.count / self.rows if self.rows else 0.0

    @property
    def is_wrapped(self) -> bool:
        """Whether values stand in what spreadsheets wrap them in."""
        return any(each.kind == "wrapped" for each in self.damage)

    def share(self, condition: pl.Expr) -> float:
        """Return the share of values for which a condition on ``text`` holds."""
        if not self.count:
            return 0.0
        found = self.values.select(pl.col("rows").filter(condition.fill_null(value=False)).sum())
        return int(found.item()) / self.count

    def matches(self, pattern: str) -> float:
        """Return the share of values of a form."""
        known = self.shares.get(facts.pattern_name(pattern))
        return self.share(pl.col("text").str.contains(pattern)) if known is None else known

    def within(self, number: str, low: Decimal | None, high: Decimal | None) -> float:
        """Return the share of values that are numbers between two bounds, if there are any.

        Args:
            number: one of `guess_values.NUMBERS`.
        """
        if not self.shares[number] or (low is None and high is None):
            return self.shares[number]
        least = pl.col(number) >= float(low) if low is not None else pl.lit(value=True)
        most = pl.col(number) <= float(high) if high is not None else pl.lit(value=True)
        return self.share(least & most & pl.col(number).is_not_null())


def columns_of(frame: pl.DataFrame, labels: Mapping[str, str]) -> list[Column]:
    """Look at the columns of a sample, at all of them together."""
    if not frame.columns:
        return []
    distinct = facts.distinct_of(frame)
    values = facts.values_of(distinct)
    totals = facts.totals_of(values)
    begins = (totals["values"].cum_sum() - totals["values"]).to_list()
    found = {
        total["column"]: (total, values.slice(begin, total["values"]))
        for total, begin in zip(totals.iter_rows(named=True), begins, strict=True)
    }
    nothing = (dict.fromkeys(totals.columns, 0), values.clear())
    null_words = facts.nothing_of(distinct)
    damage = {
        each.pop("column"): tuple(_damage(each))
        for each in facts.damages_of(distinct).iter_rows(named=True)
    }
    columns = (
        _column(name, *found.get(name, nothing), height=frame.height) for name in frame.columns
    )
    return [
        replace(
            each,
            label=labels.get(each.name),
            null_words=null_words.get(each.name, ()),
            damage=damage.get(each.name, ()),
            kind=_kind_of(each),
        )
        for each in columns
    ]


def _column(name: str, total: Mapping[str, Any], values: pl.DataFrame, *, height: int) -> Column:
    count = total["rows"]
    counts = {fact: rows for fact, rows in total.items() if fact not in {"column", "rows"}}
    return Column(
        name=name,
        values=values,
        count=count,
        shares={fact: rows / count if count else 0.0 for fact, rows in counts.items()},
        rows=height,
        distinct=tuple(zip(*(_first(values[each]) for each in ("text", "rows")), strict=True)),
        is_complete=values.height <= DISTINCT,
        dates=_dates_of(total),
        instants=_forms("instant", facts.TIMESTAMPS, total),
    )


def _first(values: pl.Series) -> list[Any]:
    return values.head(DISTINCT).to_list()


def _damage(found: Mapping[str, Mapping[str, Any]]) -> Iterator[Damage]:
    for kind, seen in found.items():
        if seen["rows"]:
            yield Damage(kind=kind, **seen)


def _kind_of(column: Column) -> str:  # noqa: C901, PLR0911, PLR0912 — a line for each kind
    if not column.count:
        return "empty"
    if is_id_number(column) > MOST:
        return "id-number"
    if column.matches(facts.PHONE) > MOST:
        return "phone"
    if column.matches(facts.MAIL) > MOST:
        return "email"
    if column.matches(facts.TERM) > MOST:
        return "term"
    if column.matches(facts.PERCENT) > MOST:
        return "percent"
    if column.instants.share > MOST and column.matches(facts.CLOCK) > MOST:
        return "timestamp"
    dates = column.dates
    is_clear = dates.formats != ("%Y%m%d",) or column.matches(facts.YEAR_FIRST) > MOST
    if dates.share > MOST and is_clear:
        return "date"
    if column.shares["integer"] > MOST:
        return "integer"
    if column.shares["decimal"] > MOST:
        return "decimal"
    if is_money(column) and column.shares["money"] > MOST:
        return "money"
    if column.shares["boolean"] > MOST:
        return "boolean"
    return "code" if is_code_like(column) else "text"


def is_money(column: Column) -> bool:
    """Whether amounts carry a sign of money."""
    return column.matches(facts.MONEY) > 0


def is_comma(column: Column) -> bool:
    """Whether numbers have a comma between ones and tenths: ``1,5``; not ``1,500``."""
    readable = parsing.with_point(pl.col("text")).is_not_null()
    return column.matches(facts.COMMA) > 0 and column.share(readable) > MOST


def is_code_like(column: Column) -> bool:
    """Whether few values come again and again."""
    return column.is_complete and len(column.distinct) <= min(40, max(2, column.count // 3))


def is_id_number(column: Column) -> float:
    """Return the share of values that are citizens' numbers, check digit included (GB 11643)."""
    if column.matches(facts.ID) < MOST:
        return 0.0
    good = [_has_check_digit(value.upper()) for value, _ in column.distinct]
    return sum(good) / len(good)


def _has_check_digit(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[-1]


def is_personal(column: Column) -> bool:
    """Whether values look like what belongs to a person: number, telephone, mail, name."""
    if max(column.matches(facts.ID), column.matches(facts.PHONE), column.matches(facts.MAIL)) > 0.5:
        return True
    return column.matches(facts.NAME) > 0.9 and not is_code_like(column)


def masked(value: str) -> str:
    """Return a value of which only the beginning and the length can be seen."""
    return value[:1] + "*" * (len(value) - 1)


def _dates_of(total: Mapping[str, int]) -> Dates:
    slashed = total[facts.pattern_name(facts.SLASHED)]
    orders, choices = _orders(total)
    found = _forms("date", facts.DATES, total)
    return Dates(
        formats=(*orders, *found.formats),
        share=min(found.share + slashed / max(1, total["rows"]), 1.0),
        choices=choices,
        is_mixed=slashed > 0 and not orders and not choices,
    )


def _orders(total: Mapping[str, int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the order of day and month, or both where either reads everything."""
    slashed = total[facts.pattern_name(facts.SLASHED)]
    if not slashed:
        return (), ()
    signs = [sign for sign in facts.SIGNS if total[facts.sign_name(sign)]]
    whole = [
        tuple(order.format(sign) for sign in signs)
        for order in facts.ORDERS
        if total[order] == slashed
    ]
    if len(whole) == 1:
        return whole[0], ()
    return (), tuple(form for each in whole for form in each)


def _forms(kind: str, forms: Sequence[str], total: Mapping[str, int]) -> Dates:
    """Choose the fewest forms, in their order, that read what can be read."""
    read = {form: total[facts.form_name(kind, form)] for form in forms}
    share = 1 - (total["rows"] - sum(read.values())) / total["rows"] if total["rows"] else 0.0
    return Dates(formats=tuple(form for form, rows in read.items() if rows), share=share)


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
    return column.matches(facts.TERM) == 1.0
