"""Which families of alerts not everybody may see.

Source: design "Alerts" 1 and "Data hub" 7: student welfare is restricted, psychological data most
of all.
"""

from collections.abc import Collection
from typing import Final

RESTRICTED: Final = frozenset({"welfare", "psychological"})
PERMISSION: Final = "alert:restricted"
ROLES: Final = frozenset({"counsellor", "head_teacher", "student_affairs"})
"""Roles that look after students. Source: our default."""

MASKED_ZH: Final = "学生关爱类预警"
MASKED_EN: Final = "Alert on student welfare"


def hidden_from(roles: Collection[str], *, permitted: bool) -> frozenset[str]:
    """Return the families that somebody does not see, but where he answers for the alert."""
    return frozenset() if permitted or ROLES & set(roles) else RESTRICTED
