"""The way to a campus login and back: what binds the two halves to one browser.

What was sent along is remembered in a cookie of that browser alone, for ten minutes and one
return. An attacker's link can therefore sign nobody in as somebody else (login CSRF), and a code
that was caught is of no use without the verifier. Source: RFC 9700 (OAuth security), RFC 7636.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from gateway.access.domain.origins import local_path
from shared.errors import DomainError, ErrorKind

SECONDS: Final = 600
SECURE_COOKIE: Final = "__Host-helix8_flow"
PLAIN_COOKIE: Final = "helix8_flow"
_SEPARATOR: Final = "!"


class BrokenFlowError(DomainError):
    """The return does not belong to a sign-in that this browser began."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "sign-in-broken"
    title_zh: ClassVar = "登录中断"
    title_en: ClassVar = "The sign-in broke off"


@dataclass(frozen=True, slots=True)
class Flow:
    """A sign-in under way."""

    provider: str
    state: str
    nonce: str
    verifier: str
    target: str
    """Where to go afterwards: a path here."""

    @classmethod
    def begin(cls, provider: str, target: str) -> Self:
        """Begin one: 256 random bits each."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(provider, state, nonce, verifier, local_path(target))

    def written(self) -> str:
        """Return what stands in the cookie."""
        target = base64.urlsafe_b64encode(self.target.encode()).decode().rstrip("=")
        return _SEPARATOR.join((self.provider, self.state, self.nonce, self.verifier, target))

    def challenge(self) -> str:
        """Return the PKCE challenge, S256."""
        hashed = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(hashed).decode().rstrip("=")


def resume(cookie: str | None, provider: str, state: str | None) -> Flow:
    """Return the sign-in that a return belongs to.

    Raises:
        BrokenFlowError: this browser began none, or another one, or no state came back.
    """
    parts = (cookie or "").split(_SEPARATOR)
    if len(parts) != 5 or parts[0] != provider or not state:
        raise _broken()
    if not hmac.compare_digest(parts[1].encode(), state.encode()):
        raise _broken()
    try:
        target = base64.urlsafe_b64decode(parts[4] + "==").decode()
    except ValueError as error:
        raise _broken() from error
    return Flow(parts[0], parts[1], parts[2], parts[3], local_path(target))


def _broken() -> BrokenFlowError:
    return BrokenFlowError(
        "这次返回不属于本浏览器发起的登录，或已过期；请重新登录",
        "this return belongs to no sign-in that this browser began, or it took too long; try again",
    )
