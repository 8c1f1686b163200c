"""Turn what a request shows into a visitor, and a visitor into a token for one service."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final

from gateway.access.domain.credentials import (
    PLAIN_COOKIE,
    SECURE_COOKIE,
    TOKEN,
    ShownKey,
    bearer_of,
    certificate_digest,
    cookie_of,
    digest,
    read_key,
)
from gateway.access.domain.origins import (
    SAFE_METHODS,
    Network,
    client_address,
    from_own_page,
    lies_in,
)
from gateway.access.schemas import Visitor
from gateway.access.usecases.limiting import Limiter
from shared.errors import DomainError, ErrorKind
from shared.kit.identity import Caller, TokenSigner, UnauthenticatedError

KNOWN_SECONDS: Final = 1.0
"""How long a look-up is believed: a key revoked in another process works for as long at most."""

TOUCH_SECONDS: Final = 60.0
"""A session's last use is written down this often at most."""

TOKEN_SECONDS: Final = 20.0
"""How long a token is used again; it lives 60 s, so that 40 s are left for a slow upload."""

MAX_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finders:
    """How visitors are looked up; each returns None for what is unknown, ended or revoked."""

    session: Callable[[bytes, bool], Awaitable[Visitor | None]]
    """By the digest of the cookie, and whether a person uses it (that postpones the idle limit)."""

    key: Callable[[ShownKey], Awaitable[Visitor | None]]
    token: Callable[[bytes], Awaitable[Visitor | None]]
    """By the digest of an access token."""

    certificate: Callable[[bytes], Awaitable[Visitor | None]]
    """By the SHA-256 of a client certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What stands before the gateway."""

    public_url: str = ""
    """Address that browsers use; empty on plain HTTP."""

    proxies: tuple[Network, ...] = ()
    """From where a proxy of ours comes; none named: any peer is one, where there is an address
    that browsers use. Only one that is named may vouch for a certificate."""

    certificate_header: str = ""
    """In which header it says the client's certificate, lower-case; empty: in none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A request as it comes in."""

    method: str
    headers: Mapping[str, str]
    """Lower-case names."""

    peer: str
    """Address of the connection."""

    address: str
    """Whence it came, before the proxy."""

    state: MutableMapping[str, Any]
    """Of the request; what is left of the limits is put there."""


class WrongNetworkError(DomainError):
    """The key may not be used from this address."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "key-elsewhere"
    title_zh: ClassVar = "密钥不能在此地址使用"
    title_en: ClassVar = "The key is not for this address"


class CrossOriginError(DomainError):
    """A page of another origin sent this, or something that hides where it comes from."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "cross-origin"
    title_zh: ClassVar = "请求来自其他网站"
    title_en: ClassVar = "Sent from another site"


@dataclass(slots=True)
class _Known:
    visitor: Visitor | None
    until: float
    touched: float
    key: str | None = None
    """Id of the key; None for a session."""


