"""Tables of quality: rules, what is due, runs and their results, how feeds write and deliver."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Date, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from datahub.tables import Base
from shared.kit.columns import Instant


class QualityRuleRow(Base):
    """A version of a rule. The newest one is in force, unless the rule was deleted."""

    __tablename__ = "quality_rule"

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    origin: Mapped[str]
    """``shipped`` follows the hub's own rules; ``user`` was changed here, and does not."""

    in_force: Mapped[bool]
    may_block: Mapped[bool]
    saved_at: Mapped[Instant] = mapped_column(server_default=func.now())

    __table_args__ = (
        Index("uq_quality_rule_in_force", "id", unique=True, postgresql_where=text("in_force")),
        Index(
            "ix_quality_rule_blocking", "entity", postgresql_where=text("in_force AND may_block")
        ),
    )


class QualityCursorRow(Base):
    """How far the change feed was followed, and the campus day of the last full run."""

    __tablename__ = "quality_cursor"

    id: Mapped[int] = mapped_column(primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger)
    full_run_on: Mapped[date | None] = mapped_column(Date)


class QualityDueRow(Base):
    """An entity whose rules are to be evaluated."""

    __tablename__ = "quality_due"

    entity: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    """``changes``, ``rules``, ``aged``, ``nightly`` or ``asked``."""

    marks: Mapped[int] = mapped_column(BigInteger)
    """How often it was marked: a run ends it only when nothing was added meanwhile."""

    since: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())


class QualityRunRow(Base):
    """One evaluation of the rules of an entity."""

    __tablename__ = "quality_run"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    entity: Mapped[str]
    reason: Mapped[str]
    watermark: Mapped[int] = mapped_column(BigInteger)
    """Change feed up to which the results are true, at least."""

    day: Mapped[date] = mapped_column(Date)
    """Campus day."""

    started_at: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())
    finished_at: Mapped[Instant | None]

    __table_args__ = (Index("ix_quality_run_entity_id", "entity", "id"),)


class QualityResultRow(Base):
    """What a run found for a rule: over all records, and for each feed that writes its fields."""

    __tablename__ = "quality_result"

    run: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    feed: Mapped[str] = mapped_column(primary_key=True)
    """Empty for all records."""

    rule_version: Mapped[int]
    kind: Mapped[str]
    severity: Mapped[str]
    source: Mapped[str]
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    checked: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)
    observed: Mapped[Decimal | None]
    """What a rule about a set looked at: the count of records, the age in seconds."""

    status: Mapped[str]
    """``passed``, ``failed``, ``no_data`` or ``error``."""

    reason: Mapped[str | None]

    __table_args__ = (Index("ix_quality_result_rule_run", "rule", "run"),)


class FeedProfileRow(Base):
    """How a batch is written, and how that differs from the one before it."""

    __tablename__ = "feed_profile"

    batch: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    feed: Mapped[str]
    rows: Mapped[int]
    columns: Mapped[dict[str, Any]] = mapped_column(JSONB)
    drift: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    seen_at: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (Index("ix_feed_profile_feed_batch", "feed", "batch"),)


class FeedWatchRow(Base):
    """What is expected of a feed, and when a batch of it was last refused."""

    __tablename__ = "feed_watch"

    feed: Mapped[str] = mapped_column(primary_key=True)
    expected_at: Mapped[Instant | None]
    """When the next delivery is due, or the newest missed one was."""

    level: Mapped[str | None]
    """``late`` or ``missing`` while it is late."""

    last_batch_at: Mapped[Instant | None]
    refused_at: Mapped[Instant | None]
    refused: Mapped[list[Any] | None] = mapped_column(JSONB)
    """The rules that held the batch back, with their counts."""
