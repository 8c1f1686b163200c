"""Who somebody is here, by what a campus login says of him.

Source: design "Security": attributes → person (工号/学号) → roles.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from shared.errors import DomainError, ErrorKind


class NotAPersonError(DomainError):
    """The login does not say the number of a member of staff or a student."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "no-person"
    title_zh: ClassVar = "没有工号或学号"
    title_en: ClassVar = "No number of a person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the attributes of a login are read."""

    person: str
    person_pattern: str
    name: str
    role: str
    roles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as a campus login knows him."""

    subject: str
    name: str
    roles: tuple[str, ...]


def person_of(user: str, attributes: Mapping[str, Any], reading: Reading) -> Person:
    """Return who somebody is.

    Raises:
        NotAPersonError: the number is missing, there are two, or it is none.
    """
    numbers = values_of(attributes, reading.person) if reading.person else [user]
    if len(numbers) != 1 or not re.fullmatch(reading.person_pattern, numbers[0]):
        raise NotAPersonError(
            f"统一身份认证没有给出可用的工号或学号（属性 {reading.person or '登录名'}）",
            f"the login gives no number of a person (attribute {reading.person or 'user'})",
        )
    names = values_of(attributes, reading.name)
    told = {
        reading.roles[each] for each in values_of(attributes, reading.role) if each in reading.roles
    }
    name = names[0][:80] if names and names[0].strip() else numbers[0]
    return Person(f"person/{numbers[0]}", name, tuple(sorted(told)))


def values_of(attributes: Mapping[str, Any], name: str) -> list[str]:
    """Return the values of an attribute, which may have one or several."""
    value = attributes.get(name)
    found = value if isinstance(value, list) else [value]
    return [str(each) for each in found if each is not None and str(each)]
