"""Who may take the steps of persons: the owner of a task, whoever leads its scope, the office.

A step takes a permission, and that it is his; to state goals, standards and tasks takes another
one. Source: design "Goals and standards" 8; who stands in for whom is our default.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Final

from shared.errors import DomainError, ErrorKind

PERSON: Final = "person/"
TAKE_PART: Final = "target:take-part"
"""Permission of who has duties: to accept, negotiate, report, comment and decide what is his."""

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
        """Return how a goal or task may name him as its owner: by his number alone, too."""
        key = self.subject.removeprefix(PERSON)
        own = {key, f"teacher/{key}", f"student/{key}"} if self.member else set()
        return frozenset({self.subject, *own})


def check_owner(actor: Actor, owner: str, *, leads_owner: bool) -> None:
    """Refuse a step of the owner to who is not.

    Args:
        leads_owner: the owner is a unit, and he leads it.

    Raises:
        NotYoursError: it is so.
    """
    if not (actor.is_everywhere or owner in actor.names or leads_owner):
        raise NotYoursError(
            f"这一步由责任人 {owner} 办理",
            f"this step is that of the owner, {owner}",
            fixes=["请责任人或质量办办理 (ask the owner, or the quality office)"],
        )


def check_leader(actor: Actor, scope: str, *, leads: bool) -> None:
    """Refuse a step of a leader to who leads neither the scope nor one above it.

    Raises:
        NotYoursError: it is so.
    """
    if not (actor.is_everywhere or leads):
        raise NotYoursError(
            f"这一步由 {scope} 或其上级的负责人办理",
            f"this step is that of who leads {scope}, or a scope above it",
            fixes=["请该对象的负责人或质量办办理 (ask whoever leads it, or the quality office)"],
        )


def check_named(actor: Actor, approver: str) -> None:
    """Refuse a step to whoever is not the one named for it: nobody stands in for him.

    Raises:
        NotYoursError: it is so.
    """
    if approver not in actor.names:
        raise NotYoursError(
            f"指定由 {approver} 办理",
            f"{approver} is named to do it",
            fixes=["请指定的批准人办理，或改 approver (ask him, or name another approver)"],
        )


def refuse_author(actor: Actor, authors: Collection[str]) -> None:
    """Refuse an approval to who wrote or submitted it.

    Raises:
        NotYoursError: it is so.
    """
    if actor.subject in authors:
        raise NotYoursError(
            "起草或提交的人不能批准自己的稿",
            "nobody approves what he wrote or submitted",
            fixes=["请另一人批准 (ask another person)"],
        )


def check_free(actor: Actor, scope: str) -> None:
    """Refuse the key of a plan that is another's; whose, he is not told.

    Raises:
        NotYoursError: it is so.
    """
    if scope not in actor.names:
        raise NotYoursError(
            "这个编号已用于他人的规划",
            "the plan of that key is another's",
            fixes=["换一个 key (take another key)"],
        )


NO_STUDENT: Final = "其他学生不负责、不审批他人的规划 (no other student owns or approves a plan)"


def is_another_student(actor: Actor, party: str) -> bool:
    """Return whether a party is a student, and not he who acts."""
    return party.startswith("student/") and party not in actor.names


def check_own_plan(actor: Actor, scope: str, *, is_personal: bool) -> None:
    """Refuse a plan that is not the personal one of who writes it.

    Raises:
        NotYoursError: it is so.
    """
    if not (is_personal and scope in actor.names):
        raise NotYoursError(
            f"您只能写本人的个人规划，{scope} 的规划由质量办写",
            f"you may write your own personal plan, not one of {scope}",
            fixes=["kind 为 personal，scope 为本人；或请质量办代写 (or ask the quality office)"],
        )
