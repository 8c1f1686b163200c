"""The declarative base, and what every table of the read model has."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.kit.tables import new_metadata


class Base(DeclarativeBase):
    """Declarative base of this service's tables."""

    metadata = new_metadata()
    type_annotation_map = {  # noqa: RUF012
        str: Text(),
        datetime: DateTime(timezone=True),
        list[str]: ARRAY(Text()),
        dict[str, Any]: JSONB(none_as_null=True),
        list[dict[str, str]]: JSONB(none_as_null=True),
        list[dict[str, Any]]: JSONB(none_as_null=True),
        dict[str, str]: JSONB(none_as_null=True),
    }


class Known(Base):
    """The newest word of another service on one thing: ``version`` grows with each word."""

    __abstract__ = True

    version: Mapped[int] = mapped_column(BigInteger())
    """The fact's ``version`` or ``seq``: what is not larger is old."""

    at: Mapped[datetime]
    """When the fact was stated."""
