"""Whose letters somebody reads: his own, and those to his roles.

Source: our default.
"""

from collections.abc import Collection

ALSO = {
    "quality_office": ("role/qa_office",),
    "leader": ("role/school_leader",),
}
"""What this service calls roles of the gateway by another name."""


def inboxes_of(subject: str, roles: Collection[str]) -> list[str]:
    """Return the inboxes of somebody."""
    found = {subject, *(f"role/{role}" for role in roles)}
    for role in roles:
        found.update(ALSO.get(role, ()))
    return sorted(found)
