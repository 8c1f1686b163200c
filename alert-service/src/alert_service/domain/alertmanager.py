"""Alerts as Prometheus and Alertmanager write them (API v2)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from shared.contracts.vocabulary import Severity, is_scope

LASTS: Final = timedelta(minutes=5)
"""An alert of which no end was told ends after so long, unless it comes again.

Source: Alertmanager's ``resolve_timeout``."""

FAMILY: Final = "data"

_SEVERITY: Final = {
    "red": Severity.RED,
    "critical": Severity.RED,
    "page": Severity.RED,
    "orange": Severity.ORANGE,
    "error": Severity.ORANGE,
    "major": Severity.ORANGE,
    "yellow": Severity.YELLOW,
    "warning": Severity.YELLOW,
    "blue": Severity.BLUE,
    "info": Severity.BLUE,
    "none": Severity.BLUE,
}

_OWNER: Final = re.compile(r"(person|role|unit|teacher|student)/[A-Za-z0-9_.-]{1,64}")

_OFFSET: Final = 14695981039346656037
_PRIME: Final = 1099511628211


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """An alert that somebody else found."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    """In the past: it is over."""

    url: str
    fingerprint: str = field(init=False)
    """What tells it from others, the same as Alertmanager's."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "fingerprint", fingerprint(self.labels))

    @property
    def name(self) -> str:
        """Return its name."""
        return self.labels.get("alertname", "unnamed")

    @property
    def severity(self) -> Severity:
        """Return its colour; yellow where it says nothing that we know. Source: our default."""
        return _SEVERITY.get(self.labels.get("severity", "").lower(), Severity.YELLOW)

    @property
    def scope(self) -> str:
        """Return what it is about: its label ``scope``, else the feed named as its job."""
        scope = self.labels.get("scope", "")
        if is_scope(scope):
            return scope
        name = self.labels.get("job") or self.labels.get("service") or "prometheus"
        return f"feed/{'-'.join(name.split())[:200] or 'prometheus'}"

    @property
    def owner(self) -> str | None:
        """Return who answers for it: its label ``owner`` where it names somebody of the college."""
        owner = self.labels.get("owner", "")
        return owner if _OWNER.fullmatch(owner) else None

    @property
    def title(self) -> str:
        """Return it in a line."""
        summary = self.annotations.get("summary") or self.annotations.get("description") or ""
        return f"{self.name}：{summary}"[:300] if summary else self.name


def fingerprint(labels: Mapping[str, str]) -> str:
    """Return FNV-1a of the sorted labels, as Prometheus computes it; 16 hexadecimal digits."""
    value = _OFFSET
    for name in sorted(labels, key=str.encode):
        for byte in (*name.encode(), 255, *labels[name].encode(), 255):
            value = ((value ^ byte) * _PRIME) & 0xFFFF_FFFF_FFFF_FFFF
    return f"{value:016x}"
