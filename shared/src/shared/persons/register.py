"""What a service holds of persons, and what becomes of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from shared.contracts.persons import ErasedTable
from shared.kit.database import Transaction
from shared.kit.sql import text

MOST_ROWS: Final = 5_000
"""Of one table, in a copy of somebody's data. Source: our default."""

ARCHIVE: Final = (
    "质量管理档案，归档期未满（个保法 §47 第二款），以学工号为代码保留"
    " (archive of quality for its time, PIPL §47; under the number)"
)
ISSUED: Final = (
    "签发后不可改动，归档期内原样保存，含姓名（个保法 §47 第二款）"
    " (issued and immutable, kept whole for the time of the archive, with the name, PIPL §47)"
)

ABOUT: Final = "t.scope = :scope"


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data it is."""

    scope: str
    """``student/20240001`` or ``teacher/T001``."""

    @property
    def key(self) -> str:
        """Return his number."""
        return self.scope.partition("/")[2]

    def values(self) -> dict[str, str]:
        """Return how statements name him."""
        return {"scope": self.scope, "key": self.key, "person": f"person/{self.key}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Rows of one table that are about a person."""

    table: str
    zh: str
    where: str
    """Condition with ``:scope``, ``:key`` (his number) or ``:person`` (``person/<number>``)."""

    done: Literal["deleted", "blanked", "kept"]
    blank: str = ""
    """What a blanked row holds then, as assignments."""

    basis: str = ""
    names_others: bool = False
    """Its rows may tell of other persons as well: they stand in nobody's copy."""


Collect = Callable[[Transaction, Person], Awaitable[dict[str, list[dict[str, Any]]]]]
Erase = Callable[[Transaction, Person], Awaitable[list[ErasedTable]]]


async def collect(
    tx: Transaction, holdings: Sequence[Holding], person: Person
) -> dict[str, list[dict[str, Any]]]:
    """Return every row about somebody, by table, but those that may tell of others, too."""
    found: dict[str, list[dict[str, Any]]] = {}
    for each in holdings:
        if each.names_others:
            continue
        rows = await tx.session.scalars(
            text(f'SELECT to_jsonb(t) FROM "{each.table}" t WHERE {each.where} LIMIT :limit'),
            _named(each.where, person) | {"limit": MOST_ROWS},
        )
        if listed := list(rows):
            found.setdefault(each.table, []).extend(listed)
    return found


async def erase(tx: Transaction, holdings: Sequence[Holding], person: Person) -> list[ErasedTable]:
    """Delete, blank or keep the rows about somebody, in the order of the register."""
    return [await _erase(tx, each, person) for each in holdings]


async def _erase(tx: Transaction, holding: Holding, person: Person) -> ErasedTable:
    table = f'"{holding.table}" t'
    statement = {
        "deleted": f"DELETE FROM {table} WHERE {holding.where} RETURNING 1",
        "blanked": f"UPDATE {table} SET {holding.blank} WHERE {holding.where} RETURNING 1",
        "kept": f"SELECT 1 FROM {table} WHERE {holding.where}",
    }[holding.done]
    values = _named(holding.where + holding.blank, person)
    rows = (await tx.session.execute(text(statement), values)).all()
    return ErasedTable(
        table=holding.table,
        zh=holding.zh,
        done=holding.done,
        rows=len(rows),
        basis=holding.basis,
    )


def _named(statement: str, person: Person) -> dict[str, Any]:
    return {name: value for name, value in person.values().items() if f":{name}" in statement}


def deleted(table: str, zh: str, where: str = ABOUT) -> Holding:
    """Return rows that are deleted."""
    return Holding(table=table, zh=zh, where=where, done="deleted")


def kept(table: str, zh: str, where: str = ABOUT, *, basis: str = ARCHIVE) -> Holding:
    """Return rows that are kept; of an archive, where they name the person by his number alone."""
    return Holding(table=table, zh=zh, where=where, done="kept", basis=basis)


def scope_holding(*, is_in_english: bool = True) -> Holding:
    """Return what a service's own table of scopes holds: what he is called.

    Args:
        is_in_english: the table has a name in English, too.
    """
    return Holding(
        table="scope",
        zh="诊改对象的名称",
        where="t.scope = :scope",
        done="blanked",
        blank="name_zh = :key" + (", name_en = NULL" if is_in_english else ""),
    )
