"""Bodies of the identity endpoints."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, SecretStr

from gateway.access.domain.roles import PERMISSIONS, is_scope
from gateway.identity.domain.passwords import LONGEST, SHORTEST
from shared.kit.clock import now


def _known_role(role: str) -> str:
    if role not in PERMISSIONS:
        raise ValueError(f"没有这个角色 (no such role); known: {', '.join(PERMISSIONS)}")
    return role


def _well_formed_scope(scope: str) -> str:
    if not is_scope(scope):
        raise ValueError("权限写作 <资源>:<动作>，如 datahub:write (written <resource>:<action>)")
    return scope


def _to_come(instant: datetime | None) -> datetime | None:
    if instant is not None and instant <= now():
        raise ValueError("须在将来，不填即不过期 (must be in the future; leave it out for ever)")
    return instant


Login = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._@-]+$")]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Subject = Annotated[str, Field(pattern=r"^(person|system)/[^\s/]{1,80}$", examples=["person/T001"])]
Role = Annotated[str, AfterValidator(_known_role)]
ScopeName = Annotated[str, Field(examples=["datahub:write"]), AfterValidator(_well_formed_scope)]


class Input(BaseModel):
    """A body: unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid")


class SignIn(Input):
    """Sign in by password."""

    login: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=LONGEST)]


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


class Me(BaseModel):
    """Who is signed in."""

    subject: str
    name: str
    roles: list[str]
    scopes: list[str]
    by: str
    """``session`` or ``key``."""

    until: datetime | None


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


class MadeKey(KeyView):
    """A key just made: the only time that its secret is shown."""

    key: str
