"""Which families of alerts not everybody may see, nor what follows from them.

Source: design "Alerts" 1 and "Data hub" 7: student welfare is restricted, psychological data most
of all.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

RESTRICTED: Final = frozenset({"welfare", "psychological"})
PERMISSION: Final = "alert:restricted"
ROLES: Final = frozenset({"counsellor", "head_teacher", "student_affairs"})
"""Roles that look after students. Source: our default."""

MASKED_ZH: Final = "学生关爱类预警"
MASKED_EN: Final = "Alert on student welfare"
MASKED_WORDS: Final = "按学生关爱的要求办理，内容不公开 (in care of the student; not told)"
"""In place of what is done, and said, about one."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What somebody is told of only where he answers for it."""

    families: frozenset[str]
    himself: frozenset[str]
    """How owners name him."""

    def hides(self, family: str, *owners: str | None) -> bool:
        """Return whether something of a family is not there for him."""
        return family in self.families and self.himself.isdisjoint(filter(None, owners))


def hidden_from(roles: Collection[str], *, permitted: bool) -> frozenset[str]:
    """Return the families that somebody does not see, but where he answers for the alert."""
    return frozenset() if permitted or ROLES & set(roles) else RESTRICTED


def title_of(family: str, title: str) -> str:
    """Return what an alert is called where everybody may read it."""
    return MASKED_ZH if family in RESTRICTED else title


def words_of(family: str, words: str) -> str:
    """Return what somebody wrote of an alert, as it is told where everybody may read it."""
    return MASKED_WORDS if family in RESTRICTED else words
