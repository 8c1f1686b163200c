"""Turn what a request shows into a visitor, and a visitor into a token for one service."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from gateway.access.domain.credentials import (
    PLAIN_COOKIE,
    SECURE_COOKIE,
    ShownKey,
    bearer_of,
    cookie_of,
    digest,
    read_key,
)
from gateway.access.domain.origins import SAFE_METHODS, client_address, from_own_page
from gateway.access.schemas import Visitor
from shared.errors import DomainError, ErrorKind
from shared.kit.identity import Caller, TokenSigner, UnauthenticatedError

KNOWN_SECONDS: Final = 1.0
"""How long a look-up is believed: a key revoked in another process works for as long at most."""

TOUCH_SECONDS: Final = 60.0
"""A session's last use is written down this often at most."""

TOKEN_SECONDS: Final = 20.0
"""How long a token is used again; it lives 60 s, so that 40 s are left for a slow upload."""

MAX_REMEMBERED: Final = 10_000

FindSession = Callable[[bytes, bool], Awaitable[Visitor | None]]
"""Digest of the cookie, whether this is use by a person (it postpones the idle limit)."""

FindKey = Callable[[ShownKey], Awaitable[Visitor | None]]


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
    """Knows visitors by cookie or key; remembers a look-up for a few seconds.

    Args:
        public_url: address that browsers use; empty on plain HTTP.
    """

    def __init__(self, find_session: FindSession, find_key: FindKey, public_url: str = "") -> None:
        self._find_session = find_session
        self._find_key = find_key
        self._public_origin = public_url.rstrip("/")
        self.secure = public_url.startswith("https:")
        self.cookie = SECURE_COOKIE if self.secure else PLAIN_COOKIE
        self._known: dict[bytes, _Known] = {}
        self._asked: dict[bytes, asyncio.Future[Visitor | None]] = {}

    async def visitor(
        self, method: str, headers: Mapping[str, str], *, background: bool = False
    ) -> Visitor | None:
        """Return who sent a request; None when it shows nothing, or a session that ended.

        Args:
            headers: lower-case names.
            background: the page asks by itself; that does not keep a session awake.

        Raises:
            UnauthenticatedError: a key was shown, and it is not one of ours.
            CrossOriginError: a cookie came with a change that no page of ours sent.
        """
        authorization = headers.get("authorization")
        if authorization is not None:
            return await self._by_key(authorization)
        cookie = cookie_of(headers.get("cookie", ""), self.cookie)
        if not cookie:
            return None
        if method not in SAFE_METHODS:
            self.require_own_page(headers, browser=True)
        return await self._by_session(digest(cookie), background=background)

    def address_of(self, peer: str, forwarded_for: Sequence[str]) -> str:
        """Return whence a request came; see `client_address`."""
        return client_address(peer, forwarded_for, behind_proxy=bool(self._public_origin))

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
        self._known.pop(digest(cookie), None)

    def forget_key(self, key_id: str) -> None:
        """Drop what is remembered of a key, because it was just revoked."""
        for digested in [each for each, known in self._known.items() if known.key == key_id]:
            del self._known[digested]

    async def _by_key(self, authorization: str) -> Visitor:
        key = read_key(bearer_of(authorization) or "")
        if key is None:
            raise _unknown_key()
        known = self._known.get(key.secret_hash)
        now = time.monotonic()
        if known is None or known.until < now:
            known = self._remember(key.secret_hash, await self._look_up(key), now, key.id)
        if known.visitor is None:
            raise _unknown_key()
        return known.visitor

    async def _look_up(self, key: ShownKey) -> Visitor | None:
        """Look a key up, once for all who show it at the same time."""
        asked = self._asked.get(key.secret_hash)
        if asked is None:
            asked = self._asked[key.secret_hash] = asyncio.ensure_future(self._find_key(key))
            asked.add_done_callback(lambda _: self._asked.pop(key.secret_hash))
        return await asyncio.shield(asked)

    async def _by_session(self, id_hash: bytes, *, background: bool) -> Visitor | None:
        now = time.monotonic()
        known = self._known.get(id_hash)
        sleepy = not background and (known is None or known.touched < now - TOUCH_SECONDS)
        if known is None or known.until < now or sleepy:
            touched = now if sleepy else known.touched if known else 0.0
            known = self._remember(id_hash, await self._find_session(id_hash, sleepy), touched)
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
    """Makes the internal tokens; the same caller gets the same one for 20 s."""

    def __init__(self, signer: TokenSigner) -> None:
        self._signer = signer
        self._made: dict[tuple[Caller, str], tuple[float, str]] = {}

    def token(self, caller: Caller, audience: str) -> str:
        """Return a token for one service."""
        now = time.monotonic()
        made = self._made.get((caller, audience))
        if made is not None and made[0] > now:
            return made[1]
        if len(self._made) >= MAX_REMEMBERED:
            self._made.clear()
        token = self._signer.sign(caller, audience)
        self._made[caller, audience] = (now + TOKEN_SECONDS, token)
        return token

    def public_keys(self) -> dict[str, object]:
        """Return the JWKS that services verify with."""
        return self._signer.public_keys()


def _unknown_key() -> UnauthenticatedError:
    return UnauthenticatedError("API 密钥无效、已过期或已吊销", "this API key is not valid")