class Doorkeeper:
    """Knows visitors by cookie, key, token or certificate; remembers a look-up for a second."""

    def __init__(self, finders: Finders, limiter: Limiter, around: Surroundings) -> None:
        self._finders = finders
        self._around = around
        self._public_origin = around.public_url.rstrip("/")
        self.limiter = limiter
        self.secure = around.public_url.startswith("https:")
        self.cookie = SECURE_COOKIE if self.secure else PLAIN_COOKIE
        self._known: dict[bytes, _Known] = {}
        self._asked: dict[bytes, asyncio.Future[Visitor | None]] = {}

    async def admit(
        self, arrival: Arrival, *, background: bool = False, cost: int = 1
    ) -> Visitor | None:
        """Return who sent a request, and count it against his limits; see `visitor`.

        Args:
            cost: as how many requests it counts.

        Raises:
            TooManyRequestsError: he asks too much.
        """
        try:
            visitor = await self.visitor(arrival, background=background)
        except UnauthenticatedError:
            await self.limiter.admit(None, arrival.address, arrival.state)
            raise
        await self.limiter.admit(visitor, arrival.address, arrival.state, cost=cost)
        return visitor

    async def visitor(self, arrival: Arrival, *, background: bool = False) -> Visitor | None:
        """Return who sent a request; None when it shows nothing, or a session that ended.

        Args:
            background: the page asks by itself; that does not keep a session awake.

        Raises:
            UnauthenticatedError: a key was shown, and it is not one of ours.
            WrongNetworkError: the key is for other addresses.
            CrossOriginError: a cookie came with a change that no page of ours sent.
        """
        headers = arrival.headers
        authorization = headers.get("authorization")
        if authorization is not None:
            return self._here(await self._by_bearer(authorization), arrival)
        certificate = self._certificate(arrival)
        if certificate is not None:
            return self._here(
                await self._found(certificate, partial(self._finders.certificate, certificate)),
                arrival,
            )
        cookie = cookie_of(headers.get("cookie", ""), self.cookie)
        if not cookie:
            return None
        if arrival.method not in SAFE_METHODS:
            self.require_own_page(headers, browser=True)
        return await self._by_session(digest(cookie), background=background)

    def address_of(self, peer: str, forwarded_for: Sequence[str]) -> str:
        """Return whence a request came; see `client_address`."""
        proxies = self._around.proxies
        behind = lies_in(peer, proxies) if proxies else bool(self._public_origin)
        return client_address(peer, forwarded_for, behind_proxy=behind)

    def require_own_page(self, headers: Mapping[str, str], *, browser: bool) -> None:
        """Refuse what a page of another origin sent.

        Args:
            browser: only a browser can have sent this, so silence about the origin counts
                as another one.

        Raises:
            CrossOriginError: it did not come from a page of ours.
        """
        own = self._public_origin or headers.get("host", "")
        if from_own_page(headers, own) in ({False, None} if browser else {False}):
            raise CrossOriginError(
                "只接受本站页面发出的修改请求",
                "changes with a session are taken from our own pages only",
                fixes=[
                    "带上本站的 Origin 头，或用密钥 (send this host as Origin, or use an API key)"
                ],
            )

    def forget(self, cookie: str) -> None:
        """Drop what is remembered of a session, because it was just ended."""
        self.forget_digest(digest(cookie))

    def forget_digest(self, digested: bytes) -> None:
        """Drop what is remembered of a session, by the digest of its cookie."""
        self._known.pop(digested, None)

    def forget_person(self, subject: str) -> None:
        """Drop what is remembered of somebody's sessions, because his roles have changed."""
        for digested, known in list(self._known.items()):
            if known.visitor is not None and known.visitor.caller.subject == subject:
                del self._known[digested]

    def forget_key(self, key_id: str) -> None:
        """Drop what is remembered of a key, because it was just revoked."""
        for digested in [each for each, known in self._known.items() if known.key == key_id]:
            del self._known[digested]

    async def _by_bearer(self, authorization: str) -> Visitor | None:
        shown = bearer_of(authorization) or ""
        if TOKEN.fullmatch(shown):
            token = digest(shown)
            return await self._found(token, partial(self._finders.token, token))
        key = read_key(shown)
        if key is None:
            raise _unknown_key()
        return await self._found(key.secret_hash, partial(self._finders.key, key))

    async def _found(
        self, digested: bytes, look_up: Callable[[], Awaitable[Visitor | None]]
    ) -> Visitor | None:
        """Return a system; looked up once a second, and once for all who show it at once."""
        known = self._known.get(digested)
        if known is not None and known.until >= time.monotonic():
            return known.visitor
        asked = self._asked.get(digested)
        if asked is None:
            asked = self._asked[digested] = asyncio.ensure_future(look_up())
            asked.add_done_callback(lambda _: self._asked.pop(digested))
        visitor = await asyncio.shield(asked)
        self._remember(digested, visitor, time.monotonic(), visitor.key if visitor else None)
        return visitor

    def _here(self, visitor: Visitor | None, arrival: Arrival) -> Visitor:
        if visitor is None:
            raise _unknown_key()
        if visitor.networks and not lies_in(arrival.address, visitor.networks):
            raise WrongNetworkError(
                f"此密钥不允许从 {arrival.address} 使用",
                f"this key must not be used from {arrival.address}",
            )
        return visitor

    def _certificate(self, arrival: Arrival) -> bytes | None:
        """Return the digest of the certificate that a proxy of ours vouches for."""
        shown = arrival.headers.get(self._around.certificate_header)
        if not shown or not lies_in(arrival.peer, self._around.proxies):
            return None
        return certificate_digest(shown)

    async def _by_session(self, id_hash: bytes, *, background: bool) -> Visitor | None:
        now = time.monotonic()
        known = self._known.get(id_hash)
        sleepy = not background and (known is None or known.touched < now - TOUCH_SECONDS)
        if known is None or known.until < now or sleepy:
            touched = now if sleepy else known.touched if known else 0.0
            known = self._remember(id_hash, await self._finders.session(id_hash, sleepy), touched)
        return known.visitor

    def _remember(
        self, digested: bytes, visitor: Visitor | None, touched: float, key: str | None = None
    ) -> _Known:
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        known = _Known(visitor, time.monotonic() + KNOWN_SECONDS, touched, key)
        self._known[digested] = known
        return known


class TokenMint:
    """Makes the internal tokens; the same caller gets the same one for 20 s, to read with."""

    def __init__(self, signer: TokenSigner) -> None:
        self._signer = self._next = signer
        self._made: dict[tuple[Caller, str], tuple[float, str]] = {}

    def token(self, caller: Caller, audience: str, request: str | None = None) -> str:
        """Return a token for one service.

        Args:
            request: id of the write that it is for, and for nothing else; None to read.
        """
        if request is not None:
            return self._signer.sign(caller, audience, request)
        now = time.monotonic()
        made = self._made.get((caller, audience))
        if made is not None and made[0] > now:
            return made[1]
        if len(self._made) >= MAX_REMEMBERED:
            self._made.clear()
        token = self._signer.sign(caller, audience, is_to_read=True)
        self._made[caller, audience] = (now + TOKEN_SECONDS, token)
        return token

    def announce(self, signer: TokenSigner) -> None:
        """Publish other keys, by which nothing is signed yet.

        Raises:
            IndexError: there is none among them.
        """
        signer.sign(Caller(subject="system/gateway"), "nobody")
        self._next = signer

    def renew(self) -> None:
        """Sign by the keys that were announced."""
        self._signer = self._next
        self._made.clear()

    def public_keys(self) -> dict[str, list[Any]]:
        """Return the JWKS that services verify with, the keys that are announced first."""
        known = {each["kid"]: each for each in self._next.public_keys()["keys"]}
        signing = {each["kid"]: each for each in self._signer.public_keys()["keys"]}
        return {"keys": [*(known | {k: v for k, v in signing.items() if k not in known}).values()]}


def _unknown_key() -> UnauthenticatedError:
    return UnauthenticatedError("API 密钥无效、已过期或已吊销", "this API key is not valid")
