"""What the portal reads of where somebody stands on the way to the next tier."""

from gateway.portal.schemas import Number, Read


class Standing(Read):
    """Where somebody stands in one criterion, and what he lacks for the next tier."""

    indicator: str
    name: str
    unit: str
    period: str | None
    value: Number | None
    reached: str | None
    next: str | None
    next_limit: str | None
    missing: Number | None
    numerator_by: int | None
    better_than_median: bool | None


class NextTier(Read):
    """What somebody lacks for his next tier."""

    scope: str
    reached: str | None
    criteria: tuple[Standing, ...]
