"""What a role may do, and which role a post is.

What somebody may do says his role; where, the scopes that he holds it for, which go with the
internal token. Posts come from the hub, which keeps who answers for which scope. Source: design
"Screens" and "The domain"; what each may do is our default.
"""

import re
from collections.abc import Iterable
from typing import Final

SERVICES: Final = ("datahub", "target", "spiral", "alert", "report")

_READ: Final = frozenset(f"{service}:read" for service in SERVICES)
_OWN: Final = frozenset({"target:take-part", "spiral:take-part", "report:take-part"})
"""To accept goals and tasks of one's own, report on them, comment, and write one's own plan and
reports; to take the steps of one's own cycles, corrections and reviews."""

_HAND_IN: Final = _READ | _OWN | {"datahub:hand-in"}
_REPORTS: Final = frozenset({"report:write", "report:approve"})
"""For those who see every object: batches, schedules and templates are about all of them."""

_DECIDE: Final = _HAND_IN | {"datahub:approve", "target:approve"}

PERMISSIONS: Final = {
    "admin": frozenset({"*"}),
    "reader": _READ,
    "teacher": _READ | _OWN,
    "student": _READ | _OWN,
    "counsellor": _READ | _OWN,
    "head_teacher": _READ | _OWN,
    "student_affairs": _HAND_IN | {"alert:restricted"},
    "leader": _DECIDE | {"spiral:lead"} | _REPORTS,
    "quality_office": _DECIDE
    | {"datahub:every-scope", "target:every-scope", "target:write"}
    | {"spiral:every-scope", "spiral:write", "alert:write"}
    | _REPORTS,
    "unit_head": _DECIDE | {"report:approve"},
    "major_lead": _HAND_IN,
    "course_lead": _HAND_IN,
    "body_member": _READ | _OWN,
    "auditor": _READ | {"audit:read"},
}

POSTS: Final = {
    "school_leader": "leader",
    "unit_head": "unit_head",
    "unit_deputy": "unit_head",
    "major_lead": "major_lead",
    "course_lead": "course_lead",
    "class_teacher": "teacher",
    "co_teacher": "teacher",
    "head_teacher": "head_teacher",
    "counsellor": "counsellor",
    "quality_officer": "unit_head",
}
"""The role of whoever answers for a scope in that capacity. ``self`` follows from the kind of
person, see `own_role`. Who keeps a system (``system_owner``) gets none by it."""

LENDABLE: Final = frozenset({"leader", "unit_head", "major_lead", "course_lead", "quality_office"})
"""Roles that somebody may lend to another while he is away; to run the suite is none of them."""

EVERYWHERE: Final = "*"
"""As a scope in the internal token."""

SYSTEM_SCOPES: Final = frozenset({*(f"{service}:*" for service in SERVICES), "operations:*"})
"""What the key of the demonstration may: everything in the services, nothing at the gateway."""

_SCOPE = re.compile(r"\*|[a-z][a-z_-]{0,30}:([a-z][a-z_-]{0,30}|\*)")


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """Return the permissions of all roles together; an unknown role gives none."""
    return frozenset().union(*(PERMISSIONS.get(role, frozenset()) for role in roles))


def own_role(subject: str, scope: str) -> str | None:
    """Return the role that a person has for himself alone.

    Args:
        subject: ``person/T001``.
        scope: ``teacher/T001`` or ``student/20240001``.
    """
    kind, _, key = scope.partition("/")
    return kind if kind in {"teacher", "student"} and subject == f"person/{key}" else None


def is_scope(text: str) -> bool:
    """Return whether ``text`` is written ``<resource>:<action>``, ``<resource>:*`` or ``*``."""
    return _SCOPE.fullmatch(text) is not None
