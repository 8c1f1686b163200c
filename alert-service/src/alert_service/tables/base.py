"""The declarative base of this service's tables."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import DateTime, Numeric, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase

from shared.kit.tables import new_metadata

Document = dict[str, Any]


class Base(DeclarativeBase):
    """Declarative base of this service's tables. Instants are aware, lines are documents."""

    metadata = new_metadata()
    type_annotation_map = {  # noqa: RUF012 — SQLAlchemy reads it from the class
        datetime: DateTime(timezone=True),
        Document: JSONB(none_as_null=True),
        Decimal: Numeric,
        list[str]: ARRAY(Text),
    }
