"""For which purposes personal data may be seen whole, by whom, and what of it.

Source: 个人信息保护法 §6 (a clear purpose, no more than it needs), §13 (grounds), §28 (sensitive
data needs a specific purpose), §55–56 (what was done is on record). Which purposes there are is our
default: they are data.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.dictionary.domain.privacy import Privacy
from shared.errors import DomainError, ErrorKind

UNMASK: Final = "datahub:unmask"
"""Permission of systems, and of an administrator, to whom every purpose is open."""


class PurposeUnknownError(DomainError):
    """No purpose of the register has that name."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "purpose-unknown"
    title_zh: ClassVar = "没有这个目的"
    title_en: ClassVar = "No such purpose"


class PurposeNotYoursError(DomainError):
    """The purpose is for other roles."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "purpose-not-yours"
    title_zh: ClassVar = "这一目的不对你的角色开放"
    title_en: ClassVar = "The purpose is for other roles"


class BeyondPurposeError(DomainError):
    """The purpose does not need what is asked for, or nobody may see it whole."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "beyond-purpose"
    title_zh: ClassVar = "超出目的所需"
    title_en: ClassVar = "More than the purpose needs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """Why personal data may be seen whole."""

    id: str
    zh: str
    en: str
    basis: str
    """The ground in law."""

    roles: frozenset[str]
    fields: Mapping[str, tuple[str, ...]]
    """By entity, what the purpose needs."""

    def is_open_to(self, roles: Collection[str], *, sees_all: bool) -> bool:
        """Return whether somebody may see data for it.

        Args:
            roles: that he holds.
            sees_all: by a permission, every purpose is his.
        """
        return sees_all or bool(self.roles & set(roles))


def read_purposes(
    documents: Mapping[str, Mapping[str, Any]], dictionary: Dictionary
) -> dict[str, Purpose]:
    """Return the purposes by their names; the register of the college, checked at the start.

    Raises:
        BeyondPurposeError: it names what the dictionary lacks, or what is restricted.
    """
    found = {}
    for name, document in documents.items():
        purpose = Purpose(
            id=name,
            zh=document["zh"],
            en=document["en"],
            basis=document["basis"],
            roles=frozenset(document["roles"]),
            fields={entity: tuple(fields) for entity, fields in document["fields"].items()},
        )
        for entity, fields in purpose.fields.items():
            check_fields(purpose, dictionary.entity(entity), fields)
        found[name] = purpose
    return found


def find_purpose(purposes: Mapping[str, Purpose], name: str) -> Purpose:
    """Return a purpose of the register.

    Raises:
        PurposeUnknownError: there is none of that name.
    """
    if name not in purposes:
        raise PurposeUnknownError(
            f"没有目的 {name}",
            f"there is no purpose {name}",
            fields={"$.purpose": [f"可用 (there are): {', '.join(purposes)}"]},
            fixes=["GET /api/datahub/v1/purposes"],
        )
    return purposes[name]


def check_fields(purpose: Purpose, entity: Entity, fields: Sequence[str]) -> None:
    """Refuse fields that a purpose does not need.

    Raises:
        BeyondPurposeError: with every field that it does not, or that nobody may see whole.
    """
    needed = purpose.fields.get(entity.name, ())
    reasons = {
        name: "只作为汇总离开中台 (leaves the hub as an aggregate only)"
        if name in entity.fields and entity.fields[name].privacy is Privacy.RESTRICTED
        else "此目的不需要 (the purpose does not need it)"
        for name in fields
        if name not in needed
        or name not in entity.fields
        or entity.fields[name].privacy is Privacy.RESTRICTED
    }
    if reasons:
        raise BeyondPurposeError(
            f"{purpose.zh} 不能看 {entity.zh} 的 {'、'.join(reasons)}",
            f"{purpose.en} is no reason to see {', '.join(reasons)} of {entity.name}",
            fields={f"$.fields.{name}": [reason] for name, reason in reasons.items()},
            fixes=[f"此目的可看 (this purpose needs): {', '.join(needed) or '—'}"],
        )
