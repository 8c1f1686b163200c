"""Instants that people and systems give, within what every calendar and zone holds."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def check_year(given: datetime) -> datetime:
    """Refuse an instant that no calendar of a college holds, nor the database in every zone."""
    if not 1901 <= given.year <= 2198:
        raise ValueError("年份须在 1901 与 2198 之间 (a year from 1901 to 2198)")
    return given


Moment = Annotated[AwareDatetime, AfterValidator(check_year)]
