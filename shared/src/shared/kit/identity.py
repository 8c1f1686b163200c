"""The internal token: who asks, by which roles and scopes, for which service.

The gateway signs (ES256, 60 s, one audience); services hold public keys only and refuse
anything else. ``act`` names the system that asks on behalf of ``sub``; ``rid`` the one request that
a token is for, which every write has: with another it is worth nothing. What the gateway reads with
it uses again (``use``: ``read``); a write by such a token is refused.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, cast
from urllib.parse import urlsplit

import httpx
from fastapi import Depends, Request
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, KeySetSerialization

from shared.errors import DomainError, ErrorKind, UnavailableError
from shared.kit.audit.deeds import SAFE, doing

ALGORITHM: Final = "ES256"
ISSUER: Final = "urn:helix8:gateway"
TOKEN_TYPE: Final = "helix8+jwt"  # noqa: S105
READ: Final = "read"
"""Use of a token by which nothing is changed."""

LIFETIME_SECONDS: Final = 60
LEEWAY_SECONDS: Final = 5

EVERYWHERE: Final = "*"
"""As the scope that a role is held for."""


class UnauthenticatedError(DomainError):
    """No token, or one that cannot be believed."""

    kind: ClassVar = ErrorKind.UNAUTHENTICATED
    code: ClassVar = "unauthenticated"
    title_zh: ClassVar = "需要登录"
    title_en: ClassVar = "Sign in first"


class NotAllowedError(DomainError):
    """The caller is known, and may not do this."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "forbidden"
    title_zh: ClassVar = "没有权限"
    title_en: ClassVar = "Not allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks."""

    subject: str
    """Person or system: ``person/T001``, ``system/academic``."""

    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    """Permissions: ``<resource>:<action>``; a trailing ``*`` stands for any."""

    actor: str | None = None
    """The system that asks on behalf of the subject."""

    holds: frozenset[tuple[str, str]] = frozenset()
    """Each role with the scope that it is held for: ``("unit_head", "unit/JWC")``. ``*`` stands for
    everywhere: so are the roles of an account, and of those who are named without a scope."""

    def scopes_of(self, role: str) -> frozenset[str]:
        """Return the scopes that a role is held for; ``*`` among them means everywhere."""
        return frozenset(scope for held, scope in self.holds if held == role)

    def may(self, permission: str) -> bool:
        """Return whether a permission is among the caller's scopes."""
        resource = permission.split(":", 1)[0]
        return bool({permission, f"{resource}:*", "*"} & self.scopes)

    def needs(self, permission: str) -> None:
        """Refuse a caller without a permission.

        Raises:
            NotAllowedError: he lacks it.
        """
        if not self.may(permission):
            raise NotAllowedError(
                f"需要权限 {permission}", f"this needs the permission {permission}"
            )


