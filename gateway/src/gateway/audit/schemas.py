"""An entry as it is written, and as it is read."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

Kind = Literal[
    "signed-in",
    "sign-in-refused",
    "signed-out",
    "session-ended",
    "role-switched",
    "role-granted",
    "role-revoked",
    "rule-changed",
    "account-made",
    "account-disabled",
    "second-factor-set",
    "second-factor-removed",
    "key-made",
    "key-rotated",
    "key-revoked",
    "token-given",
    "embed-client-made",
    "embed-client-ended",
    "embed-token-given",
    "write",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Who acts, and how the request came."""

    actor: str
    by: str
    """``session``, ``key``, ``token``, ``certificate``, ``event``; ``nobody`` before a sign-in."""

    role: str | None = None
    address: str = ""
    request: str = ""
    trace: str = ""

    def of(self, actor: str, by: str = "session") -> "Circumstances":
        """Return the same of somebody who has just made himself known."""
        return replace(self, actor=actor, by=by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What was done."""

    kind: Kind
    about: str
    method: str | None = None
    status: int | None = None
    detail: dict[str, str] = field(default_factory=dict)
    """Words that explain it; never a secret, never a value of a record."""


class AuditEntry(BaseModel):
    """An entry of the audit."""

    seq: int
    at: datetime
    kind: str
    actor: str
    role: str | None
    by: str
    about: str
    method: str | None
    status: int | None
    address: str
    request: str
    trace: str
    detail: dict[str, Any]


class AuditBlock(BaseModel):
    """A sealed block of entries."""

    number: int
    first_seq: int
    last_seq: int
    entries: int
    digest: str
    """SHA-256 in hex."""

    sealed_at: datetime
