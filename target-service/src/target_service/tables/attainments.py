"""Measured values, and how bindings stand on them."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Computed, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from target_service.tables.base import RANKED, Base


class MeasuredValueRow(Base):
    """The newest measured value of a cell, kept so that a later binding is judged at once."""

    __tablename__ = "measured_value"
    __table_args__ = ({"postgresql_with": {"fillfactor": "60"}},)

    indicator: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Decimal | None]
    numerator: Mapped[Decimal | None]
    denominator: Mapped[Decimal | None]
    n: Mapped[int] = mapped_column(BigInteger)
    coverage: Mapped[Decimal]
    freshest_at: Mapped[datetime | None]
    formula_version: Mapped[int]
    reason: Mapped[str | None]
    seq: Mapped[int] = mapped_column(BigInteger)


class AttainmentRow(Base):
    """The judgement of a binding that stands now; older ones are in the history."""

    __tablename__ = "attainment"
    __table_args__ = (
        Index(
            "ix_attainment_ranked",
            "ranked_in",
            "ranked",
            postgresql_where=text("ranked_in IS NOT NULL"),
        ),
        # A judgement moves no index entry while the page has room for the new row.
        {"postgresql_with": {"fillfactor": "60"}},
    )

    binding: Mapped[str] = mapped_column(ForeignKey("binding.key"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    warning: Mapped[bool]
    overdue: Mapped[bool] = mapped_column(server_default="false")
    thin: Mapped[bool]
    stale: Mapped[bool] = mapped_column(server_default="false")
    attainment: Mapped[Decimal | None]
    coverage: Mapped[Decimal]
    value: Mapped[Decimal | None]
    numerator: Mapped[Decimal | None]
    denominator: Mapped[Decimal | None]
    gap: Mapped[Decimal | None]
    relative_gap: Mapped[Decimal | None]
    standard_version: Mapped[int | None]
    formula_version: Mapped[int]
    measured_at: Mapped[datetime | None]
    judged_at: Mapped[datetime]
    counted_in: Mapped[str | None]
    """The goal in whose sums it stands."""

    counted: Mapped[int | None]
    """What it counts there, millionths: 0 where its floor is broken."""

    ranked_in: Mapped[str | None]
    """That goal, where it looks for the ``minimum`` or the ``last``."""

    ranked: Mapped[int | None] = mapped_column(Computed(RANKED.format("counted"), persisted=True))
    """What it counts, there alone."""
