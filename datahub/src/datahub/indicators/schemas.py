"""Requests of indicators."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

IndicatorId = Annotated[str, Field(max_length=80)]
CatalogueRow = Annotated[str, Field(pattern=r"^(SC|MJ|CR|TC|ST|PR)[0-9]{0,2}$")]
"""A row of the catalogue, ``SC01``; two letters alone are every row of a family."""


class PublishAsked(BaseModel):
    """Which definitions of the catalogue to publish; all of them where nothing is named."""

    model_config = ConfigDict(extra="forbid")

    indicators: Annotated[list[IndicatorId] | None, Field(max_length=500)] = None
    rows: Annotated[list[CatalogueRow] | None, Field(max_length=200)] = None
