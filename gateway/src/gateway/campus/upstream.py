"""HTTP to the campus logins: tickets validated, codes exchanged, keys fetched."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urljoin

import aiohttp
import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from yarl import URL

from gateway.campus.domain.cas import read_validation, strange
from gateway.campus.domain.flow import Flow
from gateway.campus.domain.oidc import ALGORITHMS, check_id_token, check_logout_token, refused
from gateway.campus.schemas import CasProvider, Claimed, OidcProvider
from shared.errors import UnavailableError

SECONDS: Final = 8.0
"""How long a campus login may take for one answer."""

MOST_BYTES: Final = 500_000
KNOWN_SECONDS: Final = 600.0
"""How long a discovery document is believed."""

AWAY_SECONDS: Final = 30.0
"""How long the document before is believed of a login that is away."""

HERE_SECONDS: Final = 3.0
"""How long a login may take to answer at all, and how long it is believed to be there."""

NEW_KEY_SECONDS: Final = 5.0
"""Keys are fetched anew for an unknown ``kid`` this often at most."""


class Web:
    """Asks the campus logins; follows no redirect, reads no endless answer."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._here: dict[str, float] = {}

    async def require(self, url: str) -> None:
        """Refuse to send a browser where nobody answers: it would show a page of its own.

        Raises:
            UnavailableError: the login is away, or takes more than 3 s.
        """
        if time.monotonic() < self._here.get(url, 0.0):
            return
        within = aiohttp.ClientTimeout(total=HERE_SECONDS)
        try:
            async with self._asking().get(
                URL(url, encoded=True), allow_redirects=False, timeout=within
            ) as answer:
                if answer.status >= 500:
                    raise _away()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _away() from error
        self._here[url] = time.monotonic() + HERE_SECONDS

    def _asking(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=SECONDS)
            )
        return self._session

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def ask(self, method: str, url: str, **more: Any) -> tuple[int, bytes]:
        """Return status and body of an answer.

        Raises:
            UnavailableError: the login is away or takes too long.
        """
        try:
            async with self._asking().request(
                method, URL(url, encoded=True), allow_redirects=False, **more
            ) as answer:
                return answer.status, await _whole(answer.content)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _away() from error

    async def json(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        """Return a JSON object.

        Raises:
            UnavailableError: the login is away.
            StrangeAnswerError: it answers something else.
        """
        status, body = await self.ask(method, url, **more)
        if status >= 500:
            raise _away()
        try:
            found = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise strange() from error
        if status != 200 or not isinstance(found, dict):
            raise strange()
        return found


@dataclass(slots=True)
class Cas:
    """A CAS server."""

    provider: CasProvider
    web: Web

    async def login_url(self, service: str) -> str:
        """Return where a browser signs in.

        Raises:
            UnavailableError: nobody answers there.
        """
        await self.web.require(self._url("login"))
        return self._url("login", service=service)

    def logout_url(self, home: str) -> str:
        """Return where a browser signs out of everything."""
        return self._url("logout", service=home)

    async def validate(self, ticket: str, service: str) -> Claimed:
        """Return whom a ticket stands for.

        Raises:
            RefusedTicketError: CAS does not know it, or not for this service.
            UnavailableError: CAS is away.
        """
        url = self._url("p3/serviceValidate", service=service, ticket=ticket)
        status, body = await self.web.ask("GET", url)
        if status >= 500:
            raise _away()
        user, attributes = read_validation(body.decode("utf-8", "replace"))
        return Claimed(user=user, attributes=attributes, key=ticket)

    def _url(self, path: str, **query: str) -> str:
        base = self.provider.url if self.provider.url.endswith("/") else f"{self.provider.url}/"
        return f"{urljoin(base, path)}?{urlencode(query)}".rstrip("?")


@dataclass(slots=True)
class Oidc:
    """An OpenID Connect provider."""

    provider: OidcProvider
    web: Web
    _document: dict[str, Any] = field(default_factory=dict)
    _known_until: float = 0.0
    _keys: KeySet | None = None
    _kids: set[str] = field(default_factory=set)
    _fetched: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def login_url(self, flow: Flow, back: str) -> str:
        """Return where a browser signs in.

        Raises:
            UnavailableError: the provider is away.
        """
        query = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": back,
            "scope": " ".join(self.provider.scopes),
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": flow.challenge(),
            "code_challenge_method": "S256",
        }
        await self.web.require(self._discovery)
        endpoint = await self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def logout_url(self, hint: str | None, home: str) -> str | None:
        """Return where a browser signs out of everything; None where the provider has no such."""
        document = await self.discover()
        endpoint = document.get("end_session_endpoint")
        if not isinstance(endpoint, str):
            return None
        query = {"post_logout_redirect_uri": home, "client_id": self.provider.client_id}
        if hint:
            query["id_token_hint"] = hint
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def exchange(self, code: str, flow: Flow, back: str) -> Claimed:
        """Return whom a code stands for.

        Raises:
            RefusedTokenError: the code or what it was exchanged for cannot be believed.
            UnavailableError: the provider is away.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": flow.verifier,
        }
        tokens = await self._tokens(form)
        id_token = tokens.get("id_token")
        if not isinstance(id_token, str):
            raise refused("id_token")
        claims = await self._verified(id_token)
        check_id_token(
            claims,
            issuer=self.provider.issuer,
            client=self.provider.client_id,
            nonce=flow.nonce,
            now=time.time(),
        )
        told = await self._user_info(tokens, str(claims["sub"]))
        sid = claims.get("sid")
        return Claimed(
            user=str(claims["sub"]),
            attributes={**told, **claims},
            key=sid if isinstance(sid, str) else None,
            id_token=id_token,
        )

    async def ended(self, logout_token: str) -> tuple[str | None, str | None]:
        """Return whose session a logout token ends: ``sid`` and ``sub``.

        Raises:
            RefusedTokenError: it cannot be believed.
        """
        return check_logout_token(
            await self._verified(logout_token),
            issuer=self.provider.issuer,
            client=self.provider.client_id,
            now=time.time(),
        )

    async def discover(self) -> dict[str, Any]:
        """Return what the provider says of itself, known for ten minutes, and while it is away.

        Raises:
            UnavailableError: it is away, and nothing is known of it.
            StrangeAnswerError: it says to be another one.
        """
        async with self._turn:
            if time.monotonic() < self._known_until:
                return self._document
            try:
                found = await self.web.json("GET", self._discovery)
            except UnavailableError:
                if not self._document:
                    raise
                # Whoever signs out meanwhile must not wait for it one behind the other.
                self._known_until = time.monotonic() + AWAY_SECONDS
                return self._document
            if found.get("issuer") != self.provider.issuer:
                raise strange()
            self._document, self._known_until = found, time.monotonic() + KNOWN_SECONDS
            return found

    @property
    def _discovery(self) -> str:
        return f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"

    async def _endpoint(self, name: str) -> str:
        found = (await self.discover()).get(name)
        if not isinstance(found, str) or not found.startswith(("https://", "http://")):
            raise strange()
        return found

    async def _tokens(self, form: dict[str, str]) -> dict[str, Any]:
        provider, more = self.provider, dict[str, Any]()
        endpoint = await self._endpoint("token_endpoint")
        methods = self._document.get("token_endpoint_auth_methods_supported")
        if provider.client_secret is None:
            form = {**form, "client_id": provider.client_id}
        elif isinstance(methods, list) and "client_secret_basic" not in methods:
            secret = provider.client_secret.get_secret_value()
            form = {**form, "client_id": provider.client_id, "client_secret": secret}
        else:
            secret = provider.client_secret.get_secret_value()
            more["auth"] = aiohttp.BasicAuth(_escaped(provider.client_id), _escaped(secret))
        status, body = await self.web.ask("POST", endpoint, data=form, **more)
        if status >= 500:
            raise _away()
        if status != 200:
            raise refused("code")
        try:
            found = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise strange() from error
        if not isinstance(found, dict):
            raise strange()
        return found

    async def _user_info(self, tokens: Mapping[str, Any], sub: str) -> dict[str, Any]:
        """Return what the provider tells beside the ID token; nothing where it tells nothing."""
        endpoint = self._document.get("userinfo_endpoint")
        access = tokens.get("access_token")
        if not isinstance(endpoint, str) or not isinstance(access, str):
            return {}
        found = await self.web.json("GET", endpoint, headers={"Authorization": f"Bearer {access}"})
        if found.get("sub") != sub:
            raise refused("sub")
        return found

    async def _verified(self, token: str) -> Mapping[str, Any]:
        try:
            header = jws.extract_compact(token.encode()).headers()
            keys = await self._keys_for(str(header.get("kid", "")))
            return jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise refused("signature") from error

    async def _keys_for(self, kid: str) -> KeySet:
        """Return the provider's keys, fetched anew (at most every 5 s) for a new ``kid``."""
        endpoint = await self._endpoint("jwks_uri")
        async with self._turn:
            stale = time.monotonic() - self._fetched > NEW_KEY_SECONDS
            if self._keys is None or (kid not in self._kids and stale):
                found: Any = await self.web.json("GET", endpoint)
                self._keys = KeySet.import_key_set(found)
                self._kids = {str(each.get("kid", "")) for each in found["keys"]}
                self._fetched = time.monotonic()
            return self._keys


async def _whole(content: aiohttp.StreamReader) -> bytes:
    """Return a body, in however many pieces it comes.

    Raises:
        StrangeAnswerError: it is endless.
    """
    body = b""
    async for piece in content.iter_any():
        body += piece
        if len(body) > MOST_BYTES:
            raise strange()
    return body


def _escaped(text: str) -> str:
    """Return a name or a secret as RFC 6749 §2.3.1 wants it before it is joined."""
    return urlencode({"": text})[1:]


def _away() -> UnavailableError:
    return UnavailableError(
        "统一身份认证暂时不可用，请稍后重试；已登录的会话不受影响",
        "the campus login is away for now, try again later; whoever is signed in stays so",
    )
