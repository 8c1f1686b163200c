"""Recognise what spreadsheets and wrong encodings did to a value, and say what it may have been.

A suggestion is for whoever mends the row; nothing is repaired by itself. Source: ``dirty_cases``
D067, D074, D094, D106, D110, D111.
"""

import codecs
import re
from typing import Final

LOST: Final = "\u951f\u65a4\u62f7"
"""锟斤拷: U+FFFD written as UTF-8 and read as GBK. What stood there is gone."""

EXPONENT: Final = r"^[+-]?[0-9](\.[0-9]+[eE][+-]|[eE]\+)[0-9]+$"
"""A number of many digits as a spreadsheet shows it: the digits behind are lost."""

_POWER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+", re.ASCII)

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_DAY_MONTH: Final = re.compile(r"(\d{1,2})-([A-Za-z]{3})", re.ASCII)
_MONTH_NUMBER: Final = re.compile(r"([A-Za-z]{3})-(\d{1,2})", re.ASCII)
_CHINESE_DAY: Final = re.compile(r"(\d{1,2})月(\d{1,2})日", re.ASCII)
_WHOLE_DAY: Final = re.compile(r"\d{4}[-/](\d{1,2})[-/](\d{1,2})(?: 0?0:00(?::00)?)?", re.ASCII)
_LETTERS: Final = str.maketrans("OoIl", "0011")
_EITHER_ORDER: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}", re.ASCII)

SUSPECT: Final = "".join(
    sorted(
        {
            bytes([lead, trail]).decode("gb18030")
            for lead in range(0xE4, 0xEA)
            for trail in range(0x80, 0xC0)
            if trail != 0x7F
        }
    )
)
"""Characters that GBK sees in the first two bytes of a Chinese character in UTF-8."""


def is_exponent(text: str) -> bool:
    """Whether a number is written in scientific notation."""
    return _POWER.fullmatch(text) is not None


def digits_from(text: str) -> str | None:
    """Return the number that a text with letters for digits may have been: ``2021O101``."""
    mended = text.translate(_LETTERS)
    plain = mended.replace(".", "", 1)
    return mended if mended != text and plain.isascii() and plain.isdigit() else None


def range_from(text: str) -> str | None:
    """Return the range that a spreadsheet took for a date: ``20-Oct`` was 10-20, ``1月2日`` 1-2."""
    if (match := _DAY_MONTH.fullmatch(text)) and (month := _MONTHS.get(match[2].lower())):
        return f"{month}-{int(match[1])}"
    if (match := _MONTH_NUMBER.fullmatch(text)) and (month := _MONTHS.get(match[1].lower())):
        return f"{month}-{int(match[2])}"
    if match := _CHINESE_DAY.fullmatch(text) or _WHOLE_DAY.fullmatch(text):
        return f"{int(match[1])}-{int(match[2])}"
    return None


def has_two_readings(text: str) -> bool:
    """Whether a date reads as day and month in either order: ``03/04/2021``."""
    match = _EITHER_ORDER.fullmatch(text)
    return match is not None and int(match[1]) <= 12 and int(match[2]) <= 12


def read_as_gbk(text: str) -> str | None:
    """Return the Chinese that a text was before its UTF-8 was read as GBK; None if it was none.

    A text that GB 2312 can write is taken for what it is: nearly every such accident shows
    characters beyond it, and no name or title is to be suspected by chance.
    """
    try:
        found = _utf8_of(text.removesuffix("?").encode("gb18030"))
    except UnicodeError:
        return None
    is_chinese = any("\u4e00" <= letter <= "\u9fff" for letter in found) and all(
        letter.isascii() or "\u3000" <= letter <= "\u9fff" or "\uff00" <= letter <= "\uffef"
        for letter in found
    )
    return found if is_chinese and not _fits_gb2312(text) else None


def _utf8_of(body: bytes) -> str:
    """Decode UTF-8 whose last character may be cut off."""
    return codecs.getincrementaldecoder("utf-8")().decode(body, final=False)


def _fits_gb2312(text: str) -> bool:
    try:
        text.encode("gb2312")
    except UnicodeError:
        return False
    return True
