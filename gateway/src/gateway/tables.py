"""Tables of the gateway: who may come in. Secrets are stored as digests only."""

from datetime import datetime

from sqlalchemy import ARRAY, ForeignKey, Index, LargeBinary, Text, func
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.kit.tables import new_metadata


class Base(DeclarativeBase):
    """Base of every table of the gateway."""

    metadata = new_metadata()
    type_annotation_map = {  # noqa: RUF012 — SQLAlchemy's own attribute
        datetime: TIMESTAMP(timezone=True),
        bytes: LargeBinary,
        list[str]: ARRAY(Text),
        str: Text,
    }


class AccountRow(Base):
    """A person who signs in by password; other ways to sign in come with the campus login."""

    __tablename__ = "account"

    login: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(unique=True)
    """``person/T001``."""

    name: Mapped[str]
    password_hash: Mapped[str]
    """Argon2id, with its parameters."""

    roles: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    disabled_at: Mapped[datetime | None]


class SessionRow(Base):
    """A signed-in browser."""

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_expires_at", "expires_at"),)

    id_hash: Mapped[bytes] = mapped_column(primary_key=True)
    """SHA-256 of the cookie: a stolen table opens no session."""

    login: Mapped[str] = mapped_column(ForeignKey("account.login", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]


class ApiKeyRow(Base):
    """A key by which a system calls."""

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(primary_key=True)
    """The public part of the key."""

    secret_hash: Mapped[bytes]
    """SHA-256 of the secret part: 256 random bits need no slow hash."""

    name: Mapped[str]
    subject: Mapped[str]
    """``system/academic``."""

    scopes: Mapped[list[str]]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    """To the minute."""

    revoked_at: Mapped[datetime | None]


class SignInAttemptRow(Base):
    """Failed attempts at a login, from an address or from all; there may be no such account."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_last_at", "last_at"),)

    login_hash: Mapped[bytes] = mapped_column(primary_key=True)
    """SHA-256 of what was typed (people type passwords into the wrong field) and of the address."""

    failures: Mapped[int] = mapped_column(server_default="0")
    last_at: Mapped[datetime] = mapped_column(server_default=func.now())
    locked_until: Mapped[datetime | None]
