"""Cleaning that every source column gets: invisible characters, full width, outer blanks.

The raw text is kept beside; only what every reader would read the same is changed. What a feed
asks for beyond that (wrapping of spreadsheets, HTML, names) is here too. Source: ``dirty_cases``
D007, D054, D070–D073, D112–D114, D121–D123.
"""

from collections.abc import Iterable
from typing import Final

import polars as pl

_WIDE: Final = (
    "".join(chr(code) for code in range(0xFF01, 0xFF5F) if chr(code - 0xFEE0).isalnum())
    + "．－＋％／"
)
_NARROW: Final = "".join(chr(ord(letter) - 0xFEE0) for letter in _WIDE)
_INVISIBLE: Final = r"[\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2060}\u{2066}-\u{2069}\u{FEFF}\u{00AD}]"
"""Of no width, and what turns the direction of writing: copied along with telephone numbers."""

_NOT_PLAIN: Final = f"[{_WIDE}]|{_INVISIBLE}"
BLANKS: Final = " \t\r\n\u3000\u00a0\u2002\u2003\u2009"

_FORMULA: Final = r'^=(?:(?i)trim\()?".*"\)?$'
_OPENINGS: Final = ('="', '=trim("', '=TRIM("', '=Trim("')

_BREAK: Final = r"(?i)<br\s*/?>"
_TAG: Final = r"</?[A-Za-z][^<>]*>"
_ENTITIES: Final = {
    "&nbsp;": " ",
    "&#160;": " ",
    "&lt;": "<",
    "&gt;": ">",
    "&quot;": '"',
    "&#39;": "'",
    "&amp;": "&",
}

FEW: Final = 500
"""Rows below which a column is looked at here: to have it done elsewhere takes longer."""

_HAN: Final = r"\p{Han}"
_DOTS: Final = ("\u2022", "\u2027", "\u30fb", "\uff0e", ".")
"""Written for the dot in a name: GBK has only U+00B7. Full width has been narrowed before."""

PRIVATE_USE: Final = r"[\u{E000}-\u{F8FF}]"


def _moved_from_private_use() -> dict[str, str]:
    """Return the character by the private code point that old GBK fonts gave it.

    Code page 936 puts the pairs FE50 to FEA0 at U+E815 and on; GB 18030 knows most of them.
    """
    seconds = [byte for byte in range(0x50, 0xA1) if byte != 0x7F]
    real = {
        chr(0xE815 + at): bytes([0xFE, byte]).decode("gb18030") for at, byte in enumerate(seconds)
    }
    return {private: char for private, char in real.items() if not "\ue000" <= char <= "\uf8ff"}


_MOVED: Final = _moved_from_private_use()


def clean_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """Return columns of text without invisible characters, full width and outer blanks.

    Few columns need more than a look: most are ASCII, and most others are plain Chinese.
    """
    texts = frame if set(frame.dtypes) <= {pl.String} else frame.cast(pl.String)
    beyond_ascii = _beyond_ascii(texts)
    odd = _where(texts, (pl.col(name).str.contains(_NOT_PLAIN).any() for name in beyond_ascii))
    return texts.select(_plain(name, is_odd=name in odd) for name in texts.columns)


def _beyond_ascii(texts: pl.DataFrame) -> list[str]:
    """Return the columns that hold more than ASCII."""
    if texts.height < FEW:
        return [
            name
            for name in texts.columns
            if not "".join(filter(None, texts[name].to_list())).isascii()
        ]
    return _where(texts, (_holds_more_than_ascii(name) for name in texts.columns))


def _where(frame: pl.DataFrame, conditions: Iterable[pl.Expr]) -> list[str]:
    """Return the columns for which a condition over the whole column holds."""
    asked = list(conditions)
    if not asked:
        return []
    found = frame.select(asked)
    return [name for name in found.columns if found[name].item()]


def _holds_more_than_ascii(name: str) -> pl.Expr:
    text = pl.col(name).str
    return text.len_bytes().sum() != text.len_chars().sum()


def _plain(name: str, *, is_odd: bool) -> pl.Expr:
    text = pl.col(name)
    if is_odd:
        text = text.str.replace_all(_INVISIBLE, "").str.replace_many(list(_WIDE), list(_NARROW))
    return text.str.strip_chars(BLANKS)


def clean(column: pl.Series) -> pl.Series:
    """Return one column as `clean_columns` leaves it."""
    return clean_columns(column.to_frame()).to_series()


def clean_text(text: str) -> str:
    """Return one text as `clean` leaves it."""
    return str(clean(pl.Series([text], dtype=pl.String))[0])


def unwrap(text: pl.Expr) -> pl.Expr:
    """Take a value out of what spreadsheets wrap it in: ``="01"``, ``=trim("01")``, ``'01``."""
    bare = text
    for opening in _OPENINGS:
        bare = bare.str.strip_prefix(opening)
    bare = bare.str.strip_suffix(")").str.strip_suffix('"')
    inner = pl.when(text.str.contains(_FORMULA)).then(bare).otherwise(text)
    return inner.str.strip_prefix("'").str.strip_chars(BLANKS)


def without_html(text: pl.Expr) -> pl.Expr:
    """Turn HTML into text: ``<br>`` is a line break, ``&nbsp;`` a blank, other tags are nothing."""
    return (
        text.str.replace_all(_BREAK, "\n")
        .str.replace_all(_TAG, "")
        .str.replace_many(list(_ENTITIES), list(_ENTITIES.values()))
        .str.strip_chars(BLANKS)
    )


def name(text: pl.Expr) -> pl.Expr:
    """Write a person's name as it is filed.

    The dot between the parts of a name is U+00B7, two characters are not spaced out, and a
    character that an old font kept in the private area is the one that has been encoded since.
    """
    dotted = pl.when(text.str.contains(_HAN)).then(
        text.str.replace_many(list(_DOTS), ["\u00b7"] * len(_DOTS))
    )
    closed = pl.coalesce(dotted, text).str.replace(rf"^({_HAN})\s+({_HAN})$", "$1$2")
    return closed.str.replace_many(list(_MOVED), list(_MOVED.values()))
