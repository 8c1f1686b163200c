"""Tokens that somebody made who may not."""

import base64
import json
import time
from typing import Any

from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey

from shared.kit.identity import ISSUER, TOKEN_TYPE


def claims(audience: str, **more: Any) -> dict[str, Any]:
    """Return claims that a service would believe, with some changed, or (None) left out."""
    now = int(time.time())
    whole = {
        "iss": ISSUER,
        "aud": audience,
        "sub": "person/admin",
        "scope": "*",
        "iat": now,
        "exp": now + 60,
    }
    return {name: value for name, value in (whole | more).items() if value is not None}


def genuine(key: ECKey, audience: str, **more: Any) -> str:
    """Return a token as the gateway makes it."""
    header = {"alg": "ES256", "typ": TOKEN_TYPE, "kid": key.kid}
    return jwt.encode(header, claims(audience, **more), key, algorithms=["ES256"])


def forgeries(key: ECKey, audience: str) -> dict[str, str]:
    """Return tokens that a service must not believe, by what is wrong with them."""
    header = {"alg": "ES256", "typ": TOKEN_TYPE, "kid": key.kid}
    head, body, signature = genuine(key, audience).split(".")
    other = ECKey.generate_key("P-256", auto_kid=True)
    public = OctKey.import_key(json.dumps(key.as_dict(private=False)))

    def with_header(signer: ECKey = key, **more: Any) -> str:
        return jwt.encode({**header, **more}, claims(audience), signer, algorithms=["ES256"])

    return {
        "none": f"{_part({**header, 'alg': 'none'})}.{body}.",
        "None with the old signature": f"{_part({**header, 'alg': 'None'})}.{body}.{signature}",
        "HMAC with the public key": jws.serialize_compact(
            {**header, "alg": "HS256"}, json.dumps(claims(audience)), public, algorithms=["HS256"]
        ),
        "another key": with_header(other),
        "another key that it brings along": with_header(
            other, jwk=other.as_dict(private=False), kid=other.kid
        ),
        "unknown kid": with_header(kid="x"),
        "kid of a path": with_header(kid="../../dev/null"),
        "another type": with_header(typ="JWT"),
        "another audience": genuine(key, "nobody"),
        "another issuer": genuine(key, audience, iss="urn:somebody"),
        "expired": genuine(key, audience, exp=int(time.time()) - 6),
        "without an end": genuine(key, audience, exp=None),
        "without a subject": genuine(key, audience, sub=None),
        "changed payload": f"{head}.{_part(claims(audience, sub='person/root'))}.{signature}",
        "stripped signature": f"{head}.{body}.",
        "only a head": head,
        "no token": "x.y.z",
        "nothing": ".",
    }


def _part(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")
