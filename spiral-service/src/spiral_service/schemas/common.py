"""What the subjects share."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

State = Literal["open", "closed"]


CycleKey = Annotated[
    str,
    Field(
        min_length=1,
        max_length=300,
        # Whatever the key of a scope may hold: those that the calendar opens are named by theirs.
        pattern=r"^[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$",
        examples=["2026-2027-1/course/C0001"],
        description="周期编号（自然键）：不以空白开头，不含控制字符",
    ),
]

IndicatorKey = Annotated[str, Field(min_length=1, max_length=200, examples=["course_pass_rate"])]
GoalKey = Annotated[str, Field(min_length=1, max_length=200, examples=["example-goal"])]
Title = Annotated[str, Field(min_length=2, max_length=200)]
Words = Annotated[str, Field(min_length=2, max_length=5000)]
Said = Annotated[str, Field(max_length=2000)]


def closed(example: dict[str, Any]) -> ConfigDict:
    """Return the settings of a body that refuses unknown fields by name."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})
