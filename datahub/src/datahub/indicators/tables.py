"""Tables of indicators: definitions, cells, their history. No rule lives here."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from datahub.tables import Base
from shared.kit.columns import Instant

ROOM: Final = {"postgresql_with": {"fillfactor": 80}}
"""Values are updated where they stand: with room on their page no index is written."""


class IndicatorRow(Base):
    """A version of an indicator; the highest is in force, for the periods that it is effective for.

    Periods that end before have the highest version that began earlier. What is parked or retired
    stands in the highest one.
    """

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

    departs_from: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The shipped definition in whose place the college put its own, as it was then."""

    retired_on: Mapped[date | None]
    """Since then it is measured no more; its values stay."""

    retired_why: Mapped[str | None]


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
    manual: Mapped[bool]
    """Somebody handed it in, somebody else approved it."""

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
        ROOM,
    )


class MeasurementHistoryRow(_Cell, Base):
    """Every value a cell ever had: what it said when."""

    __tablename__ = "measurement_history"
    # Rows come in the order of their time: of a few thousand blocks it is known when they came.
    __table_args__ = (
        Index("ix_measurement_history_measured_at", "measured_at", postgresql_using="brin"),
    )

    entry: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    id: Mapped[str] = mapped_column(index=True)


class IndicatorMeasureRow(Base):
    """A measure whose sums are kept; `datahub.indicators.domain.measure` says what it is."""

    __tablename__ = "indicator_measure"

    id: Mapped[str] = mapped_column(primary_key=True)


class IndicatorSumRow(Base):
    """What a measure counted in one group: it follows the change feed with the measurer."""

    __tablename__ = "indicator_sum"
    __table_args__ = ROOM

    measure: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    """Of the scope."""

    period: Mapped[str] = mapped_column(primary_key=True)
    base: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int] = mapped_column(BigInteger)
    present: Mapped[int] = mapped_column(BigInteger)
    value: Mapped[Decimal]


class IndicatorValueRow(Base):
    """A value of which a measure counts the different ones, in one group."""

    __tablename__ = "indicator_value"

    measure: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    """Of the scope."""

    period: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    rows: Mapped[int] = mapped_column(BigInteger)
    """That hold it; there is none without."""


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


class MeasureAuditRow(Base):
    """What a night's audit found; the values that it mended have its number in the history."""

    __tablename__ = "measure_audit"

    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[Instant]
    seq: Mapped[int] = mapped_column(BigInteger)
    """Number of its measuring."""

    watermark: Mapped[int] = mapped_column(BigInteger)
    """Change feed up to which it counted."""

    cells: Mapped[int]
    """That were wrong."""

    kept_hash: Mapped[str | None]
    """Of all cells before; None of audits from before there were hashes."""

    counted_hash: Mapped[str | None]
    """Of all cells as they were counted anew: another one where any was wrong."""


class HandedValueRow(Base):
    """A value as somebody handed it in: what it says is never changed, only its state is."""

    __tablename__ = "handed_value"

    id: Mapped[str] = mapped_column(primary_key=True)
    indicator: Mapped[str]
    scope: Mapped[str]
    period: Mapped[str]
    value: Mapped[Decimal]
    numerator: Mapped[Decimal | None]
    denominator: Mapped[Decimal | None]
    n: Mapped[int] = mapped_column(BigInteger)
    evidence: Mapped[str | None] = mapped_column(ForeignKey("file.digest"))
    evidence_name: Mapped[str | None]
    link: Mapped[str | None]
    note: Mapped[str | None]
    replaces: Mapped[str | None] = mapped_column(ForeignKey("handed_value.id"))
    state: Mapped[str]
    version: Mapped[int]
    entered_by: Mapped[str]
    entered_at: Mapped[Instant] = mapped_column(server_default=func.now())

    __table_args__ = (
        *(
            Index(
                f"uq_handed_value_{state}",
                *("indicator", "scope", "period"),
                unique=True,
                postgresql_where=text(f"state = '{state}'"),
            )
            for state in ("waiting", "approved")
        ),
        Index("ix_handed_value_place", "indicator", "scope", "period"),
    )


class HandedStepRow(Base):
    """What was done with a value that was handed in, by whom: never changed, never dropped."""

    __tablename__ = "handed_step"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    handed: Mapped[str] = mapped_column(ForeignKey("handed_value.id"), index=True)
    step: Mapped[str]
    by: Mapped[str]
    at: Mapped[Instant] = mapped_column(server_default=func.now())
    reason: Mapped[str | None]


class ValueStatementRow(Base):
    """What somebody said of a measured value, and what was answered."""

    __tablename__ = "value_statement"

    id: Mapped[str] = mapped_column(primary_key=True)
    indicator: Mapped[str]
    scope: Mapped[str]
    period: Mapped[str]
    value: Mapped[Decimal]
    state: Mapped[str]
    version: Mapped[int]
    reason: Mapped[str | None]
    by: Mapped[str]
    at: Mapped[Instant]
    answer: Mapped[str | None]
    answered_by: Mapped[str | None]
    answered_at: Mapped[Instant | None]
    read_at: Mapped[Instant | None]

    __table_args__ = (
        Index("ix_value_statement_scope", "scope", "id"),
        Index(
            "uq_value_statement_contested",
            *("indicator", "scope", "period"),
            unique=True,
            postgresql_where=text("state = 'contested'"),
        ),
    )


class EvidenceUploadRow(Base):
    """Who has uploaded a file of evidence: the same one may come from several people."""

    __tablename__ = "evidence_upload"

    digest: Mapped[str] = mapped_column(ForeignKey("file.digest"), primary_key=True)
    by: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[Instant] = mapped_column(server_default=func.now())


class HandedDueRow(Base):
    """A cell of which the approved value is another one: the measurer looks at it next."""

    __tablename__ = "handed_due"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    indicator: Mapped[str]
    scope: Mapped[str]
    period: Mapped[str]


class ToldCellRow(Base):
    """Whether the work list was told that a value is to be handed in for a cell, and to whom."""

    __tablename__ = "told_cell"

    indicator: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    """Grows with every step of the cell: one that closed does not open again."""

    owners: Mapped[list[str]] = mapped_column(ARRAY(Text))
    is_open: Mapped[bool]
