"""The mappings that the package ships, read once a process."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from datahub.dictionary.domain.entity import Entity
from datahub.dictionary.domain.entity_document import parse_entity
from datahub.dictionary.repository import load_dictionary
from datahub.national.domain.mapping import Mappings
from datahub.national.domain.mapping_document import read_mappings


@cache
def load_mappings() -> Mappings:
    """Return how every national table is built.

    Raises:
        MappingError: they contradict the dictionary; the message lists every contradiction.
    """
    return read_mappings(load_documents(), load_dictionary(), load_own())


def load_documents() -> dict[str, Any]:
    """Return the sections of every mapping file.

    Raises:
        ValueError: two files have a section of the same name.
    """
    sections: dict[str, Any] = {}
    folder = files("datahub.national") / "mappings"
    for path in sorted(folder.iterdir(), key=lambda each: each.name):
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        if twice := sections.keys() & found.keys():
            raise ValueError(f"{path.name} repeats {sorted(twice)}")
        sections |= found
    return sections


@cache
def load_own() -> dict[str, Entity]:
    """Return the hub's own relations, in the form of entities."""
    path = files("datahub.national") / "own.toml"
    documents = tomllib.loads(path.read_text(encoding="utf-8"))["relations"]
    return {each["entity"]: parse_entity(each) for each in documents}
