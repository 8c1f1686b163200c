"""Scopes and indicators, as the hub tells of them."""

from sqlalchemy import ARRAY, BigInteger, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from target_service.tables.base import Base, Document


class ScopeRow(Base):
    """A scope (诊改对象) as the hub told it last: what goals and bindings may be about."""

    __tablename__ = "scope"
    __table_args__ = (Index("ix_scope_parents", "parents", postgresql_using="gin"),)

    scope: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    parents: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    owners: Mapped[list[dict[str, str]]] = mapped_column(JSONB, server_default="[]")
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    gone: Mapped[bool]
    seq: Mapped[int] = mapped_column(BigInteger)


class IndicatorRow(Base):
    """An indicator as the hub published it last: what may be bound, and what values it has."""

    __tablename__ = "indicator"

    indicator: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    name_zh: Mapped[str]
    unit: Mapped[str]
    direction: Mapped[str] = mapped_column(server_default="")
    """Where better lies: higher, lower, band; empty where it was not told."""

    core: Mapped[bool] = mapped_column(server_default="false")
    """Whether it is watched more closely (核心指标)."""

    measured_for: Mapped[list[Document]] = mapped_column(JSONB, server_default="[]")
    """Kinds of scope and period that it has values for; empty where it was not told."""
