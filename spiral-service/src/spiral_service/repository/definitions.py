"""Definitions of the spiral, as the package ships them."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import ClassVar

from shared.errors import DomainError, ErrorKind
from spiral_service.domain.definition import Definition, read_definition


class UnknownDefinitionError(DomainError):
    """No definition has that name and version."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "definition-unknown"
    title_zh: ClassVar = "没有这个螺旋定义"
    title_en: ClassVar = "No such definition"


@cache
def definitions() -> dict[tuple[str, int], Definition]:
    """Return every definition the package ships, by name and version."""
    documents = [
        read_definition(tomllib.loads(entry.read_text(encoding="utf-8")))
        for entry in files("spiral_service").joinpath("definitions").iterdir()
        if entry.name.endswith(".toml")
    ]
    return {(each.definition, each.version): each for each in documents}


def find_definition(name: str, version: int | None) -> Definition:
    """Return a version of a definition, the newest one where none is named.

    Raises:
        UnknownDefinitionError: there is none.
    """
    versions = [number for known, number in definitions() if known == name]
    wanted = version or max(versions, default=0)
    if wanted not in versions:
        known = sorted({each.reference for each in definitions().values()})
        asked = name if version is None else f"{name}@{version}"
        raise UnknownDefinitionError(
            f"没有螺旋定义 {asked}",
            f"there is no definition {asked}",
            fields={"$.definition": [f"one of {', '.join(known)}"]},
        )
    return definitions()[name, wanted]
