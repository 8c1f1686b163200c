"""Tables of ingest: feeds, batches, rows put aside, change sets. No rule lives here."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, Identity, Index, Numeric, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from datahub.tables import Base
from shared.kit.columns import Instant


class FeedRow(Base):
    """The present version of a feed contract."""

    __tablename__ = "feed"

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    source: Mapped[str]
    entity: Mapped[str]
    is_default: Mapped[bool]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    saved_at: Mapped[Instant] = mapped_column(server_default=func.now())
    origin: Mapped[str] = mapped_column(server_default="saved")
    """``shipped`` with the hub, which keeps it up to date, or ``saved`` here, which stays."""

    retired_at: Mapped[Instant | None]
    """Since when nothing is taken in by it; null while it is in use."""

    retired_by: Mapped[str | None]
    retired_why: Mapped[str | None]

    __table_args__ = (
        Index(
            "uq_feed_default",
            "source",
            "entity",
            unique=True,
            postgresql_where=text("is_default AND retired_at IS NULL"),
        ),
    )


class FeedVersionRow(Base):
    """A feed contract as it was saved; a batch names the version that it was read by."""

    __tablename__ = "feed_version"

    feed: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    saved_at: Mapped[Instant] = mapped_column(server_default=func.now())


class BatchRow(Base):
    """One delivery, and its ledger."""

    __tablename__ = "batch"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    feed: Mapped[str]
    feed_version: Mapped[int]
    source: Mapped[str]
    entity: Mapped[str]
    mode: Mapped[str]
    channel: Mapped[str]
    """``rest``, ``nats``, ``pull``, ``replay``, or ``hub`` for what the hub counts itself."""

    document: Mapped[str | None]
    declared: Mapped[int | None]
    received: Mapped[int] = mapped_column(BigInteger, server_default="0")
    created: Mapped[int] = mapped_column(BigInteger, server_default="0")
    updated: Mapped[int] = mapped_column(BigInteger, server_default="0")
    deleted: Mapped[int] = mapped_column(BigInteger, server_default="0")
    unchanged: Mapped[int] = mapped_column(BigInteger, server_default="0")
    quarantined: Mapped[int] = mapped_column(BigInteger, server_default="0")
    parked: Mapped[int] = mapped_column(BigInteger, server_default="0")
    rejected: Mapped[int] = mapped_column(BigInteger, server_default="0")
    duplicate: Mapped[int] = mapped_column(BigInteger, server_default="0")
    vanished: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Records that a full snapshot did not hold any more: deleted, and not among the received."""

    warned: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Rows that were taken in with a warning; each has a fate beside it."""

    blank: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Lines without any value: they are no rows, and not among the received."""

    warnings: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """``codes``: warnings by code; ``rows``: the first ones."""

    started_at: Mapped[Instant] = mapped_column(server_default=func.now())
    finished_at: Mapped[Instant | None]
    correlation: Mapped[str | None]

    __table_args__ = (
        Index("ix_batch_entity_id", "entity", "id"),
        Index("ix_batch_feed_id", "feed", "id"),
        Index("ix_batch_correlation", "correlation"),
    )


class QuarantinedRow(Base):
    """A row put aside: raw, with its reason, until it is mended or its parents come."""

    __tablename__ = "quarantined_row"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    batch: Mapped[int] = mapped_column(BigInteger, index=True)
    feed: Mapped[str]
    row_no: Mapped[int] = mapped_column(BigInteger)
    raw: Mapped[dict[str, Any]] = mapped_column(JSONB)
    verdict: Mapped[str]
    """``quarantined``, ``parked`` or ``rejected``."""

    code: Mapped[str]
    path: Mapped[str]
    message: Mapped[str]
    reasons: Mapped[list[Any]] = mapped_column(JSONB)
    """Every reason of the row; the columns above hold the first."""

    waits_for: Mapped[list[str] | None] = mapped_column(ARRAY(Text()))
    """``entity:key`` of each record that a parked row waits for, where they are known."""

    observed: Mapped[int] = mapped_column(BigInteger)
    put_aside_at: Mapped[Instant] = mapped_column(server_default=func.now())
    released_at: Mapped[Instant | None] = mapped_column(index=True)
    released_batch: Mapped[int | None] = mapped_column(BigInteger)
    """The delivery that took the row up; null when somebody discarded it."""

    came_from: Mapped[int | None] = mapped_column(BigInteger, index=True)
    """The entry whose replay put the row aside again."""

    edits: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    """``{at, by, reason, before}`` for every time that somebody mended the row."""

    discarded: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """``{by, reason}``: it was given up, on purpose."""

    __table_args__ = (
        Index(
            "ix_quarantined_row_open", "verdict", "id", postgresql_where=text("released_at IS NULL")
        ),
    )


class ToldFeedRow(Base):
    """Whether the work list was told that rows of a feed wait to be mended."""

    __tablename__ = "told_feed"

    feed: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    """Grows with every step of the feed: one that closed does not open again."""

    is_open: Mapped[bool]


