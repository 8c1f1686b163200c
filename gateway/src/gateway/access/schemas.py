"""Who came in, and how."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from gateway.access.domain.origins import Network
from shared.kit.identity import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRole:
    """A role that somebody holds at present."""

    role: str
    scope: str | None
    """None: everywhere."""

    origin: Literal["account", "login", "self", "post", "body", "grant", "delegation"]
    valid_to: date | None = None
    """The last day."""

    delegated_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Whoever a request stands for."""

    caller: Caller
    name: str
    """To greet people by, and to show on the page."""

    by: Literal["session", "key", "token", "certificate"]
    until: datetime | None
    """When the session or the key ends at the latest; None: a key without end."""

    held: tuple[HeldRole, ...] = ()
    """Every role that is his, also those that he does not act in."""

    acting: tuple[str, str | None] | None = None
    """Role and scope that he chose to act in; None: in all of them."""

    session: UUID | None = None
    provider: str = ""
    """Of a session: ``local``, or the campus login that it came by."""

    key: str | None = None
    networks: tuple[Network, ...] = ()
    """From where a key may be used; empty: from everywhere."""

    per_minute: int | None = None
    per_day: int | None = None
