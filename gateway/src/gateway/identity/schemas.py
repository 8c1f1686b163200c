"""Bodies of the identity endpoints."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, SecretStr

from gateway.access.domain.credentials import certificate_digest
from gateway.access.domain.origins import networks_of
from gateway.access.domain.roles import is_scope
from gateway.access.schemas import Visitor
from gateway.identity.domain.passwords import LONGEST, SHORTEST
from gateway.roles.schemas import Input, Role
from gateway.tables import ApiKeyRow, SessionRow
from shared.contracts.vocabulary import ScopeKey
from shared.kit.clock import now


def _well_formed_scope(scope: str) -> str:
    if not is_scope(scope):
        raise ValueError("权限写作 <资源>:<动作>，如 datahub:write (written <resource>:<action>)")
    return scope


def _to_come(instant: datetime | None) -> datetime | None:
    if instant is not None and instant <= now():
        raise ValueError("须在将来，不填即不过期 (must be in the future; leave it out for ever)")
    return instant


def _network(text: str) -> str:
    try:
        networks_of([text])
    except ValueError as error:
        raise ValueError("须为地址或网段，如 10.8.0.0/16 (an address, or a network)") from error
    return text


def _certificate(text: str | None) -> str | None:
    if text is not None and certificate_digest(text) is None:
        raise ValueError("须为 PEM 格式的证书 (must be a certificate in PEM)")
    return text


Login = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._@-]+$")]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Subject = Annotated[str, Field(pattern=r"^(person|system)/[^\s/]{1,80}$", examples=["person/T001"])]
ScopeName = Annotated[str, Field(examples=["datahub:write"]), AfterValidator(_well_formed_scope)]


class SignIn(Input):
    """Sign in by password."""

    login: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=LONGEST)]
    code: Annotated[SecretStr | None, Field(max_length=40)] = None
    """Of the authenticator, or a recovery code; for accounts that have them."""


class PasswordOnly(Input):
    """Prove once more who one is."""

    password: Annotated[SecretStr, Field(min_length=1, max_length=LONGEST)]


class CodeOnly(Input):
    """A code of the authenticator."""

    code: Annotated[SecretStr, Field(min_length=1, max_length=40)]


class NewSecondFactor(BaseModel):
    """The secret for an authenticator, shown once."""

    secret: str
    """Base 32."""

    address: str
    """``otpauth://totp/…``, to be shown as a picture."""


class RecoveryCodes(BaseModel):
    """Codes for a lost telephone, each good for once; shown once."""

    codes: list[str]


class WantedRole(Input):
    """The role to act in; without one, in all."""

    role: Annotated[Role | None, Field(examples=[None])] = None
    scope: Annotated[ScopeKey | None, Field(examples=[None])] = None
    """As `GET /me` tells it; None: everywhere."""


class NewAccount(Input):
    """An account to be made."""

    login: Login
    subject: Subject
    name: Name
    password: Annotated[SecretStr, Field(min_length=SHORTEST, max_length=LONGEST)]
    roles: Annotated[list[Role], Field(min_length=1, max_length=10)]


class NewKey(Input):
    """A key to be made; it gets no permission that its maker has not."""

    name: Name
    subject: Annotated[Subject, Field(examples=["system/academic"])]
    scopes: Annotated[list[ScopeName], Field(min_length=1, max_length=50)]
    expires_at: Annotated[AwareDatetime | None, AfterValidator(_to_come)] = None
    networks: Annotated[
        list[Annotated[str, AfterValidator(_network)]],
        Field(max_length=50, examples=[["10.8.0.0/16"]]),
    ] = Field(default_factory=list)
    """From where it may be used, CIDR; empty: from everywhere."""

    certificate: Annotated[
        str | None, Field(max_length=10_000, examples=[None]), AfterValidator(_certificate)
    ] = None
    """Client certificate in PEM that stands for the key, where a proxy vouches for it."""

    per_minute: Annotated[int | None, Field(ge=1, le=100_000_000)] = None
    """Requests; None: as the settings say."""

    per_day: Annotated[int | None, Field(ge=1, le=1_000_000_000)] = None
    """Requests of a campus day; None: as many as come."""


