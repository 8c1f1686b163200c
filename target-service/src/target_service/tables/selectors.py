"""Selectors."""

from datetime import datetime

from sqlalchemy import ARRAY, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from target_service.tables.base import Base, Document


class SelectorRow(Base):
    """An indicator bound to all scopes that are chosen by kind, tags, units or by name."""

    __tablename__ = "selector"
    __table_args__ = (Index("ix_selector_standard", "standard"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    title: Mapped[str]
    indicator: Mapped[str]
    period: Mapped[str]
    kind: Mapped[str]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    units: Mapped[list[str]] = mapped_column(ARRAY(Text))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    excluded: Mapped[list[str]] = mapped_column(ARRAY(Text))
    standard: Mapped[str | None]
    target: Mapped[Document | None]
    tiers: Mapped[Document]
    warning: Mapped[Document | None]
    alert_from: Mapped[str]
    max_age_days: Mapped[int | None]
    owner: Mapped[str]
    updated_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
