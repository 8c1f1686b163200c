"""What a role may do.

What somebody may do says his role; where he may do it, the services know themselves: the hub keeps
who answers for which scope. Until posts and bodies bring the full table, these are the roles of
those who run the suite, who read, and who hand values in or decide on them. Source: design
"Screens"; what each may do is our default.
"""

import re
from collections.abc import Iterable
from typing import Final

SERVICES: Final = ("datahub", "target", "spiral", "alert", "report")

_READ: Final = frozenset(f"{service}:read" for service in SERVICES)
_OWN: Final = frozenset({"target:take-part"})
"""To accept goals and tasks of one's own, report on them, comment, and write one's own plan."""

_HAND_IN: Final = _READ | {"datahub:hand-in", "target:take-part", "spiral:take-part"}
_DECIDE: Final = _HAND_IN | {"datahub:approve", "target:approve"}

PERMISSIONS: Final = {
    "admin": frozenset({"*"}),
    "reader": _READ,
    "teacher": _READ | _OWN,
    "student": _READ | _OWN,
    "leader": _DECIDE | {"spiral:lead"},
    "quality_office": _DECIDE
    | {"datahub:every-scope", "target:every-scope", "target:write"}
    | {"spiral:every-scope", "spiral:write"},
    "unit_head": _DECIDE,
    "major_lead": _HAND_IN,
    "course_lead": _HAND_IN,
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
