"""Who may take the steps of a cycle: whoever holds the role of its step, and who leads or runs it.

Source: design "The spiral" (roles); who stands in for whom is our default.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from shared.contracts.vocabulary import OWNER_ROLE_ZH
from shared.errors import DomainError, ErrorKind
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.definitions.model import Definition, Step

PERSON: Final = "person/"
TAKE_PART: Final = "spiral:take-part"
"""Permission of whoever has duties in cycles."""

LEAD: Final = "spiral:lead"
"""Permission of leaders: to force a move, and to plan anew."""


class NotYoursError(DomainError):
    """The step is another one's."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "not-yours"
    title_zh: ClassVar = "不是您的事项"
    title_en: ClassVar = "It is not yours to do"


class LeadersOnlyError(DomainError):
    """It takes a leader."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "leaders-only"
    title_zh: ClassVar = "须由领导办理"
    title_en: ClassVar = "It takes a leader"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does something."""

    subject: str
    is_everywhere: bool
    """He may take the steps of every cycle: who runs cycles, the quality office, a system."""

    leads: bool
    """He may force moves."""

    @property
    def member(self) -> str:
        """Return how scopes name him among their owners; empty for a system."""
        is_person = self.subject.startswith(PERSON)
        return f"teacher/{self.subject.removeprefix(PERSON)}" if is_person else ""

    @property
    def names(self) -> frozenset[str]:
        """Return how he may be named as an owner: as a person, by his record, by its number."""
        key = self.subject.removeprefix(PERSON)
        own = {f"teacher/{key}", f"student/{key}", key} if self.member else set()
        return frozenset({self.subject, *own})


def may_take(
    actor: Actor,
    step: Step,
    owners: Mapping[str, Sequence[str]],
    *,
    leads_scope: bool,
) -> bool:
    """Return whether somebody may take a step of a cycle.

    Args:
        leads_scope: he leads the scope of the cycle, or one that it lies in: he takes the steps
            whose roles nobody holds.
    """
    holders = {person for role in step.roles for person in owners.get(role, ())}
    stands_in = leads_scope and is_vacant(step, owners)
    return actor.is_everywhere or stands_in or bool(holders & actor.names)


def is_vacant(step: Step, owners: Mapping[str, Sequence[str]]) -> bool:
    """Return whether a step has roles and nobody holds any of them."""
    return bool(step.roles) and not any(owners.get(role) for role in step.roles)


def vacancies(definition: Definition, cycle: Cycle) -> list[str]:
    """Return that nobody holds a role of the step at which an open cycle stands, and who helps.

    None where somebody does.
    """
    step = definition.find(cycle.step)
    if step is None or cycle.state == "closed" or not is_vacant(step, cycle.owners):
        return []
    roles = [definition.roles[each] for each in step.roles]
    zh, en = "、".join(each.zh for each in roles), ", ".join(each.en for each in roles)
    posts = sorted({word for each in roles for word in each.held_by})
    posts_zh = "、".join(OWNER_ROLE_ZH.get(each, each) for each in posts)
    posts_en = ", ".join(each.replace("_", " ") for each in posts)
    said_zh = f"环节“{step.zh}”的“{zh}”空缺：在岗位数据或授权中任命（{posts_zh}）"
    said_en = f"{en} of {step.en} is vacant: appoint one ({posts_en})"
    more_zh = "，或由部门负责人、质量办、校领导办理"
    more_en = ", or whoever leads the scope takes the step"
    return [f"{said_zh}{more_zh} ({said_en}{more_en})"]


def check_holds(actor: Actor, owners: Mapping[str, Sequence[str]], *more: str) -> None:
    """Refuse what those who hold a role of a cycle do, and others whom ``more`` names.

    Raises:
        NotYoursError: the caller is none of them.
    """
    if not holds(actor, owners, *more):
        holders = sorted({*more, *(each for persons in owners.values() for each in persons)})
        raise NotYoursError(
            f"由本周期的责任人办理：{'、'.join(holders) or '质量办'}",
            f"it is for who holds a role of the cycle: {', '.join(holders) or 'the office'}",
            fixes=["请责任人或质量办办理 (ask whoever holds a role, or the quality office)"],
        )


def holds(actor: Actor, owners: Mapping[str, Sequence[str]], *more: str) -> bool:
    """Return whether somebody holds a role of a cycle, is named, or stands in for everybody."""
    holders = {*more, *(person for persons in owners.values() for person in persons)}
    return actor.is_everywhere or bool(holders & actor.names)


def check_takes(
    actor: Actor, step: Step, owners: Mapping[str, Sequence[str]], *, leads_scope: bool
) -> None:
    """Refuse a step to who does not hold one of its roles; see `may_take`.

    Raises:
        NotYoursError: it is so.
    """
    if not may_take(actor, step, owners, leads_scope=leads_scope):
        held = [f"{role} {' '.join(owners.get(role, ()))}".strip() for role in step.roles]
        raise NotYoursError(
            f"环节“{step.zh}”由 {'、'.join(held)} 办理",
            f"the step {step.en} is that of {', '.join(held)}",
            fixes=["请责任人或质量办办理 (ask whoever holds the role, or the quality office)"],
        )


def check_leads(actor: Actor) -> None:
    """Refuse what takes a leader.

    Raises:
        LeadersOnlyError: he is none.
    """
    if not actor.leads:
        raise LeadersOnlyError(
            f"需要权限 {LEAD}",
            f"this needs the permission {LEAD}",
            fixes=["请领导说明理由后强制放行 (ask a leader, who says why)"],
        )


def may_replan(actor: Actor, *, leads_scope: bool) -> bool:
    """Return whether somebody may plan deadlines anew: a leader, and who runs cycles.

    Args:
        leads_scope: he leads the scope of the cycle, or one that it lies in (unit head, quality
            office).
    """
    return actor.leads or actor.is_everywhere or leads_scope


def check_replans(actor: Actor, *, leads_scope: bool) -> None:
    """Refuse to plan a deadline anew to who neither leads nor runs cycles.

    Raises:
        LeadersOnlyError: he does not.
    """
    if not may_replan(actor, leads_scope=leads_scope):
        raise LeadersOnlyError(
            "重排时限由部门负责人、质量办或领导办理",
            "a deadline is planned anew by the head of the unit, the quality office or a leader",
            fixes=["请他们说明理由后重排 (ask one of them, who says why)"],
        )
