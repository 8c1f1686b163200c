"""What requests and responses of several resources share.

Numbers are decimal strings in answers; requests may also write them as JSON numbers.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

from shared.contracts.vocabulary import Operator, fault_of_written_period
from target_service.domain.limits import Limit, read_limit, read_number, write_limit

Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
"""A day whose end there is in every zone."""


def _as_text(value: object) -> object:
    """Take JSON numbers as what they were written as; the framework would refuse them."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _check_numbers(text: str) -> str:
    for part in text.split(","):
        read_number(part)
    return text


def _spell(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


Numbers = Annotated[
    str, BeforeValidator(_as_text), AfterValidator(_check_numbers), Field(max_length=400)
]
"""A decimal string; for the operator ``in`` several, joined with commas."""

Spelled = Annotated[Decimal | None, PlainSerializer(_spell, return_type=str | None)]
"""A number in an answer: a decimal string without exponent."""

Key = Annotated[
    str,
    Field(
        # Whatever the key of a scope may hold: bindings and goals of scopes are named by theirs.
        pattern=r"^\w[^\x00-\x1f\x7f]*$",
        max_length=400,
        examples=["course_pass_rate@course/C0001@term:2026-2027-1"],
    ),
]
Indicator = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_.-]*$", max_length=80, examples=["course_pass_rate"])
]
Text = Annotated[str, StringConstraints(strip_whitespace=True)]
"""Words of people, without the blanks around them: nothing but blanks says nothing."""

Title = Annotated[Text, Field(min_length=1, max_length=200)]
Owner = Annotated[Text, Field(max_length=200, examples=["teacher/T001"])]


WrittenPeriod = Annotated[str, Field(examples=["term:2026-2027-1"])]
"""A period whose spelling the use case looks at, so that its fault is told with all the others."""


class WithPeriods(BaseModel):
    """A body whose misspelt periods are told with what cannot be read, where there is such."""

    @model_validator(mode="wrap")
    @classmethod
    def _tell_all(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            found = [
                InitErrorDetails(
                    type=each["type"],
                    loc=each["loc"],
                    input=each["input"],
                    ctx=each.get("ctx", {}),
                )
                for each in error.errors()
            ]
            raise ValidationError.from_exception_data(
                cls.__name__, [*found, *_misspelt(data, ())]
            ) from None


def _misspelt(data: Any, place: tuple[int | str, ...]) -> Iterator[InitErrorDetails]:
    """Yield the faults of the periods in a document, however deep."""
    if isinstance(data, dict):
        for name, said in data.items():
            yield from _misspelt(said, (*place, name))
    elif isinstance(data, list):
        for at, said in enumerate(data):
            yield from _misspelt(said, (*place, at))
    elif _is_period(place) and isinstance(data, str) and (fault := fault_of_written_period(data)):
        error = ValueError(fault)
        yield InitErrorDetails(type="value_error", loc=place, input=data, ctx={"error": error})


def _is_period(place: tuple[int | str, ...]) -> bool:
    return place[-1:] == ("period",) or place[-2:-1] == ("also",)


Scoring = Annotated[
    dict[str, Any], Field(max_length=20, examples=[{"rule": "relative_to_best", "best": "96"}])
]
"""Which of the nine scoring rules makes an attainment of a value, with its parameters."""


class LimitBody(BaseModel):
    """A value with its own operator."""

    model_config = ConfigDict(extra="forbid")

    op: Operator
    value: Numbers
    upper: Numbers | None = None
    """Upper end, for ``between`` only."""

    @model_validator(mode="after")
    def _fits(self) -> "LimitBody":
        self.to_rule()
        return self

    def to_rule(self) -> Limit:
        """Return the limit as the rules see it."""
        return read_limit({"op": self.op, "value": self.value, "upper": self.upper})

    def to_document(self) -> dict[str, Any]:
        """Return the limit in its one stored spelling."""
        return write_limit(self.to_rule())


class View(BaseModel):
    """An answer that is read off a row."""

    model_config = ConfigDict(from_attributes=True)


def told(filter_: BaseModel, name: str) -> str | None:
    """Return what a filter asks of a field, as it is stored; None where nothing."""
    value = getattr(filter_, name)
    return None if value is None else str(value)
