"""Tables of the gateway: who may come in. Secrets are stored as digests only."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, LargeBinary, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.kit.tables import add_plumbing, new_metadata


class Base(DeclarativeBase):
    """Base of every table of the gateway."""

    metadata = new_metadata()
    type_annotation_map = {  # noqa: RUF012 — SQLAlchemy's own attribute
        datetime: TIMESTAMP(timezone=True),
        bytes: LargeBinary,
        list[str]: ARRAY(Text),
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
        str: Text,
    }


class AccountRow(Base):
    """A person who signs in by password; others come by the campus login and have none."""

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
    __table_args__ = (
        Index("ix_session_expires_at", "expires_at"),
        Index("ix_session_provider_key", "provider_key"),
    )

    id_hash: Mapped[bytes] = mapped_column(primary_key=True)
    """SHA-256 of the cookie: a stolen table opens no session."""

    id: Mapped[UUID] = mapped_column(unique=True, server_default=func.gen_random_uuid())
    """By which it is listed and ended."""

    login: Mapped[str | None] = mapped_column(
        ForeignKey("account.login", ondelete="CASCADE"), index=True
    )
    """None: by the campus login."""

    subject: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(server_default="{}")
    """Those that the campus login told of; those of an account are read anew each time."""

    provider: Mapped[str] = mapped_column(server_default="local")
    provider_key: Mapped[bytes | None]
    """By which the provider ends it: digest of the CAS ticket, or of the OIDC ``sid``."""

    provider_subject: Mapped[bytes | None]
    """Digest of the OIDC ``sub``: a logout may name that alone."""

    logout_hint: Mapped[str | None]
    """The ID token, which the provider asks for at logout."""

    active_role: Mapped[str | None]
    """The one that the visitor acts in; None: all that are his."""

    active_scope: Mapped[str | None]
    address: Mapped[str] = mapped_column(server_default="")
    agent: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]


class SecondFactorRow(Base):
    """The one-time codes (TOTP) of an account."""

    __tablename__ = "second_factor"

    login: Mapped[str] = mapped_column(
        ForeignKey("account.login", ondelete="CASCADE"), primary_key=True
    )
    sealed_secret: Mapped[bytes]
    """AES-256-GCM under the key of the settings, nonce first."""

    recovery: Mapped[list[str]]
    """SHA-256 in hex of the codes that are left for a lost telephone."""

    confirmed_at: Mapped[datetime | None]
    """None: it was begun, and no code was shown yet; it is not asked for."""

    last_step: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Of the last code that was taken: none is taken twice."""


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
    networks: Mapped[list[str]] = mapped_column(server_default="{}")
    """From where it may be used (CIDR); empty: from everywhere."""

    certificate: Mapped[bytes | None] = mapped_column(unique=True)
    """SHA-256 of the client certificate that stands for the key; None: only its secret does."""

    per_minute: Mapped[int | None]
    """Requests; None: as the settings say."""

    per_day: Mapped[int | None]
    """Requests of a campus day; None: as many as come."""

    replaces: Mapped[str | None]
    """The key that it was made from by rotation."""


