"""Requests of quality."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class RunAsked(BaseModel):
    """Which entities to evaluate now."""

    model_config = ConfigDict(extra="forbid")

    entities: Annotated[list[str] | None, Field(max_length=200)] = None
    """All of them where not given."""
