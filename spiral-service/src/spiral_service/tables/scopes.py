"""Scopes (诊改对象), as the hub tells of them."""

from sqlalchemy import BigInteger, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class ScopeRow(Base):
    """A scope (诊改对象) as the hub told it last; what a cycle may be about."""

    __tablename__ = "scope"
    __table_args__ = (
        # Each lookup of a walk downwards would read what a fast update left to be merged.
        Index(
            "ix_scope_parents",
            "parents",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
        Index(
            "ix_scope_owners",
            "owners",
            postgresql_using="gin",
            postgresql_ops={"owners": "jsonb_path_ops"},
        ),
    )

    scope: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str | None]
    parents: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    owners: Mapped[list[dict[str, str]]] = mapped_column(JSONB())
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    gone: Mapped[bool]
    seq: Mapped[int] = mapped_column(BigInteger())
