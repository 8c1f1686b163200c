"""The declarative base of this service's tables."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import DateTime, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from shared.kit.tables import new_metadata

Document = dict[str, Any]

RANKED = "CASE WHEN ranked_in IS NOT NULL THEN {} END"
"""A column's value where a goal looks for the least or the last of its parts, and null elsewhere:
what is indexed then does not move with the figures of all the others."""


class Base(DeclarativeBase):
    """Declarative base of this service's tables. Instants are aware, limits are documents."""

    metadata = new_metadata()
    type_annotation_map = {  # noqa: RUF012 — SQLAlchemy reads it from the class
        datetime: DateTime(timezone=True),
        Document: JSONB(none_as_null=True),
        Decimal: Numeric,
    }