class Rotation(Input):
    """A key is replaced."""

    overlap_hours: Annotated[int, Field(ge=0, le=720)] = 24
    """How long the old one goes on."""


class RoleView(BaseModel):
    """A role of the visitor."""

    role: str
    scope: str | None
    """None: everywhere."""

    name_zh: str | None
    name_en: str | None
    """Of the scope; None where the hub has not told of it."""

    origin: str
    valid_to: date | None
    delegated_by: str | None


class Acting(BaseModel):
    """The role that the visitor acts in."""

    role: str
    scope: str | None


class Me(BaseModel):
    """Who is signed in."""

    subject: str
    name: str
    roles: list[str]
    scopes: list[str]
    by: str
    """``session``, ``key``, ``token`` or ``certificate``."""

    until: datetime | None
    held: list[RoleView] = []
    """Every role that is his; ``roles`` and ``scopes`` are of those that he acts in."""

    acting: Acting | None = None
    """None: in all of them."""

    @classmethod
    def of(cls, visitor: Visitor, names: dict[str, tuple[str, str]]) -> Self:
        """Return what a visitor is told of himself."""
        acting = visitor.acting
        return cls(
            subject=visitor.caller.subject,
            name=visitor.name,
            roles=sorted(visitor.caller.roles),
            scopes=sorted(visitor.caller.scopes),
            by=visitor.by,
            until=visitor.until,
            held=[
                RoleView(
                    role=each.role,
                    scope=each.scope,
                    name_zh=names.get(each.scope or "", (None, None))[0],
                    name_en=names.get(each.scope or "", (None, None))[1],
                    origin=each.origin,
                    valid_to=each.valid_to,
                    delegated_by=each.delegated_by,
                )
                for each in visitor.held
            ],
            acting=Acting(role=acting[0], scope=acting[1]) if acting else None,
        )


class CalendarAddress(BaseModel):
    """An address for calendar programs, shown once: whoever has it reads the deadlines."""

    url: str


class SessionView(BaseModel):
    """A session; never its cookie."""

    id: UUID
    subject: str
    provider: str
    """``local``, or the campus login."""

    address: str
    agent: str
    """What the browser says of itself."""

    created_at: datetime
    last_seen_at: datetime
    until: datetime
    current: bool

    @classmethod
    def of(cls, row: SessionRow, current: UUID | None) -> Self:
        """Return a session as it is shown."""
        return cls(
            id=row.id,
            subject=row.subject,
            provider=row.provider,
            address=row.address,
            agent=row.agent,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            until=row.expires_at,
            current=row.id == current,
        )


class AccountView(BaseModel):
    """An account; never its password."""

    login: str
    subject: str
    name: str
    roles: list[str]
    created_at: datetime
    disabled_at: datetime | None


class KeyView(BaseModel):
    """A key as it may be shown; never its secret."""

    id: str
    name: str
    subject: str
    scopes: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    networks: list[str]
    certificate: str | None
    """SHA-256 of the client certificate that stands for it, hex."""

    per_minute: int | None
    per_day: int | None
    replaces: str | None

    @classmethod
    def of(cls, row: ApiKeyRow) -> Self:
        """Return a key as it is shown."""
        return cls(
            id=row.id,
            name=row.name,
            subject=row.subject,
            scopes=row.scopes,
            created_by=row.created_by,
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
            networks=row.networks,
            certificate=row.certificate.hex() if row.certificate else None,
            per_minute=row.per_minute,
            per_day=row.per_day,
            replaces=row.replaces,
        )


class MadeKey(KeyView):
    """A key just made: the only time that its secret is shown."""

    key: str
