"""Cleaning that every source column gets: invisible characters, full width, outer blanks.

The raw text is kept beside; only what every reader would read the same is changed.
Source: ``dirty_cases`` D007, D054, D070–D073, D113, D121.
"""

from typing import Final

import polars as pl

_WIDE: Final = (
    "".join(chr(code) for code in range(0xFF01, 0xFF5F) if chr(code - 0xFEE0).isalnum())
    + "．－＋％／"
)
_NARROW: Final = "".join(chr(ord(letter) - 0xFEE0) for letter in _WIDE)
_INVISIBLE: Final = r"[\u{200B}-\u{200F}\u{2060}\u{FEFF}\u{00AD}]"
_BLANKS: Final = " \t\r\n\u3000\u00a0\u2002\u2003\u2009"


def clean(column: pl.Series) -> pl.Series:
    """Return a column of text without invisible characters, full-width signs and outer blanks."""
    if column.dtype != pl.String:
        column = column.cast(pl.String)
    if bool(column.str.contains(r"[^\x00-\x7F]").any()):
        column = column.str.replace_all(_INVISIBLE, "").str.replace_many(list(_WIDE), list(_NARROW))
    return column.str.strip_chars(_BLANKS)


def clean_text(text: str) -> str:
    """Return one text as `clean` leaves it."""
    return str(clean(pl.Series([text], dtype=pl.String))[0])


def unwrap(text: pl.Expr) -> pl.Expr:
    """Take a value out of what spreadsheets wrap it in: ``="01"``, ``=trim("01")``, ``'01``."""
    return (
        text.str.replace(r'^=(?:(?i)trim\()?"(.*)"\)?$', "$1")
        .str.strip_prefix("'")
        .str.strip_chars(_BLANKS)
    )
