"""What a source system may be and do.

Source: design "Permissions".
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from shared.contracts.catalogue import published_events
from shared.errors import DomainError, ErrorKind

LIVE_KEYS: Final = 2
"""So many keys at a time: the old one lives until the new one is in use everywhere. Source: our
default."""

PASSWORD: Final = "password"  # noqa: S105 - the name of a kind of key
"""Id and kind of the key that a system has from the installation: a user with a password."""

RECORDS: Final = "datahub.entity.changed"
"""How the catalogue names the events of all entities."""

VERDICT: Final = "datahub.verdict.given"


class SystemNotFoundError(DomainError):
    """No source system has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "source-system-not-found"
    title_zh: ClassVar = "没有这个业务系统"
    title_en: ClassVar = "No such source system"


class SystemInvalidError(DomainError):
    """A source system names what there is not."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "source-system-invalid"
    title_zh: ClassVar = "业务系统不合规"
    title_en: ClassVar = "The source system does not hold"


class TooManyKeysError(DomainError):
    """A source system has as many live keys as it may have."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "source-system-keys"
    title_zh: ClassVar = "密钥已满"
    title_en: ClassVar = "It has as many keys as it may"


class KeyTakenError(DomainError):
    """Another system, or a revoked key, has that public key."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "source-system-key-taken"
    title_zh: ClassVar = "公钥已被使用"
    title_en: ClassVar = "The public key was used before"


class KeyNotFoundError(DomainError):
    """A source system has no such live key."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "source-system-key-not-found"
    title_zh: ClassVar = "没有这个密钥"
    title_en: ClassVar = "No such key"


class ForeignSourceError(DomainError):
    """A system pushes what another one answers for, or what it may not push."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "foreign-source"
    title_zh: ClassVar = "不能替其他业务系统推送"
    title_en: ClassVar = "It may not push for another system"


class SystemInactiveError(DomainError):
    """The source system was shut off."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "source-system-inactive"
    title_zh: ClassVar = "业务系统已停用"
    title_en: ClassVar = "The source system is shut off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What a source system may push."""

    id: str
    active: bool
    entities: frozenset[str]
    """Without any: every entity."""


def grantable(entities: Collection[str]) -> dict[str, str]:
    """Return the NATS subject of every fact that can be granted, by its name."""
    facts = {
        kind.removeprefix("qa.").rsplit(".", 1)[0]: event.subjects()
        for kind, event in published_events().items()
    }
    subjects = facts.pop(RECORDS)
    del facts[VERDICT]  # every system hears its own, and no other's
    return facts | {
        f"datahub.{name}.changed": subjects.replace("<entity>", name) for name in entities
    }


def check_names(entities: Collection[str], grants: Collection[str], known: Collection[str]) -> None:
    """Refuse entities that the dictionary lacks, and facts that nobody states; all at once.

    Raises:
        SystemInvalidError: with every fault.
    """
    facts = grantable(known)
    faults: Mapping[str, list[str]] = {
        **{
            f"$.entities[{place}]": [f"数据字典没有实体 {name} (no such entity)"]
            for place, name in enumerate(entities)
            if name not in known
        },
        **{
            f"$.grants[{place}]": [f"没有事实 {name} (no such fact)，如 datahub.scope.changed"]
            for place, name in enumerate(grants)
            if name not in facts
        },
    }
    if faults:
        raise SystemInvalidError(
            "有未知的实体或事实", "it names an entity or a fact that there is not", fields=faults
        )


def check_push(
    rights: Mapping[str, Rights], subject: str, source: str, entity: str, *, sees_to_all: bool
) -> None:
    """Refuse a push that its caller may not make.

    Args:
        subject: the caller; ``system/<id>`` is bound to the source system of that id.
        sees_to_all: it may register source systems: one that is none itself pushes for any.

    Raises:
        ForeignSourceError: the caller is another system, or may not push the entity.
        SystemInactiveError: the source system was shut off.
    """
    own = subject.removeprefix("system/") if subject.startswith("system/") else source
    if own != source and (own in rights or not sees_to_all):
        raise ForeignSourceError(
            f"这个密钥属于 {own}，不能以 {source} 的名义推送",
            f"this key is of {own}, and may not push as {source}",
            fixes=[f"source={own}"],
        )
    system = rights.get(source)
    if system is None:
        return
    if not system.active:
        raise SystemInactiveError(
            f"{source} 已停用，不再接收",
            f"{source} is shut off; nothing is taken from it",
            fixes=[f"PUT /api/datahub/v1/source-systems/{source} (active: true)"],
        )
    if system.entities and entity not in system.entities:
        raise ForeignSourceError(
            f"{source} 不推送 {entity}，只推送：{'、'.join(sorted(system.entities))}",
            f"{source} does not push {entity}, but {', '.join(sorted(system.entities))}",
        )


def account_of(
    row: Mapping[str, Any], keys: Collection[str], facts: Mapping[str, str]
) -> dict[str, Any]:
    """Return what the accounts file says of a system; one that is shut off gets in by no key.

    Args:
        facts: those that can be granted.
    """
    live = keys if row["active"] else ()
    return {
        "id": row["id"],
        "password": PASSWORD in live,
        "nkeys": sorted(key for key in live if key != PASSWORD),
        "entities": sorted(row["entities"]),
        "reads": sorted(facts[name] for name in row["grants"] if name in facts),
    }
