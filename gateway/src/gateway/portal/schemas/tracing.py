"""What the portal reads of a judgement, to follow a number."""

from pydantic import AwareDatetime

from gateway.portal.schemas import Number, Read
from shared.contracts.vocabulary import State


class Attainment(Read):
    """How a binding stands."""

    binding: str
    title: str
    goal: str | None
    owner: str
    state: State
    value: Number | None = None
    attainment: Number | None = None
    warning: bool = False
    judged_at: AwareDatetime | None = None
    standard_version: int | None = None
