"""What was told of scopes; what is told by what lies in the watermark's row."""

from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from datahub.tables import Base


class ScopeRow(Base):
    """A scope (诊改对象) as it was told last: only what differs from it is told again."""

    __tablename__ = "scope"
    __table_args__ = (
        Index(
            "ix_scope_parents",
            text("(doc -> 'parents')"),
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
    )

    scope: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(index=True)
    doc: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """What ``scope.changed`` says of it, without scope and seq."""

    seq: Mapped[int] = mapped_column(BigInteger)


class ToldRow(Base):
    """From what scopes and calendar were told last; one row."""

    __tablename__ = "told"

    id: Mapped[int] = mapped_column(primary_key=True)
    by: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Version of the dictionary, day, and versions of feeds and source systems."""
