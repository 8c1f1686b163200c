"""Who is told of alerts: the policy, channels, silences, groups, and everything that was told."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from alert_service.tables.base import Base, Document


class PolicyRow(Base):
    """A version of the notification policy (通知策略); the last one counts."""

    __tablename__ = "notification_policy"

    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[Document]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    note: Mapped[str]


class ChannelRow(Base):
    """A channel (通知渠道), and how it gets on."""

    __tablename__ = "channel"

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str]
    enabled: Mapped[bool]
    config: Mapped[Document]
    secrets: Mapped[Document]
    """Never answered, never logged."""

    templates: Mapped[Document]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    """In a row."""

    rests_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    """What came of the last attempt that failed."""


class SilenceRow(Base):
    """A silence (静默)."""

    __tablename__ = "silence"
    __table_args__ = (Index("ix_silence_ends_at", "ends_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    matchers: Mapped[list[Document]] = mapped_column(JSONB)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    rule: Mapped[str | None]
    """RFC 5545; None of one that does not recur."""

    minutes: Mapped[int | None]
    author: Mapped[str]
    reason: Mapped[str]
    made_at: Mapped[datetime]
    expired_by: Mapped[str | None]


class NotedRow(Base):
    """An alert that changed, and was not routed since."""

    __tablename__ = "noted"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    alert: Mapped[str]


class AlertLabelRow(Base):
    """The labels of an alert as it was routed last."""

    __tablename__ = "alert_label"
    __table_args__ = (
        Index(
            "ix_alert_label_open",
            "labels",
            postgresql_using="gin",
            postgresql_ops={"labels": "jsonb_path_ops"},
            postgresql_where=text("is_open"),
        ),
    )

    alert: Mapped[str] = mapped_column(primary_key=True)
    labels: Mapped[Document]
    is_open: Mapped[bool]
    mark: Mapped[str]
    is_seen: Mapped[bool]
    changed_at: Mapped[datetime]


class GroupRow(Base):
    """Alerts of a route that have its labels in common: they are told together."""

    __tablename__ = "alert_group"
    __table_args__ = (
        UniqueConstraint("route", "key"),
        Index("ix_alert_group_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    route: Mapped[str]
    key: Mapped[str]
    """Its labels, written in one way."""

    labels: Mapped[Document]
    due_at: Mapped[datetime | None]
    """When it must be looked at; None: nothing is to be told until something changes."""

    first_at: Mapped[datetime | None]
    """When it was looked at first since it was empty: its beat is counted from then."""


class MemberRow(Base):
    """An alert in a group."""

    __tablename__ = "alert_group_member"
    __table_args__ = (Index("ix_alert_group_member_alert", "alert"),)

    group: Mapped[int] = mapped_column(
        ForeignKey("alert_group.id", ondelete="CASCADE"), primary_key=True
    )
    alert: Mapped[str] = mapped_column(primary_key=True)


class ToldRow(Base):
    """What a receiver of a group was told last."""

    __tablename__ = "told"

    group: Mapped[int] = mapped_column(
        ForeignKey("alert_group.id", ondelete="CASCADE"), primary_key=True
    )
    channel: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    open: Mapped[list[str]]
    ended: Mapped[list[str]]
    at: Mapped[datetime]
    number: Mapped[int]


class UntoldRow(Base):
    """Somebody was not told of an alert, and why; kept."""

    __tablename__ = "untold"
    __table_args__ = (
        Index("ix_untold_by", "by", postgresql_where=text("over_at IS NULL")),
        Index("ix_untold_group", "group", postgresql_where=text("over_at IS NULL")),
    )

    alert: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    by: Mapped[str] = mapped_column(primary_key=True)
    group: Mapped[int] = mapped_column(BigInteger)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    until: Mapped[datetime | None]
    over_at: Mapped[datetime | None]
    """Since then it is no reason any more."""


class NotificationRow(Base):
    """One thing told to one receiver (通知); its id is the idempotency key."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("group", "channel", "person", "number"),
        Index(
            "ix_notification_due", "channel", "due_at", postgresql_where=text("state = 'pending'")
        ),
        Index("ix_notification_alerts", "alerts", postgresql_using="gin"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    group: Mapped[int] = mapped_column(BigInteger)
    route: Mapped[str]
    channel: Mapped[str]
    person: Mapped[str]
    number: Mapped[int]
    alerts: Mapped[list[str]]
    open: Mapped[list[str]]
    ended: Mapped[list[str]]
    title: Mapped[str]
    lines: Mapped[list[str]]
    document: Mapped[Document]
    """For programs, in the shape of Alertmanager."""

    made_at: Mapped[datetime]
    state: Mapped[str]
    """``pending``, ``sent`` or ``failed``."""

    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    over_at: Mapped[datetime | None]


class AttemptRow(Base):
    """One attempt to tell; noted before it begins, so that none is lost."""

    __tablename__ = "notification_attempt"

    notification: Mapped[str] = mapped_column(
        ForeignKey("notification.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    outcome: Mapped[str | None]
    """None: nobody knows; the process ended before it did."""

    detail: Mapped[str | None]
    took_ms: Mapped[int | None]


class LetterRow(Base):
    """A message in somebody's inbox (站内信)."""

    __tablename__ = "letter"
    __table_args__ = (Index("ix_letter_person", "person", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    notification: Mapped[str] = mapped_column(ForeignKey("notification.id"), unique=True)
    person: Mapped[str]
    """Whose inbox: ``person/…``, ``role/…``, ``unit/…``."""

    severity: Mapped[str | None]
    title: Mapped[str]
    lines: Mapped[list[str]]
    alerts: Mapped[list[str]]
    at: Mapped[datetime]


class ReadingRow(Base):
    """A letter that a person has read; those to a role are read by each for himself."""

    __tablename__ = "letter_read"

    letter: Mapped[int] = mapped_column(
        ForeignKey("letter.id", ondelete="CASCADE"), primary_key=True
    )
    person: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class ForeignAlertRow(Base):
    """An alert that Prometheus found, as it told of it."""

    __tablename__ = "foreign_alert"
    __table_args__ = (
        Index("ix_foreign_alert_alert", "alert"),
        Index("ix_foreign_alert_ends", "ends_at", postgresql_where=text("is_open")),
    )

    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    alert: Mapped[str]
    labels: Mapped[Document]
    annotations: Mapped[Document]
    url: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    is_open: Mapped[bool]
