"""What a guess is made with: common words, labels of codes, and keys that are known already."""

import csv
from collections.abc import Collection
from dataclasses import replace
from functools import cache
from importlib.resources import files

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.tables import table_name
from datahub.ingest.domain.guess_names import Vocabulary
from shared.kit.database import Transaction
from shared.kit.sql import text


@cache
def _common() -> Vocabulary:
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
    return Vocabulary(fields=fields, values=values)


def vocabulary(dictionary: Dictionary) -> Vocabulary:
    """Return what is commonly said for fields and values, with the labels of codes and words."""
    labels = {
        name: {code: (each.zh, each.en) for code, each in code_set.codes.items()}
        for name, code_set in dictionary.code_sets.items()
    }
    words = {
        f"{entity.name}.{each.name}": dict(each.labels)
        for entity in dictionary.entities.values()
        for each in entity.fields.values()
        if each.labels
    }
    return replace(_common(), labels={**labels, **words})


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
