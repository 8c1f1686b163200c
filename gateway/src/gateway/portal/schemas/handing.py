"""Values that people hand in: what the portal reads of them, and the forms."""

from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from gateway.portal.schemas import Number, Read


class HandedStep(Read):
    """What somebody did with a value that was handed in."""

    step: str
    by: str
    at: AwareDatetime
    reason: str | None


class HandedMay(Read):
    """What the visitor may do with it."""

    approve: bool
    reject: bool
    revise: bool
    withdraw: bool
    evidence: bool


class HandedValue(Read):
    """A value that somebody handed in, of the datahub."""

    id: str
    indicator: str
    scope: str
    period: str
    value: Number | None
    numerator: Number | None = None
    denominator: Number | None = None
    n: int | None
    replaces: str | None = None
    evidence: str | None
    evidence_name: str | None
    link: str | None
    note: str | None
    state: str
    version: int
    counts: bool
    entered_by: str
    steps: list[HandedStep]
    may: HandedMay


class HandingForm(BaseModel):
    """The form by which a value is handed in; the datahub says what is wrong with it."""

    model_config = ConfigDict(extra="forbid")

    indicator: str = ""
    scope: str = ""
    period: str = ""
    value: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    n: str = ""
    evidence: str | None = None
    evidence_name: str | None = None
    link: str | None = None
    note: str | None = None

    def said(self) -> dict[str, Any]:
        """Return what was filled in, as the hub takes it."""
        said = self.model_dump(include={*HandingForm.model_fields})
        filled = {name: each for name, each in said.items() if each}
        return filled | ({"n": int(self.n)} if self.n.isdecimal() else {})

    @classmethod
    def of(cls, value: HandedValue) -> Self:
        """Return the form filled in with a value that is to be revised."""
        has_parts = value.denominator is not None
        said = value.model_dump(include={*cls.model_fields} - {"n", "value"})
        return cls(
            **said,
            value=None if has_parts else value.value,
            n="" if value.n is None else str(value.n),
        )


class RevisionForm(HandingForm):
    """The form by which a value is revised."""

    version: int


class DecisionForm(BaseModel):
    """The form that decides on a value."""

    model_config = ConfigDict(extra="forbid")

    reason: str = ""
    version: int
