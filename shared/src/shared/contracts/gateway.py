"""Events of the gateway: who holds which role, who signed in, how far the audit is sealed."""

from datetime import date
from typing import ClassVar, Literal

from shared.contracts.base import Event
from shared.contracts.vocabulary import ScopeKey

RoleOrigin = Literal["post", "body", "grant", "delegation"]
"""Why somebody holds a role: by his post (岗位), as a member of a body (机构), because an
administrator granted it, or because somebody else lent it to him (委托)."""


class _Role(Event):
    id: str
    """Of this grant: what is revoked bears the id of what was granted."""

    person: str
    """``person/T001``."""

    role: str
    scope: ScopeKey | None
    """None: everywhere."""

    valid_from: date | None = None
    valid_to: date | None = None
    """The last day; None: without end."""

    origin: RoleOrigin
    delegated_by: str | None = None


class RoleGranted(_Role):
    """Somebody holds a role from now on, or from its first day on.

    A role that a person holds for himself alone (``teacher`` of ``teacher/T001``) is not told.
    """

    type: ClassVar[str] = "qa.gateway.role.granted.v1"


class RoleRevoked(_Role):
    """A role was taken back, or what it came from has gone. One that expires is not told again."""

    type: ClassVar[str] = "qa.gateway.role.revoked.v1"


class PersonSignedIn(Event):
    """A person signed in: that the platform is used, and on which day; never when or from where."""

    type: ClassVar[str] = "qa.gateway.person.signed_in.v1"

    person: str
    """``person/T001``."""

    on: date
    """Day on campus."""


class AuditSealed(Event):
    """A block of the audit was sealed: outside of the database, its end cannot be cut off."""

    type: ClassVar[str] = "qa.gateway.audit.sealed.v1"

    block: int
    entries: int
    last_seq: int
    digest: str
    """SHA-256 in hex, over the digest of the block before and every entry of this one."""
