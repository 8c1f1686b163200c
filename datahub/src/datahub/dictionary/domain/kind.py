"""What the values of a field are held against: numbers with numbers, days with days.

Source: design "Indicators" 4 (typed, unit-checked).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from datahub.dictionary.domain.entity import FieldType


class Kind(StrEnum):
    """What an expression is, and so what it may be held against."""

    NUMBER = "number"
    DAY = "day"
    INSTANT = "instant"
    TEXT = "text"
    BOOLEAN = "boolean"


KINDS: Final[Mapping[FieldType, Kind]] = {
    FieldType.INTEGER: Kind.NUMBER,
    FieldType.DECIMAL: Kind.NUMBER,
    FieldType.DATE: Kind.DAY,
    FieldType.TIMESTAMP: Kind.INSTANT,
    FieldType.TEXT: Kind.TEXT,
    FieldType.CODE: Kind.TEXT,
    FieldType.ENUM: Kind.TEXT,
    FieldType.BOOLEAN: Kind.BOOLEAN,
}
"""A list is of no kind: it cannot be compared."""
