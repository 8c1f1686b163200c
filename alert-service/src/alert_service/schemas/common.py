"""Fields that several resources have."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, PlainSerializer

from shared.kit.moments import Moment


def _spell(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


Spelled = Annotated[Decimal | None, PlainSerializer(_spell, return_type=str | None)]
"""A number that answers spell as a decimal string."""


Instant = Moment

Indicator = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_.-]*$", max_length=80, examples=["pass_rate"])
]
