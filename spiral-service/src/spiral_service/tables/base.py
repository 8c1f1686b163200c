"""The declarative base of this service's tables."""

from datetime import datetime

from sqlalchemy import DateTime, Text
from sqlalchemy.orm import DeclarativeBase

from shared.kit.tables import new_metadata


class Base(DeclarativeBase):
    """Declarative base of this service's tables."""

    metadata = new_metadata()
    type_annotation_map = {str: Text(), datetime: DateTime(timezone=True)}  # noqa: RUF012
