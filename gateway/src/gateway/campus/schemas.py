"""The campus logins that the settings name, and what they say of somebody."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from gateway.roles.schemas import Role

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def _address(url: str) -> str:
    parts = urlsplit(url)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not secure or parts.query or parts.fragment or parts.username:
        raise ValueError("须为 https 地址，无参数 (must be an https address, nothing behind it)")
    return url


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"不是正则表达式 (no regular expression): {error}") from error
    return text


Address = Annotated[str, Field(max_length=500), AfterValidator(_address)]


class _Provider(BaseModel):
    """What both kinds have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    """In addresses: `/login/<kind>/<id>`; not ``local``."""

    name_zh: Annotated[str, Field(min_length=1, max_length=30)] = "统一身份认证"
    name_en: Annotated[str, Field(min_length=1, max_length=60)] = "Campus login"

    person: str = ""
    """The attribute that holds the number of a member of staff or a student (工号、学号), by which
    the hub knows him too; empty: the name that he signs in by."""

    person_pattern: Annotated[str, AfterValidator(_pattern)] = r"[A-Za-z0-9._-]{1,40}"
    """What such a number looks like, whole; anybody else is refused."""

    name: str = "name"
    """The attribute that holds his name."""

    role: str = ""
    """The attribute that says what he is at the college; empty: none is read."""

    roles: dict[str, Role] = Field(default_factory=dict)
    """Role by value of that attribute; a value that is not here gives none."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.id == "local":
            raise ValueError("id 不能是 local (is taken)")
        if bool(self.role) != bool(self.roles):
            raise ValueError("role 与 roles 须同时给出 (give both, or none)")
        return self


class CasProvider(_Provider):
    """A CAS 3 server."""

    kind: Literal["cas"]
    url: Address
    """With the path below which ``login`` and ``p3/serviceValidate`` lie."""

    name: str = "cn"


class OidcProvider(_Provider):
    """An OpenID Connect provider."""

    kind: Literal["oidc"]
    issuer: Address
    client_id: Annotated[str, Field(min_length=1, max_length=300)]
    client_secret: SecretStr | None = None
    """None: a public client, which PKCE protects alone."""

    scopes: Annotated[list[str], Field(max_length=20)] = Field(
        default_factory=lambda: ["openid", "profile"]
    )

    @model_validator(mode="after")
    def _asks_who(self) -> Self:
        if "openid" not in self.scopes:
            raise ValueError("scopes 须含 openid (must hold openid)")
        return self


Provider = Annotated[CasProvider | OidcProvider, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What a campus login says of somebody who has signed in there."""

    user: str
    """The name that he signs in by there (CAS), or ``sub`` (OIDC)."""

    attributes: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    """By which the login will end his session here: the ticket, or ``sid``."""

    id_token: str | None = None
