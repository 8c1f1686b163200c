"""Definitions that the college has published; the shipped ones lie in the package."""

from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class DefinitionRow(Base):
    """One version of a definition; it is never changed."""

    __tablename__ = "definition"

    definition: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]] = mapped_column(JSONB())
    published_by: Mapped[str]
    published_at: Mapped[datetime]
