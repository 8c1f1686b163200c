"""Tables of source systems and their keys. No rule lives here."""

from sqlalchemy import ARRAY, Index, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from datahub.tables import Base
from shared.kit.columns import Instant


class SystemRow(Base):
    """A source system."""

    __tablename__ = "source_system"

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    """Grows with every change of it and of its keys."""

    name_zh: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str]
    owner: Mapped[str | None]
    """Who answers for it, ``teacher/T001``."""

    unit: Mapped[str | None]
    """Whose it is, ``unit/XXZX``."""

    contact: Mapped[str | None]
    entities: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """What it may push; without any, everything."""

    grants: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Facts that it may read."""

    active: Mapped[bool]
    saved_by: Mapped[str]
    saved_at: Mapped[Instant] = mapped_column(server_default=func.now())


class KeyRow(Base):
    """A key by which a source system gets into NATS; of a secret, nothing is kept here."""

    __tablename__ = "source_system_key"

    id: Mapped[str] = mapped_column(primary_key=True)
    """Public key of an nkey pair; ``password`` where the installation made a password."""

    system: Mapped[str] = mapped_column(primary_key=True)
    note: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[Instant] = mapped_column(server_default=func.now())
    revoked_by: Mapped[str | None]
    revoked_at: Mapped[Instant | None]

    __table_args__ = (Index("ix_source_system_key_system", "system"),)
