"""What a role may do.

Until posts and bodies bring the full table, there are two: who runs the suite, and who reads.
Source: our default.
"""

import re
from collections.abc import Iterable
from typing import Final

SERVICES: Final = ("datahub", "target", "spiral", "alert", "report")

PERMISSIONS: Final = {
    "admin": frozenset({"*"}),
    "reader": frozenset(f"{service}:read" for service in SERVICES),
}

SYSTEM_SCOPES: Final = frozenset({*(f"{service}:*" for service in SERVICES), "operations:*"})
"""What the key of the demonstration may: everything in the services, nothing at the gateway."""

_SCOPE = re.compile(r"\*|[a-z][a-z_-]{0,30}:([a-z][a-z_-]{0,30}|\*)")


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """Return the permissions of all roles together; an unknown role gives none."""
    return frozenset().union(*(PERMISSIONS.get(role, frozenset()) for role in roles))


def is_scope(text: str) -> bool:
    """Return whether ``text`` is written ``<resource>:<action>``, ``<resource>:*`` or ``*``."""
    return _SCOPE.fullmatch(text) is not None