class TokenSigner:
    """Signs internal tokens with the newest private key of a set. Only the gateway has one."""

    def __init__(self, keys: Mapping[str, Any]) -> None:
        self._keys = [ECKey.import_key(key) for key in keys["keys"]]

    def public_keys(self) -> dict[str, Any]:
        """Return the JWKS that services verify with."""
        return {"keys": [key.as_dict(private=False) for key in self._keys]}

    def sign(
        self, caller: Caller, audience: str, request: str | None = None, *, is_to_read: bool = False
    ) -> str:
        """Return a token for one service, valid for 60 s.

        Args:
            request: id of the only request that it is for; None for any.
            is_to_read: it changes nothing, whatever its caller may.
        """
        issued = int(time.time())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": audience,
            "sub": caller.subject,
            "roles": sorted(caller.roles),
            "scope": " ".join(sorted(caller.scopes)),
            "iat": issued,
            "exp": issued + LIFETIME_SECONDS,
        }
        if caller.holds:
            claims["holds"] = {
                role: sorted(caller.scopes_of(role)) for role in sorted(dict(caller.holds))
            }
        if caller.actor:
            claims["act"] = {"sub": caller.actor}
        if request is not None:
            claims["rid"] = request
        if is_to_read:
            claims["use"] = READ
        key = self._keys[0]
        header = {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": key.kid}
        return jwt.encode(header, claims, key, algorithms=[ALGORITHM])


class TokenVerifier:
    """Verifies internal tokens for one audience, by the gateway's public keys."""

    def __init__(self, jwks_url: str, audience: str) -> None:
        self._url = jwks_url
        self._audience = audience
        self._keys: KeySet | None = None
        self._kids: set[str] = set()
        self._fetched = 0.0
        self._fetching = asyncio.Lock()
        self._seen: dict[str, tuple[float, Caller, bool]] = {}
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
        )

    async def verify(self, token: str, request: str = "", *, writes: bool = False) -> Caller:
        """Return the caller that a token stands for.

        Args:
            request: id of the request that brings it.
            writes: whether that request changes something.

        Raises:
            UnauthenticatedError: anything about the token is wrong.
            UnavailableError: the keys could not be had.
        """
        if (known := self.known(token, writes=writes)) is not None:
            return known
        await self._load_keys_for(token)
        assert self._keys is not None
        try:
            decoded = jwt.decode(token, self._keys, algorithms=[ALGORITHM])
            if decoded.header.get("typ") != TOKEN_TYPE:
                raise _refused()
            self._claims.validate(decoded.claims)
            caller = _caller(decoded.claims)
            if decoded.claims.get("rid", request) != request:
                raise _refused()
            is_to_read = decoded.claims.get("use") == READ
            if writes and is_to_read:
                raise _refused()
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise _refused() from error
        if "rid" in decoded.claims:
            return caller  # It comes once; only what comes again is worth remembering.
        if len(self._seen) > 10_000:
            self._seen.clear()
        self._seen[token] = (float(decoded.claims["exp"]), caller, is_to_read)
        return caller

    def known(self, token: str, *, writes: bool = False) -> Caller | None:
        """Return the caller of a token that was verified before and has not expired."""
        until, caller, is_to_read = self._seen.get(token, (0.0, None, False))
        return caller if until > time.time() and not (writes and is_to_read) else None

    async def _load_keys_for(self, token: str) -> None:
        """Fetch the keys when there are none, or (at most every 5 s) when the kid is new."""
        kid = _kid_of(token)
        async with self._fetching:
            stale = time.monotonic() - self._fetched > 5
            if self._keys is None or (kid not in self._kids and stale):
                document = await _fetch(self._url)
                self._keys = KeySet.import_key_set(document)
                self._kids = {str(key.get("kid")) for key in document["keys"]}
                self._fetched = time.monotonic()


def _refused() -> UnauthenticatedError:
    return UnauthenticatedError("令牌无效或已过期", "the token is invalid or has expired")


def _kid_of(token: str) -> str:
    try:
        return str(jws.extract_compact(token.encode()).headers()["kid"])
    except (ValueError, KeyError, TypeError, JoseError) as error:
        raise _refused() from error


def _caller(claims: Mapping[str, Any]) -> Caller:
    actor = claims.get("act")
    roles: Sequence[str] = claims.get("roles", [])
    holds: Mapping[str, Sequence[str]] = claims.get("holds", {})
    return Caller(
        subject=str(claims["sub"]),
        roles=frozenset(roles),
        scopes=frozenset(str(claims.get("scope", "")).split()),
        actor=str(actor["sub"]) if actor else None,
        holds=frozenset((role, scope) for role, scopes in holds.items() for scope in scopes),
    )


async def _fetch(url: str) -> KeySetSerialization:
    parts = urlsplit(url)
    if parts.scheme == "file":
        text = await asyncio.to_thread(Path(parts.path).read_text, encoding="utf-8")
        return cast("KeySetSerialization", json.loads(text))
    try:
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            answer = await client.get(url)
            answer.raise_for_status()
            return cast("KeySetSerialization", answer.json())
    except (httpx.HTTPError, ValueError) as error:
        raise UnavailableError(
            "暂时无法取得网关公钥", "the gateway's public keys cannot be had for now"
        ) from error


async def current_caller(request: Request) -> Caller:
    """Return who asks; every router of a service depends on it."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError("请求没有带令牌", "the request carries no token")
    verifier: TokenVerifier = request.app.state.verifier
    caller = await verifier.verify(
        token.strip(), getattr(request.state, "request_id", ""), writes=request.method not in SAFE
    )
    if (at_work := doing()) is not None:
        at_work.actor, at_work.act = caller.subject, caller.actor
        at_work.role = next(iter(caller.roles)) if len(caller.roles) == 1 else None
    return caller


@dataclass(frozen=True, slots=True)
class Require:
    """A dependency that refuses callers without a permission."""

    permission: str
    """The OpenAPI tells it beside the operation."""

    async def __call__(self, caller: Annotated[Caller, Depends(current_caller)]) -> Caller:
        """Return the caller.

        Raises:
            NotAllowedError: he lacks the permission.
        """
        caller.needs(self.permission)
        return caller


def require(permission: str) -> Require:
    """Return a dependency that refuses callers without ``permission``."""
    return Require(permission)
