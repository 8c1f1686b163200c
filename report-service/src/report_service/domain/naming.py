"""How people, roles and objects are called: by name, where the hub has told one.

Source: glossary; the wording is our default.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from shared.contracts.vocabulary import OWNER_ROLE_ZH

KIND_ZH: Final = {
    "school": "学校",
    "unit": "部门",
    "major": "专业",
    "course": "课程",
    "class": "教学班",
    "group": "行政班",
    "teacher": "教师",
    "student": "学生",
    "feed": "数据源",
}
_ROLE_ZH: Final = {"role/qa_office": "质量管理办公室"}
_PEOPLE: Final = ("teacher", "student")


def scopes_of(owner: str) -> list[str]:
    """Return the objects whose name may be that of an owner: ``T003`` is a teacher or a student."""
    kind, _, key = owner.rpartition("/")
    if kind in KIND_ZH:
        return [owner]
    return [f"{each}/{key}" for each in _PEOPLE] if kind in {"", "person"} and key else []


def owner_words(owner: str, names: Mapping[str, str]) -> str:
    """Return who answers for something: a name, a role in words, else the key."""
    if not owner:
        return "未指定"
    named = (names[scope] for scope in scopes_of(owner) if scope in names)
    return next(named, _ROLE_ZH.get(owner) or owner.removeprefix("person/") or owner)


def owners_words(owners: Iterable[Mapping[str, str]], names: Mapping[str, str]) -> str:
    """Return the owners of an object, each with his role; a teacher needs none for himself."""
    return "、".join(
        owner_words(each["person"], names)
        + (
            ""
            if each["role"] in {"owner", "self"}
            else f"（{OWNER_ROLE_ZH.get(each['role'], each['role'])}）"
        )
        for each in owners
    )


def scope_words(scope: str, names: Mapping[str, str]) -> str:
    """Return the name of an object; its kind and number where nobody has told a name."""
    kind, _, key = scope.partition("/")
    return names.get(scope) or f"{KIND_ZH[kind]} {key}"


def masked(scope: str, name: str) -> str:
    """Return the name of an object as strangers read it: of a person its first character."""
    return f"{name[:1]}**" if scope.partition("/")[0] in _PEOPLE else name
