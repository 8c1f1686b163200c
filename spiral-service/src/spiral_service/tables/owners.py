"""Who holds roles beside his post: by a grant, a body or a loan (委托), as the gateway tells."""

from datetime import date

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class GrantedRoleRow(Base):
    """A role that somebody holds on some days; those of posts the hub tells with the scopes."""

    __tablename__ = "granted_role"
    __table_args__ = (Index("ix_granted_role_scope", "scope"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str]
    """``teacher/T001``."""

    role: Mapped[str]
    """Of the gateway."""

    scope: Mapped[str]
    """``*``: everywhere."""

    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    """The last day."""

    lender: Mapped[str]
    """Whom he stands in for; empty where he does for nobody."""

    revoked: Mapped[bool]
    """One that was revoked is not granted again."""
