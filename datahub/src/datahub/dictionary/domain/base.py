"""Read a whole dictionary out of its documents, as the package ships and the database keeps them.

Source: design "Data hub" 1.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from datahub.dictionary.domain.code_set import Code, CodeSet
from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.domain.entity_document import parse_entity
from datahub.dictionary.domain.national import Element, NationalTable
from datahub.dictionary.domain.privacy import Privacy

Documents = Mapping[str, Any]
"""``entities``: a list of documents; ``code_sets``, ``codes``, ``tables``, ``elements`` and
``short_forms``: rows, of which the first names the columns."""


def parse_base(documents: Documents, base: str) -> Dictionary:
    """Build the dictionary that documents describe; a missing or unknown key raises."""
    entities = [parse_entity(each) for each in documents["entities"]]
    return Dictionary(
        {each.name: each for each in entities},
        _code_sets(documents["code_sets"], documents["codes"]),
        _tables(documents["tables"], documents["elements"]),
        _short_forms(documents.get("short_forms", [["set", "short", "code"]])),
        base=base,
    )


def _records(rows: Sequence[Sequence[str]]) -> Iterator[dict[str, str]]:
    head, *body = rows
    for row in body:
        yield dict(zip(head, row, strict=True))


def _code_sets(sets: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> dict[str, CodeSet]:
    codes: dict[str, dict[str, Code]] = {}
    for row in _records(rows):
        codes.setdefault(row["set"], {})[row["code"]] = Code(
            code=row["code"],
            zh=row["zh"],
            en=row["en"],
            valid_from=parse_day(row["valid_from"]),
            valid_to=parse_day(row["valid_to"]),
            retired=row["retired"] == "1",
            successors=tuple(row["successors"].split()),
        )
    return {
        row["set"]: CodeSet(
            id=row["set"],
            standard=row["standard"],
            version=row["version"],
            zh=row["zh"],
            en=row["en"],
            valid_from=parse_day(row["valid_from"]),
            valid_to=parse_day(row["valid_to"]),
            source=row["source"],
            codes=codes[row["set"]],
        )
        for row in _records(sets)
    }


def _short_forms(rows: Sequence[Sequence[str]]) -> dict[str, list[tuple[str, str]]]:
    """Return short forms by code set; the first packages brought none along."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in _records(rows):
        found.setdefault(row["set"], []).append((row["short"], row["code"]))
    return found


def parse_day(text: str | None) -> date | None:
    """Return an ISO date; None where there is none."""
    return date.fromisoformat(text) if text else None


def _tables(
    tables: Sequence[Sequence[str]], elements: Sequence[Sequence[str]]
) -> dict[str, NationalTable]:
    by_table: dict[str, dict[str, Element]] = {}
    for row in _records(elements):
        element = Element(
            **{key: value for key, value in row.items() if key not in {"code_set", "privacy"}},
            code_set=row["code_set"] or None,
            privacy=Privacy(row["privacy"]),
        )
        by_table.setdefault(element.table, {})[element.field] = element
    return {
        row["table"]: NationalTable(
            name=row["table"],
            no=int(row["no"]),
            zh=row["zh"],
            subset=row["subset"],
            group=row["group"],
            source=row["source"],
            rhythm=row["rhythm"],
            scope=row["scope"],
            page=int(row["page"]),
            elements=by_table[row["table"]],
        )
        for row in _records(tables)
    }
