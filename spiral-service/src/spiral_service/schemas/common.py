"""What the subjects share."""

from typing import Annotated, Literal

from pydantic import Field

State = Literal["open", "closed"]


CycleKey = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=r"^[\w.:@/+-]+$",
        examples=["2026-2027-1/course/C0001"],
        description="周期编号（自然键）：文字、数字和 . : @ / + - _",
    ),
]
