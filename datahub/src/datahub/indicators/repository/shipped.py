"""The catalogue that the package ships: definitions by rows of the catalogue, read once."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Literal

from shared.errors import DomainError, ErrorKind

Document = Mapping[str, Any]
Origin = Literal["shipped", "college"]
"""Whose a definition is: of the catalogue, or what the college put itself."""


class NotInCatalogueError(DomainError):
    """The catalogue has no such definition."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "not-in-catalogue"
    title_zh: ClassVar = "指标目录中没有"
    title_en: ClassVar = "Not in the catalogue"


@cache
def load_catalogue() -> Mapping[str, Document]:
    """Return the shipped definitions by their ids, in the order of the rows' names."""
    levels = (files("datahub.indicators") / "catalogue").iterdir()
    rows = sorted((row for level in levels for row in level.iterdir()), key=lambda row: row.name)
    found: dict[str, Document] = {}
    for row in rows:
        for document in tomllib.loads(row.read_text(encoding="utf-8"))["indicators"]:
            assert document["indicator"] not in found, document["indicator"]
            found[document["indicator"]] = document
    return found
