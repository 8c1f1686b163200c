"""Who somebody is who answers for an alert: the names that he goes by, and whose inbox he reads.

Source: our default, after design "Alerts" 5.
"""

from typing import Final

QA_OFFICE: Final = "role/qa_office"
"""Who answers where nobody is named, or nobody who is there. Source: our default."""

STUDENT_AFFAIRS: Final = "role/student_affairs"
"""Who answers so for an alert of a restricted family, which the QA office does not see."""


def person_of(owner: str, head: str | None) -> str:
    """Return whose inbox an owner reads: a person; for a unit its head, else the QA office.

    So it is for a body, whose members are not known here.
    """
    kind, _, key = owner.partition("/")
    if not key:
        return f"person/{kind}" if kind else ""
    if kind == "unit" and head:
        return person_of(head, None)
    if kind in {"unit", "body"}:
        return QA_OFFICE
    return f"person/{key}" if kind in {"teacher", "student"} else owner


def names_of(person: str) -> list[str]:
    """Return how owners name the person of a scope: as that, as a person, by the number alone."""
    key = person.rpartition("/")[2]
    return [person, f"person/{key}", key]


def scope_of(owner: str) -> str:
    """Return the scope that an owner is as a member of staff, whatever he is named by."""
    kind, _, key = owner.partition("/")
    return f"teacher/{key or kind}" if not key or kind == "person" else owner
