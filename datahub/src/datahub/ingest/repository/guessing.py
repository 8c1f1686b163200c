"""What a guess is made with: common words, labels of codes, and keys that are known already."""

import csv
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files

from sqlalchemy import text

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.tables import table_name
from datahub.ingest.domain.guess_names import Vocabulary
from shared.kit.database import Transaction


@cache
def load_vocabulary() -> Vocabulary:
    """Return what is commonly said for fields and values, with the labels of the code sets."""
    words = files("datahub.ingest") / "words"
    fields: dict[str, tuple[str, ...]] = {}
    with (words / "fields.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            said = tuple(row["words"].split("|"))
            fields[row["field"]] = fields.get(row["field"], ()) + said
    values: dict[str, dict[str, str]] = {}
    with (words / "values.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            for word in row["words"].split("|"):
                values.setdefault(row["of"], {})[word] = row["value"]
    return Vocabulary(fields=fields, values=values, labels=_labels())


def _labels() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    folder = files("datahub.dictionary") / "code_sets"
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for path in folder.iterdir():
        if path.name == "index.csv" or not path.name.endswith(".csv"):
            continue
        with path.open(encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        found[path.name.removesuffix(".csv")] = {
            row["code"]: (row["zh"], row["en"]) for row in rows
        }
    return found


async def find_keys(
    tx: Transaction, dictionary: Dictionary, values: Collection[str]
) -> dict[str, frozenset[str]]:
    """Return, of some values, those that are keys of records, by entity.

    Entities whose key has several parts are left out: no single column holds such a key.
    """
    found: dict[str, frozenset[str]] = {}
    for entity in dictionary.entities.values():
        if len(entity.key) == 1:
            keys = await tx.session.scalars(
                text(
                    f'SELECT key FROM "{table_name(entity.name)}"'
                    " WHERE key = ANY(:values) AND deleted_at IS NULL"
                ),
                {"values": sorted(values)},
            )
            found[entity.name] = frozenset(keys)
    return found
