"""Which roles follow from a post or from a place in a body.

Source: design "The domain" (责任人; 机构 M140–M149). That a place in a body gives a role only where
an administrator said so is our default: whoever may write a body must not thereby make himself a
leader.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from gateway.access.domain.roles import POSTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A role that somebody should hold, and while."""

    person: str
    """``person/T001``."""

    role: str
    scope: str | None
    """None: everywhere."""

    valid_from: date | None
    valid_to: date | None
    """The last day."""

    @property
    def key(self) -> tuple[str, str, str | None]:
        """Return what makes two of one source the same."""
        return (self.person, self.role, self.scope)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a body, and the role that it gives."""

    place: str
    role: str
    scope: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a body."""

    person: str
    place: str
    since: date | None
    until: date | None


def day_of(text: str | None) -> date | None:
    """Return the day of an ISO date or instant; None for none, and for what is none."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def subject_of(person: str) -> str:
    """Return ``person/T001`` of ``teacher/T001``, ``student/…`` or itself."""
    return f"person/{person.partition('/')[2]}"


def is_person(party: str) -> bool:
    """Return whether a party names a person, not a scope or a post in words."""
    return party.startswith(("person/", "teacher/", "student/"))


def by_posts(
    scope: str,
    owners: Iterable[Mapping[str, str]],
    *,
    valid_from: date | None,
    valid_to: date | None,
) -> list[Due]:
    """Return the roles of those who answer for a scope; what somebody is for himself is none."""
    found = [
        Due(
            person=subject_of(owner["person"]),
            role=POSTS[owner["role"]],
            scope=scope,
            valid_from=valid_from,
            valid_to=valid_to,
        )
        for owner in owners
        if owner["role"] in POSTS
    ]
    return list({due.key: due for due in found}.values())


def by_places(
    rules: Sequence[Place], members: Iterable[Member], *, since: date | None, until: date | None
) -> list[Due]:
    """Return the roles of the members of a body: while they belong to it, and while it lasts."""
    found: dict[tuple[str, str, str | None], Due] = {}
    for member in members:
        for rule in rules:
            if rule.place == member.place:
                due = Due(
                    person=member.person,
                    role=rule.role,
                    scope=rule.scope,
                    valid_from=_later(since, member.since),
                    valid_to=_earlier(until, member.until),
                )
                found[due.key] = due
    return list(found.values())


def holds_on(day: date, valid_from: date | None, valid_to: date | None) -> bool:
    """Return whether a day lies within a validity; its last day does."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day <= valid_to)


def _later(one: date | None, other: date | None) -> date | None:
    return max(filter(None, (one, other)), default=None)


def _earlier(one: date | None, other: date | None) -> date | None:
    return min(filter(None, (one, other)), default=None)
