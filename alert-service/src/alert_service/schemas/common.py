"""Fields that several resources have."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, PlainSerializer


def _spell(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


Spelled = Annotated[Decimal | None, PlainSerializer(_spell, return_type=str | None)]
"""A number that answers spell as a decimal string."""


def check_year(given: datetime) -> datetime:
    """Refuse an instant that no calendar of a college holds, nor the database in every zone."""
    if not 1901 <= given.year <= 2198:
        raise ValueError("年份须在 1901 与 2198 之间 (a year from 1901 to 2198)")
    return given


Instant = Annotated[AwareDatetime, AfterValidator(check_year)]

Indicator = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_.-]*$", max_length=80, examples=["pass_rate"])
]
