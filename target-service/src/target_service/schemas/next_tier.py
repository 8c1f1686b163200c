"""Answers about what an object lacks for its next tier."""

from pydantic import BaseModel

from target_service.domain.lines import Tier
from target_service.schemas.common import Spelled


class CriterionStandingView(BaseModel):
    """Where an object stands in one criterion, and what it lacks for the next tier."""

    indicator: str
    name: str
    """What counts: the name of the indicator."""

    unit: str
    standard: str | None
    standard_version: int | None
    object_class: str | None
    binding: str | None
    """What judges it; None of a criterion that the object is not bound to."""

    period: str | None
    value: Spelled
    """None without a value: then nothing is known of what is missing."""

    numerator: Spelled
    denominator: Spelled
    reached: Tier | None
    """The highest tier that holds with all below it; None below every one."""

    next: Tier | None
    """None at the highest that there is."""

    next_limit: str | None
    """As it is written: ``>= 0.6``."""

    missing: Spelled
    """In the unit; 0 where only the bare line is reached and it must be passed."""

    must_rise: bool | None
    numerator_by: int | None
    """So many more of the numerator, fewer where negative, with the denominator as it is."""

    denominator_by: int | None
    """Instead of it so many more of the denominator."""

    peers: int
    """Other objects of the kind with a value of the same period."""

    peer_median: Spelled
    """Of them; None where fewer than five have one."""

    better_than_median: bool | None


class NextTierView(BaseModel):
    """What an object lacks for its next tier, criterion by criterion."""

    scope: str
    reached: Tier | None
    """The tier that it has in every criterion with a value."""

    without_value: int
    """Criteria of which nothing is known."""

    criteria: list[CriterionStandingView]
    """Those that hold it back first."""
