"""The catalogue that the package ships: definitions, and figures in use for them; read once."""

import csv
import tomllib
from collections.abc import Mapping, Sequence
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


@cache
def load_thresholds() -> Mapping[str, Sequence[Document]]:
    """Return figures that are in use for shipped definitions, by their ids.

    They are no part of a definition: a college makes standards of them, or others. ``mark`` says
    whether a figure was ``seen``, is from ``memory``, or is from memory and ``unsure``.
    """
    text = (files("datahub.indicators") / "thresholds.csv").read_text(encoding="utf-8")
    found: dict[str, list[Document]] = {}
    for row in csv.DictReader(text.splitlines()):
        told = {name: each or None for name, each in row.items() if name != "indicator"}
        found.setdefault(row["indicator"], []).append(told)
    return found
