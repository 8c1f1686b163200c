"""Who came in, and how."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.kit.identity import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Whoever a request stands for."""

    caller: Caller
    name: str
    """To greet people by, and to show on the page."""

    by: Literal["session", "key"]
    until: datetime | None
    """When the session or the key ends at the latest; None: a key without end."""