class AccessTokenRow(Base):
    """A token of `/oauth/token`: some of a key's permissions, for an hour."""

    __tablename__ = "access_token"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("api_key.id", ondelete="CASCADE"), index=True)
    scopes: Mapped[list[str]]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class EmbedClientRow(Base):
    """A site that may show pieces of the portal inside its own pages."""

    __tablename__ = "embed_client"
    __table_args__ = (Index("ix_embed_client_subject", "subject"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    name: Mapped[str]
    subject: Mapped[str]
    """The system whose keys mint tokens: ``system/portal``."""

    origins: Mapped[list[str]]
    kinds: Mapped[list[str]]
    """``frame``, ``element``."""

    resources: Mapped[list[str]]
    max_ttl: Mapped[int]
    """Seconds."""

    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]


class EmbedTokenRow(Base):
    """What an embedding site shows for a person, on one page of its own."""

    __tablename__ = "embed_token"
    __table_args__ = (
        Index("ix_embed_token_client", "client"),
        Index("ix_embed_token_expires_at", "expires_at"),
    )

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    """SHA-256 of the token."""

    client: Mapped[UUID] = mapped_column(ForeignKey("embed_client.id", ondelete="CASCADE"))
    subject: Mapped[str]
    actor: Mapped[str]
    """The system that asked for it."""

    scopes: Mapped[list[str]]
    """What both the person and the system could when it was given."""

    resources: Mapped[list[str]]
    origin: Mapped[str]
    language: Mapped[str]
    expires_at: Mapped[datetime]


class CalendarAddressRow(Base):
    """The address by which somebody's calendar program reads his deadlines; one a person."""

    __tablename__ = "calendar_address"

    subject: Mapped[str] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    """SHA-256 of the token in the address."""

    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class QuotaUseRow(Base):
    """How many requests a key has made on a day."""

    __tablename__ = "quota_use"

    key_id: Mapped[str] = mapped_column(
        ForeignKey("api_key.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    used: Mapped[int] = mapped_column(BigInteger)


class SignInAttemptRow(Base):
    """Failed attempts at a login, from an address or from all; there may be no such account."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_last_at", "last_at"),)

    login_hash: Mapped[bytes] = mapped_column(primary_key=True)
    """SHA-256 of what was typed (people type passwords into the wrong field) and of the address."""

    failures: Mapped[int] = mapped_column(server_default="0")
    last_at: Mapped[datetime] = mapped_column(server_default=func.now())
    locked_until: Mapped[datetime | None]


class ScopeRow(Base):
    """A scope as the hub told it: who answers for it."""

    __tablename__ = "scope"

    scope: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str | None]
    parents: Mapped[list[str]]
    owners: Mapped[list[dict[str, Any]]]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    gone: Mapped[bool]
    seq: Mapped[int] = mapped_column(BigInteger)


class BodyRow(Base):
    """A body of the plan as it was told: who belongs to it."""

    __tablename__ = "body"

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    title: Mapped[str]
    since: Mapped[date | None]
    until: Mapped[date | None]
    members: Mapped[list[dict[str, Any]]]
    withdrawn: Mapped[bool]


class BodyRuleRow(Base):
    """Which role a place in a body gives; without one it gives none."""

    __tablename__ = "body_rule"

    body: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    """``head``, ``deputy`` or ``member``."""

    role: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str | None]
    """None: everywhere."""


class RoleGrantRow(Base):
    """Somebody holds a role for a scope, from where and for how long."""

    __tablename__ = "role_grant"
    __table_args__ = (
        Index("ix_role_grant_source", "origin", "source"),
        Index(
            "uq_role_grant_live",
            "person",
            "role",
            "scope",
            "origin",
            "source",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person: Mapped[str]
    role: Mapped[str]
    scope: Mapped[str | None]
    """None: everywhere."""

    origin: Mapped[str]
    """``post``, ``body``, ``grant`` or ``delegation``."""

    source: Mapped[str]
    """The scope or the body that it comes from; who granted or lent it."""

    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    """The last day."""

    reason: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]


class ErasureRow(Base):
    """Somebody's data is to be erased everywhere."""

    __tablename__ = "erasure"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    scope: Mapped[str]
    reason: Mapped[str]
    ordered_by: Mapped[str]
    ordered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    held: Mapped[list[str]]
    remains: Mapped[list[str]]
    """As it was said then: the digest of a proof must not change with our words."""


class ErasureAnswerRow(Base):
    """What one service did of it."""

    __tablename__ = "erasure_answer"

    erasure: Mapped[UUID] = mapped_column(ForeignKey("erasure.id"), primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    tables: Mapped[list[dict[str, Any]]]


add_plumbing(Base)
