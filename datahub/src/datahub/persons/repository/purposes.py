"""The registers of purposes and of what is kept, and the values that are shown whole."""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.dictionary.domain.seeing import Narrowing
from datahub.dictionary.repository import load_dictionary
from datahub.dictionary.tables import table_name
from datahub.persons.domain.purposes import Purpose, read_purposes
from datahub.records.repository.conditions import bound
from datahub.records.repository.seeing import seen_condition
from shared.kit.database import Transaction


@cache
def load_purposes() -> dict[str, Purpose]:
    """Return the purposes that the hub is shipped with."""
    return _read(load_dictionary())


def _read(dictionary: Dictionary) -> dict[str, Purpose]:
    text = files("datahub.persons").joinpath("purposes.toml").read_text(encoding="utf-8")
    return read_purposes(tomllib.loads(text), dictionary)


@cache
def load_holds() -> dict[str, dict[str, Any]]:
    """Return what is kept of whom when he is erased, with the ground."""
    text = files("datahub.persons").joinpath("holds.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


async def read_whole(
    tx: Transaction,
    entity: Entity,
    keys: Sequence[str],
    fields: Sequence[str],
    seen: Narrowing | None,
) -> dict[str, dict[str, Any]]:
    """Return fields of live records by key, whole; of those that the reader sees.

    Args:
        seen: only records that are seen by these; None for all.
    """
    values: list[Any] = []
    where = [f"key = ANY({bound(values, list(keys), 'text[]')})", "deleted_at IS NULL"]
    if seen is not None:
        where.append(seen_condition(entity, seen, values, None))
    columns = ", ".join(f'"{name}"' for name in fields)
    rows = await (await tx.driver()).fetch(
        f'SELECT key, {columns} FROM "{table_name(entity.name)}" WHERE {" AND ".join(where)}',
        *values,
    )
    return {row["key"]: {name: row[name] for name in fields} for row in rows}
