"""The dictionary that the package ships: data files, read once a process."""

import csv
import hashlib
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

from datahub.dictionary.domain.base import Documents, parse_base
from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.domain.integrity import faults, problems


class DictionaryError(Exception):
    """A dictionary contradicts itself; the service does not start, or is not migrated."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What the package brings along."""

    id: str
    """``<version of the package>+<digest of the documents>``."""

    documents: Documents


def load_shipped() -> Shipped:
    """Return the documents of the package; they are not kept."""
    folder = files("datahub.dictionary")
    documents = {
        "entities": [
            tomllib.loads(path.read_text(encoding="utf-8"))
            for path in _files(folder / "entities", ".toml")
        ],
        "code_sets": _rows(folder / "code_sets" / "index.csv"),
        "codes": _all_rows(
            path for path in _files(folder / "code_sets", ".csv") if path.name != "index.csv"
        ),
        "tables": _rows(folder / "national" / "tables.csv"),
        "elements": _rows(folder / "national" / "elements.csv"),
        "short_forms": _rows(folder / "short_forms.csv"),
    }
    digest = hashlib.sha256(json.dumps(documents, ensure_ascii=False).encode()).hexdigest()
    return Shipped(f"{version('datahub')}+{digest[:12]}", documents)


@cache
def load_dictionary() -> Dictionary:
    """Return the shipped dictionary, with nothing of a college on it.

    Raises:
        DictionaryError: it contradicts itself; the message lists every contradiction.
    """
    shipped = load_shipped()
    return checked(parse_base(shipped.documents, shipped.id))


def checked(dictionary: Dictionary) -> Dictionary:
    """Return the dictionary if it holds.

    Raises:
        DictionaryError: it contradicts itself; the message lists every contradiction.
    """
    if wrong := faults(problems(dictionary)):
        raise DictionaryError("; ".join(f"{place}: {why}" for place, why in wrong.items()))
    return dictionary


def _files(folder: Traversable, suffix: str) -> list[Traversable]:
    return sorted(
        (path for path in folder.iterdir() if path.name.endswith(suffix)),
        key=lambda path: path.name,
    )


def _rows(path: Traversable) -> list[list[str]]:
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))


def _all_rows(paths: Iterable[Traversable]) -> list[list[str]]:
    """Return the rows of files with the same columns as those of one file."""
    found = [_rows(path) for path in paths]
    return [found[0][0], *(row for rows in found for row in rows[1:])]
