"""Who may take the steps of persons: the owner, whoever leads the scope, the office.

A step takes a permission, and that it is his. Source: design "The spiral"; who stands in for whom
is our default.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from shared.errors import DomainError, ErrorKind

PERSON: Final = "person/"
TAKE_PART: Final = "spiral:take-part"
"""Permission of who has duties."""

OFFICE: Final = frozenset({"quality_office", "leader"})
"""Roles that may take every step."""


class NotYoursError(DomainError):
    """The step is another one's."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "not-yours"
    title_zh: ClassVar = "不是您的事项"
    title_en: ClassVar = "It is not yours to do"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who takes a step."""

    subject: str
    is_everywhere: bool
    """He stands in for everybody: the quality office, a leader, a system that may do all."""

    @property
    def member(self) -> str:
        """Return how scopes name him among their owners; empty for a system."""
        is_person = self.subject.startswith(PERSON)
        return f"teacher/{self.subject.removeprefix(PERSON)}" if is_person else ""

    @property
    def names(self) -> frozenset[str]:
        """Return how he may be named as an owner: as a person, by his record, by its number."""
        if not self.member:
            return frozenset({self.subject})
        key = self.subject.removeprefix(PERSON)
        return frozenset({self.subject, f"teacher/{key}", f"student/{key}", key})
