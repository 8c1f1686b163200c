"""Rules with their versions, what they read, and what is remembered of their cells."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from alert_service.tables.base import Base, Document


class RuleRow(Base):
    """A rule (预警规则) as it is in force."""

    __tablename__ = "rule"
    __table_args__ = (Index("ix_rule_epoch", "epoch"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    """The newest version, in force or not."""

    published: Mapped[int | None]
    """The version in force when it is enabled; None before the first."""

    enabled: Mapped[bool]
    shipped: Mapped[bool]
    epoch: Mapped[int] = mapped_column(BigInteger)
    """Grows with every change of any rule: processes see by it that their copies are old."""

    counter: Mapped[int]
    """Grows with every change of this one: its ETag."""

    changed_by: Mapped[str]
    changed_at: Mapped[datetime]


class RuleVersionRow(Base):
    """What a version of a rule says; it never changes."""

    __tablename__ = "rule_version"

    rule: Mapped[str] = mapped_column(ForeignKey("rule.key", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[Document]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    published_by: Mapped[str | None]
    published_at: Mapped[datetime | None]


class SignalRow(Base):
    """The newest word on what rules in force read."""

    __tablename__ = "signal"

    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    thing: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    value: Mapped[Decimal | None]
    n: Mapped[int | None]
    coverage: Mapped[Decimal | None]
    freshest_at: Mapped[datetime | None]
    said: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))


class HeardRow(Base):
    """Everything that rules may read, as it came: one row an event, for trying rules on it."""

    __tablename__ = "heard"
    __table_args__ = (Index("ix_heard_read", "kind", "name", "at"), Index("ix_heard_at", "at"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    at: Mapped[datetime]
    items: Mapped[bytes] = mapped_column(LargeBinary)


class RuleCellRow(Base):
    """What is remembered of a rule at a scope in a period; nothing of what is in order."""

    __tablename__ = "rule_cell"
    __table_args__ = (Index("ix_rule_cell_rule", "rule", "state"),)

    scope: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    detail: Mapped[str] = mapped_column(server_default=text("''"))
    memory: Mapped[str]
    """JSON: what is summed up, and the marks since."""

    since: Mapped[datetime | None]
    cool_until: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class ExemptionRow(Base):
    """What was dismissed, and does not warn again for now (豁免)."""

    __tablename__ = "exemption"

    cell: Mapped[str] = mapped_column(primary_key=True)
    alert: Mapped[str]
    how: Mapped[str]
    severity: Mapped[str]
    by: Mapped[str]
    reason: Mapped[str]
    until: Mapped[datetime | None]
    at: Mapped[datetime]
