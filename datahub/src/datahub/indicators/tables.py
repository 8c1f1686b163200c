"""Tables of indicators: definitions, cells, their history. No rule lives here."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from datahub.tables import Base
from shared.kit.columns import Instant


class IndicatorRow(Base):
    """A version of an indicator; the highest one is in force."""

    __tablename__ = "indicator"

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    origin: Mapped[str]
    """``shipped`` of the catalogue, ``college`` what somebody put."""

    published_at: Mapped[Instant] = mapped_column(server_default=func.now())
    measured_at: Mapped[Instant | None]
    """When every cell was measured with this version for the first time."""

    parked: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Why it is measured no more: what ran too long, or failed."""


class _Cell:
    """Columns of a measured value."""

    indicator: Mapped[str]
    scope: Mapped[str]
    period: Mapped[str]
    value: Mapped[Decimal | None]
    numerator: Mapped[Decimal | None]
    denominator: Mapped[Decimal | None]
    n: Mapped[int] = mapped_column(BigInteger)
    coverage: Mapped[Decimal]
    freshest_at: Mapped[Instant | None]
    formula_version: Mapped[int]
    reason: Mapped[str | None]
    watermark: Mapped[int] = mapped_column(BigInteger)
    """Change feed up to which the value is complete."""

    seq: Mapped[int] = mapped_column(BigInteger)
    """Grows with every measuring; a larger one is newer."""

    measured_at: Mapped[Instant] = mapped_column(server_default=func.now())


class MeasurementRow(_Cell, Base):
    """The present value of one cell."""

    __tablename__ = "measurement"

    id: Mapped[str] = mapped_column(primary_key=True)
    """``indicator|scope|period``."""

    __table_args__ = (
        Index("ix_measurement_indicator_scope", "indicator", "scope"),
        Index("ix_measurement_indicator_period", "indicator", "period", "scope"),
        Index("ix_measurement_scope", "scope"),
    )


class MeasurementHistoryRow(_Cell, Base):
    """Every value a cell ever had: what it said when."""

    __tablename__ = "measurement_history"

    entry: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    id: Mapped[str] = mapped_column(index=True)


class IndicatorMeasureRow(Base):
    """A measure whose sums are kept; `datahub.indicators.domain.measure` says what it is."""

    __tablename__ = "indicator_measure"

    id: Mapped[str] = mapped_column(primary_key=True)


class IndicatorSumRow(Base):
    """What a measure counted in one group: it follows the change feed with the measurer."""

    __tablename__ = "indicator_sum"

    measure: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    """Of the scope."""

    period: Mapped[str] = mapped_column(primary_key=True)
    base: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int] = mapped_column(BigInteger)
    present: Mapped[int] = mapped_column(BigInteger)
    value: Mapped[Decimal]


class IndicatorParentRow(Base):
    """A scope and one right above it: the measurer follows the scopes that formulas go through."""

    __tablename__ = "indicator_parent"
    __table_args__ = (Index("ix_indicator_parent_parent", "parent", "kind"),)

    kind: Mapped[str]
    """Of the scope beneath."""

    scope: Mapped[str] = mapped_column(primary_key=True)
    parent: Mapped[str] = mapped_column(primary_key=True)


class MeasureCursorRow(Base):
    """How far the measurer has followed the change feed."""

    __tablename__ = "measure_cursor"

    id: Mapped[int] = mapped_column(primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger)
    rounds: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[date | None]
    """On which it measured last: a stock is measured anew each day."""

    audited_on: Mapped[date | None]
    """On which everything was counted anew last."""
