"""What must hold of an ID token and of a logout token.

Source: OpenID Connect Core 1.0 §3.1.3.7; Back-Channel Logout 1.0 §2.6.
"""

import hmac
from collections.abc import Mapping
from typing import Any, ClassVar, Final, TypeGuard

from shared.errors import DomainError, ErrorKind

ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512"),
)
"""Signatures by a public key; never ``none``, never HMAC, whose key is the client's secret."""

LEEWAY: Final = 60
"""Seconds that clocks may differ."""

LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_AGE: Final = 300
"""Seconds after which a logout token is no longer taken. Source: our default."""


class RefusedTokenError(DomainError):
    """The token of the campus login cannot be believed."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "login-token"
    title_zh: ClassVar = "登录凭据不可信"
    title_en: ClassVar = "The login's token cannot be believed"


def check_id_token(
    claims: Mapping[str, Any], *, issuer: str, client: str, nonce: str, now: float
) -> None:
    """Check the claims of an ID token whose signature was verified.

    Raises:
        RefusedTokenError: it is for somebody else, too old, or answers another question.
    """
    _check_common(claims, issuer=issuer, client=client)
    expires, sub = claims.get("exp"), claims.get("sub")
    if not _is_time(expires) or expires <= now - LEEWAY:
        raise refused("exp")
    if not isinstance(sub, str) or not sub:
        raise refused("sub")
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise refused("nonce")


def check_logout_token(
    claims: Mapping[str, Any], *, issuer: str, client: str, now: float
) -> tuple[str | None, str | None]:
    """Check the claims of a logout token; return whose session it ends: ``sid`` and ``sub``.

    Raises:
        RefusedTokenError: it is none, for somebody else, or too old.
    """
    _check_common(claims, issuer=issuer, client=client)
    issued, events = claims.get("iat"), claims.get("events")
    if not _is_time(issued) or abs(now - issued) > LOGOUT_AGE:
        raise refused("iat")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise refused("events")
    if "nonce" in claims or not isinstance(claims.get("jti"), str):
        raise refused("nonce, jti")
    sid, sub = claims.get("sid"), claims.get("sub")
    found = (sid if isinstance(sid, str) else None, sub if isinstance(sub, str) else None)
    if not any(found):
        raise refused("sid, sub")
    return found


def refused(claim: str) -> RefusedTokenError:
    """Return the refusal of a token for one of its claims."""
    return RefusedTokenError(
        f"统一身份认证的凭据不可信（{claim}），请重新登录",
        f"the token of the campus login cannot be believed ({claim}); sign in again",
    )


def _check_common(claims: Mapping[str, Any], *, issuer: str, client: str) -> None:
    if claims.get("iss") != issuer:
        raise refused("iss")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if client not in audiences:
        raise refused("aud")
    if len(audiences) > 1 and claims.get("azp") != client:
        raise refused("azp")
    if claims.get("azp") not in {None, client}:
        raise refused("azp")


def _is_time(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
