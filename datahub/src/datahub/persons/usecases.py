"""Show personal data whole, for a purpose, on record; tell somebody's data; erase it."""

from collections.abc import Collection, Sequence
from typing import Any, Final, Literal

from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.dictionary.domain.seeing import Narrowing
from datahub.persons.domain.holds import OWN, About, about_persons
from datahub.persons.domain.purposes import Purpose, PurposeNotYoursError, check_fields
from datahub.persons.repository import erasing
from datahub.persons.repository import purposes as repository
from shared.contracts.persons import ErasedTable
from shared.kit.database import Transaction
from shared.persons.register import Person

UNMASKED: Final = "unmasked"
"""Kind of the entry of the audit."""

_TRACES: Final = ("change, claim", "变更日志与各方所报中的旧值")
_ASIDE: Final = ("quarantined_row", "隔离区中的行")
_VALUES: Final = ("measurement", "个人指标值")
_EVENTS: Final = ("learning_event", "学习行为事件")
_FACTS: Final = ("fact", "已发布事实中的姓名")
"""Tables besides the records, and what of them is told as erased."""


def require_open(purpose: Purpose, roles: Collection[str], *, sees_all: bool) -> None:
    """Refuse a purpose to whom it is not open.

    Raises:
        PurposeNotYoursError: it is for other roles.
    """
    if not purpose.is_open_to(roles, sees_all=sees_all):
        raise PurposeNotYoursError(
            f"目的“{purpose.zh}”只对角色 {'、'.join(sorted(purpose.roles))} 开放",
            f"{purpose.en} is for {', '.join(sorted(purpose.roles))}",
            fixes=["GET /api/datahub/v1/purposes"],
        )


async def unmask(  # noqa: PLR0913, PLR0917 — what is shown, of whom, to whom and why
    tx: Transaction,
    purpose: Purpose,
    entity: Entity,
    keys: Sequence[str],
    fields: Sequence[str],
    reason: str,
    seen: Narrowing | None,
) -> dict[str, dict[str, Any]]:
    """Return fields of records whole, by key; each record that is shown leaves its entry.

    Raises:
        BeyondPurposeError: the purpose does not need some of the fields.
    """
    check_fields(purpose, entity, fields)
    found = await repository.read_whole(tx, entity, keys, fields, seen)
    for key in sorted(found):
        tx.record(
            UNMASKED,
            f"record/{entity.name}/{key}",
            purpose=purpose.id,
            fields=list(fields),
            reason=reason,
        )
    return found


async def collect_person(
    tx: Transaction, person: Person, dictionary: Dictionary
) -> dict[str, list[dict[str, Any]]]:
    """Return every record about somebody, whole, by entity."""
    found = {}
    for about in _about(person, dictionary):
        keys = await erasing.keys_of(tx, about, person.key)
        if rows := await erasing.read_records(tx, about, keys):
            found[about.entity.name] = rows
    return found


async def erase_person(
    tx: Transaction, person: Person, dictionary: Dictionary
) -> list[ErasedTable]:
    """Delete or blank every record about somebody, and what the hub has of what it held before."""
    told = []
    traces = 0
    abouts = _about(person, dictionary)
    await erasing.wait_for(tx, abouts)
    for about in abouts:
        keys = await erasing.keys_of(tx, about, person.key)
        if not keys:
            continue
        await erasing.erase_records(tx, about, keys)
        traces += await erasing.erase_traces(tx, about, keys)
        done: Literal["blanked", "deleted"] = "blanked" if about.basis else "deleted"
        told.append(
            ErasedTable(
                table=about.entity.name,
                zh=about.entity.zh,
                done=done,
                rows=len(keys),
                basis=about.basis,
            )
        )
    others = {_TRACES: traces, _ASIDE: 0, _VALUES: 0, _EVENTS: 0, _FACTS: 0}
    kind = person.scope.partition("/")[0]
    # What was said under a number that he had before is about him, too.
    for number in await erasing.numbers_of(tx, OWN[kind], person.key):
        scope = f"{kind}/{number}"
        others[_ASIDE] += await erasing.erase_put_aside(tx, number)
        others[_VALUES] += await erasing.erase_values(tx, scope)
        others[_EVENTS] += await erasing.erase_events(tx, number)
        others[_FACTS] += await erasing.erase_names(tx, scope, number)
    return told + [
        ErasedTable(table=table, zh=zh, done="deleted", rows=rows, basis="")
        for (table, zh), rows in others.items()
    ]


def _about(person: Person, dictionary: Dictionary) -> list[About]:
    return [*about_persons(dictionary, person.scope.partition("/")[0], repository.load_holds())]
