"""Numbers with a check digit: citizens (GB 11643) and organisations (GB 32100).

A citizen's number says where and when its holder was registered and born: the region must be, or
once have been, in GB/T 2260, the birthday must be a day that has come. Source: GB 11643-1999,
GB 32100-2015; ``dirty_cases`` D077–D086.
"""

import re
from datetime import date
from functools import cache
from typing import Final

import polars as pl

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_OLD: Final = r"^[0-9]{15}$"
_NEW: Final = r"^[0-9]{17}[0-9X]$"
_BODY: Final = 17
EARLIEST_BIRTH: Final = date(1850, 1, 1)

_SIGNS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""What an organisation's code is written with: no I, O, Z, S, V."""


def id_numbers(texts: pl.Series, regions: frozenset[str], today: date) -> pl.Series:
    """Parse citizens' numbers; the old form of 15 digits gets its century and check digit.

    A column and not an expression: each step is needed several times, and polars would take it
    anew each time.
    """
    upper = texts.str.to_uppercase()
    is_old = upper.str.contains(_OLD)
    old = upper.str.head(6) + "19" + upper.str.slice(6)
    new = upper.set(~upper.str.contains(_NEW), None).str.head(_BODY)
    body = old.zip_with(is_old.fill_null(value=False), new)
    whole = body + _check_digits(body)
    born = body.str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    holds = (
        (is_old | (whole == upper))
        & body.str.head(6).is_in(_series(regions).implode())
        & born.is_between(EARLIEST_BIRTH, today)
    )
    return whole.set(~holds.fill_null(value=False), None)


def is_old_form(text: pl.Expr) -> pl.Expr:
    """Whether a citizen's number is of the form that ended in 1999."""
    return text.str.contains(_OLD)


def is_born_on(number: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Whether a citizen's number of 18 signs names this birthday (ISO text)."""
    return number.str.slice(6, 8) == day.str.replace_all("-", "", literal=True)


def sex_of(number: pl.Expr) -> pl.Expr:
    """Return the sex in a citizen's number, as GB/T 2261.1: the 17th digit is odd for men."""
    return (2 - number.str.slice(16, 1).cast(pl.Int32, strict=False) % 2).cast(pl.String)


def why_no_id_number(text: str, regions: frozenset[str], today: date) -> str:
    """Return why a text is no citizen's number: the first thing that is wrong."""
    upper = text.upper()
    if re.fullmatch(_OLD, upper, re.ASCII):
        upper = f"{upper[:6]}19{upper[6:]}0"
    if not re.fullmatch(_NEW, upper, re.ASCII):
        return "not-id_number"
    if upper[:6] not in regions:
        return "id-region"
    try:
        born = date(int(upper[6:10]), int(upper[10:12]), int(upper[12:14]))
    except ValueError:
        return "id-birth-date"
    return "id-birth-date" if not EARLIEST_BIRTH <= born <= today else "id-check-digit"


def _check_digits(bodies: pl.Series) -> pl.Series:
    numbers = bodies.cast(pl.Int64, strict=False)
    total = numbers * 0
    for at, weight in enumerate(reversed(_WEIGHTS)):
        total += numbers // 10**at % 10 * weight
    return ((12 - total % 11) % 11).cast(pl.String).replace("10", "X")


@cache
def _series(regions: frozenset[str]) -> pl.Series:
    return pl.Series(sorted(regions), dtype=pl.String)


def uscc(text: pl.Expr) -> pl.Expr:
    """Parse the unified social credit code of an organisation (18 signs, modulus 31)."""
    upper = text.str.to_uppercase()
    formed = pl.when(upper.str.contains(f"^[{_SIGNS}]{{18}}$")).then(upper)
    values = {sign: value for value, sign in enumerate(_SIGNS)}
    signs = [
        formed.str.slice(at, 1).replace_strict(values, default=None, return_dtype=pl.Int64)
        for at in range(18)
    ]
    total = pl.sum_horizontal(sign * pow(3, at, 31) for at, sign in enumerate(signs[:17]))
    return pl.when((total + signs[17]) % 31 == 0).then(formed)
