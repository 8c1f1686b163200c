"""What the portal reads of one's letters, of channels, and of who is told."""

from typing import Any

from pydantic import AwareDatetime

from gateway.portal.schemas import Read
from shared.contracts.vocabulary import Severity


class Letter(Read):
    """A message in the inbox."""

    id: int
    person: str
    severity: Severity | None
    title: str
    lines: tuple[str, ...]
    alerts: tuple[str, ...]
    at: AwareDatetime
    read_at: AwareDatetime | None


class Unread(Read):
    """How many letters were not read."""

    unread: int


class Health(Read):
    """How a channel gets on."""

    state: str
    failures: int
    rests_until: AwareDatetime | None
    sent_at: AwareDatetime | None
    failed_at: AwareDatetime | None
    failure: str | None
    waiting: int


class Channel(Read):
    """A channel without its secrets."""

    key: str
    version: int
    name: str
    kind: str
    enabled: bool
    settings: dict[str, Any]
    secrets: tuple[str, ...]
    templates: dict[str, str]
    changed_by: str
    changed_at: AwareDatetime
    health: Health


class Told(Read):
    """Something told to one receiver."""

    id: str
    route: str
    channel: str
    person: str
    title: str
    state: str
    made_at: AwareDatetime
    attempts: int


class Policy(Read):
    """The policy that counts, or counted."""

    version: int
    made_by: str
    made_at: AwareDatetime | None
    policy: dict[str, Any]


class Way(Read):
    """The way that an alert goes."""

    routes: tuple[str, ...]
    receivers: tuple[dict[str, Any], ...]
    inhibited_by: str | None
    silenced_by: tuple[str, ...]
