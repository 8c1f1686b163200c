"""Read the dictionary from its data files."""

import csv
import tomllib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from datahub.dictionary.domain.entity import Dictionary, parse_entity


class DictionaryError(Exception):
    """The data files contradict themselves; the service does not start."""


@cache
def load_dictionary() -> Dictionary:
    """Return the shipped dictionary.

    Raises:
        DictionaryError: it contradicts itself; the message lists every contradiction.
    """
    folder = files("datahub.dictionary")
    entities = [
        parse_entity(tomllib.loads(path.read_text(encoding="utf-8")))
        for path in _files(folder / "entities", ".toml")
    ]
    code_sets = {
        path.name.removesuffix(".csv"): _codes(path)
        for path in _files(folder / "code_sets", ".csv")
        if path.name != "index.csv"
    }
    dictionary = Dictionary({each.name: each for each in entities}, code_sets)
    if problems := dictionary.problems():
        raise DictionaryError("; ".join(problems))
    return dictionary


def _files(folder: Traversable, suffix: str) -> list[Traversable]:
    return sorted(
        (path for path in folder.iterdir() if path.name.endswith(suffix)),
        key=lambda path: path.name,
    )


def _codes(path: Traversable) -> frozenset[str]:
    with path.open(encoding="utf-8") as lines:
        return frozenset(row["code"] for row in csv.DictReader(lines))
