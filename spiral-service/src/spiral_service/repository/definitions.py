"""Definitions of the spiral: those that the package ships, and those of the college.

A version never changes, The college's versions of a shipped
definition are numbered from `OWN_FROM`: no later release of the product can take their place.
"""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Final

from sqlalchemy import select

from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from spiral_service.domain.definitions.model import Definition
from spiral_service.domain.linting import refuse_faulty
from spiral_service.schemas.definitions import DefinitionBody
from spiral_service.tables import DefinitionRow

OWN_FROM: Final = 1001

Reference = tuple[str, int]


class UnknownDefinitionError(DomainError):
    """No definition has that name and version."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "definition-unknown"
    title_zh: ClassVar = "没有这个螺旋定义"
    title_en: ClassVar = "No such definition"


@cache
def documents() -> dict[Reference, DefinitionBody]:
    """Return every document that the package ships, whole, by name and version."""
    told = {}
    for entry in files("spiral_service").joinpath("definitions").iterdir():
        if entry.name.endswith(".toml"):
            read = tomllib.loads(entry.read_text(encoding="utf-8"))
            told[read["definition"], read.pop("version")] = read
    return {name: DefinitionBody.model_validate(_whole(each, told)) for name, each in told.items()}


@cache
def shipped() -> dict[Reference, Definition]:
    """Return every definition that the package ships, by name and version."""
    found = {name: body.to_rule(name[1]) for name, body in documents().items()}
    for each in found.values():
        refuse_faulty(each)
    return found


async def find_definition(tx: Transaction, name: str, version: int | None) -> Definition:
    """Return a version of a definition, the newest one where none is named.

    Raises:
        UnknownDefinitionError: there is none.
    """
    numbers = await versions_of(tx, name) if version is None else [version]
    wanted = (name, max(numbers, default=0))
    found = shipped().get(wanted) or await _find_own(tx, *wanted)
    if found is None:
        known = sorted(f"{each}@{number}" for each, number in await _all(tx))
        asked = name if version is None else f"{name}@{version}"
        raise UnknownDefinitionError(
            f"没有螺旋定义 {asked}",
            f"there is no definition {asked}",
            fields={"$.definition": [f"one of {', '.join(known)}"]},
        )
    return found


async def find_reference(tx: Transaction, reference: str) -> Definition:
    """Return a version of a definition by its name and version as one word.

    Raises:
        UnknownDefinitionError: there is none.
    """
    name, _, version = reference.partition("@")
    return await find_definition(tx, name, int(version))


async def versions_of(tx: Transaction, name: str) -> list[int]:
    """Return the versions of a definition, the oldest first."""
    return sorted(number for known, number in await _all(tx) if known == name)


def next_version(name: str, newest: int) -> int:
    """Return the number of the college's next version of a definition.

    Args:
        newest: the newest version that there is; 0 where there is none.
    """
    is_shipped = any(known == name for known, _ in shipped())
    return max(newest + 1, OWN_FROM) if is_shipped else newest + 1


async def find_document(
    tx: Transaction, name: str, version: int
) -> tuple[dict[str, Any], DefinitionRow | None]:
    """Return a version as it can be published again, and its row where it is the college's.

    It must be there: `find_definition` tells.
    """
    body = documents().get((name, version))
    if body is not None:
        return body.model_dump(mode="json"), None
    row = await tx.session.get_one(DefinitionRow, (name, version))
    return row.document, row


async def add_definition(
    tx: Transaction, body: DefinitionBody, version: int, by: str, at: datetime
) -> None:
    """Store a version of a definition."""
    tx.session.add(
        DefinitionRow(
            definition=body.definition,
            version=version,
            document=body.model_dump(mode="json"),
            published_by=by,
            published_at=at,
        )
    )
    await tx.session.flush()


async def all_references(tx: Transaction) -> list[Reference]:
    """Return the name and version of every definition, in order."""
    return sorted(await _all(tx))


async def _all(tx: Transaction) -> set[Reference]:
    rows = await tx.session.execute(select(DefinitionRow.definition, DefinitionRow.version))
    return {(row.definition, row.version) for row in rows} | shipped().keys()


async def _find_own(tx: Transaction, name: str, version: int) -> Definition | None:
    row = await tx.session.get(DefinitionRow, (name, version))
    return DefinitionBody.model_validate(row.document).to_rule(version) if row else None


def _whole(
    document: Mapping[str, Any], told: Mapping[Reference, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return a shipped document with what it takes from its base.

    Tables are merged by name; of the steps those that it lists are taken, in its order.
    """
    own = dict(document)
    base = own.pop("base", None)
    if base is None:
        return own
    name, _, version = base.partition("@")
    return _merged(_whole(told[name, int(version)], told), own)


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in own.items():
        below = base.get(name)
        if name == "steps" and below:
            known = {each["step"]: each for each in below}
            merged[name] = [{**known.get(each["step"], {}), **each} for each in value]
        elif isinstance(value, dict) and isinstance(below, dict):
            merged[name] = _merged(below, value)
        else:
            merged[name] = value
    return merged
