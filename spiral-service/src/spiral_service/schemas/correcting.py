"""What people say of corrections, over REST."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from shared.contracts.causes import Cause
from shared.contracts.vocabulary import ScopeKey
from spiral_service.domain.correction import BackTo
from spiral_service.schemas import examples

Words = Annotated[str, Field(min_length=2, max_length=2000)]


def _check_party(scope: str) -> str:
    if not scope.startswith(("teacher/", "student/", "unit/")):
        raise ValueError("写作 teacher/…、student/… 或 unit/… (a person or a unit)")
    return scope


def _closed(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class AssignBody(BaseModel):
    """Name the owner of a correction (指派责任人)."""

    model_config = _closed(examples.ASSIGN)

    owner: Annotated[ScopeKey, AfterValidator(_check_party), Field(examples=["teacher/T001"])]
    note: Annotated[str, Field(max_length=2000)] = ""


class ChangeBody(BaseModel):
    """What a measure changes: only tasks may be; what else is meant is refused by name."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["task", "goal", "standard", "target"]
    key: Annotated[str, Field(min_length=1, max_length=200)]


class PlanBody(BaseModel):
    """State cause and measure (整改措施); again: state them anew."""

    model_config = _closed(examples.PLAN)

    cause: Cause
    cause_text: Words
    measure: Words
    due_on: Annotated[date, Field(le=date(2199, 12, 31))]
    """Campus date until which it is carried out, inside the cycle."""

    starts_on: Annotated[date | None, Field(le=date(2199, 12, 31))] = None
    """Campus date on which the work begins; today where none is given. Only what is measured from
    then on counts as measured again."""

    back_to: BackTo | None = None
    """The step to which the work goes back: design, organise or implement."""

    changes: Annotated[list[ChangeBody], Field(max_length=50)] = []


class FileBody(BaseModel):
    """A file that was uploaded before, and its name."""

    model_config = ConfigDict(extra="forbid")

    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$", examples=["0" * 64])]
    name: Annotated[str, Field(min_length=1, max_length=200)]


class EvidenceBody(BaseModel):
    """Hand in evidence that the measure was carried out (佐证); more may follow."""

    model_config = ConfigDict(extra="forbid")

    said: Words
    files: Annotated[list[FileBody], Field(min_length=1, max_length=20)]


class VerifyBody(BaseModel):
    """Find whether the measure had an effect (核验)."""

    model_config = _closed(examples.VERIFY)

    effective: bool
    note: Annotated[str, Field(max_length=2000)] = ""

    @model_validator(mode="after")
    def _say_why_not(self) -> "VerifyBody":
        if not self.effective and len(self.note) < 2:
            raise ValueError("未见效须说明理由 note (say why in note)")
        return self


class ReasonBody(BaseModel):
    """Do it, for a reason."""

    model_config = _closed(examples.REASON)

    reason: Words


class JoinBody(BaseModel):
    """Let a correction share that of others (并案): owner, measure and evidence become theirs."""

    model_config = ConfigDict(extra="forbid")

    to: UUID
    """The correction that it joins."""

    reason: Words