class ChangeSetRow(Base):
    """The changes of one entity in one commit; ``first_seq`` once it has been numbered."""

    __tablename__ = "change_set"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    batch: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[str]
    entity: Mapped[str]
    rows: Mapped[int]
    first_seq: Mapped[int | None] = mapped_column(BigInteger)
    committed_at: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())
    correlation: Mapped[str | None]

    __table_args__ = (
        Index("ix_change_set_unnumbered", "id", postgresql_where=text("first_seq IS NULL")),
        Index("ix_change_set_first_seq", "first_seq"),
        Index("ix_change_set_entity_id", "entity", "id"),
        Index("ix_change_set_committed_at", "committed_at"),
        Index("ix_change_set_batch", "batch"),
    )


class ChangeRow(Base):
    """One change of one record. Its ``seq`` is the set's ``first_seq`` + ``ordinal``."""

    __tablename__ = "change"

    change_set: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    """From 0."""

    key: Mapped[str]
    op: Mapped[str]
    version: Mapped[int]
    fields: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """Names of the changed fields; null stands for all of a new record."""

    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """Values of the changed fields before; null for a new record. Of a record that has another
    key now all of them, with ``version`` and ``identity``."""

    previous_key: Mapped[str | None]
    """Of a ``rekey``: the key that the record had."""

    # A hash: half the size of a tree over long keys, and history asks for one key at a time.
    __table_args__ = (
        Index("ix_change_key", "key", postgresql_using="hash"),
        Index(
            "ix_change_previous_key",
            "previous_key",
            postgresql_where=text("previous_key IS NOT NULL"),
        ),
    )


class WatermarkRow(Base):
    """The highest ``seq`` given: nothing at or below it can ever appear later."""

    __tablename__ = "watermark"

    id: Mapped[int] = mapped_column(primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger)


class RekeyedRow(Base):
    """A key that a record had, and the one that it has now, however often it changed."""

    __tablename__ = "rekeyed"

    entity: Mapped[str] = mapped_column(primary_key=True)
    old_key: Mapped[str] = mapped_column(primary_key=True)
    new_key: Mapped[str]
    is_direct: Mapped[bool]
    """False where the key changed because a part of it is another record's key."""

    batch: Mapped[int] = mapped_column(BigInteger)
    said_by: Mapped[str]
    reason: Mapped[str]
    at: Mapped[Instant] = mapped_column(server_default=func.now())

    __table_args__ = (
        Index("ix_rekeyed_new_key", "entity", "new_key"),
        # Every push asks whether there is any.
        Index("ix_rekeyed_direct", "entity", "old_key", postgresql_where=text("is_direct")),
    )


class ClaimRow(Base):
    """What one source system said of a record, of entities that several systems write."""

    __tablename__ = "claim"

    entity: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    said: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """``{field: {value, raw, at, feed, batch, line}}`` of the fields that other systems write,
    too; ``at`` in microseconds since 1970."""


class SurvivorshipRow(Base):
    """Which system a field of an entity is believed from; the newest version is in force."""

    __tablename__ = "survivorship"

    entity: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    saved_by: Mapped[str]
    saved_at: Mapped[Instant] = mapped_column(server_default=func.now())
    decided_to: Mapped[str | None]
    """Key of the last record that was decided by it anew; null before the first."""

    decided_at: Mapped[Instant | None]
    """When every record had been."""


class AggregatePartRow(Base):
    """What one document contributes to the totals of one record."""

    __tablename__ = "aggregate_part"

    feed: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[str] = mapped_column(primary_key=True)
    totals: Mapped[list[Any]] = mapped_column(ARRAY(Numeric))


class SnapshotRow(Base):
    """The last full snapshot of a feed."""

    __tablename__ = "snapshot"

    feed: Mapped[str] = mapped_column(primary_key=True)
    batch: Mapped[int] = mapped_column(BigInteger)
    change_set: Mapped[int] = mapped_column(BigInteger)
    """Records that were changed under a later one are not as the snapshot left them."""

    lines: Mapped[int] = mapped_column(BigInteger)


class SnapshotPartRow(Base):
    """Lines of the last full snapshot of a feed: their hashes, and the keys of their records."""

    __tablename__ = "snapshot_part"

    feed: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[bytes]
    """See `repository.snapshots`."""


class SnapshotChunkRow(Base):
    """A part of a snapshot that is pushed message by message; it takes effect with the last."""

    __tablename__ = "snapshot_chunk"

    feed: Mapped[str] = mapped_column(primary_key=True)
    snapshot: Mapped[str] = mapped_column(primary_key=True)
    """As its source names it."""

    number: Mapped[int] = mapped_column(primary_key=True)
    records: Mapped[bytes]
    """NDJSON."""

    received_at: Mapped[Instant] = mapped_column(server_default=func.now())
