"""Find a thing of the dictionary by its Chinese or English name, code, identifier or initials.

The whole dictionary (some 12,000 entries) is looked through in memory, which takes a few
milliseconds; pinyin initials are made once for each label. Source: our default; PostgreSQL as
shipped here has neither trigrams nor a Chinese collation.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from datahub.dictionary.domain.code_set import CodeSet
from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.dictionary.domain.national import NationalTable
from datahub.dictionary.domain.privacy import Privacy

HUB: Final = "/api/datahub/v1"
"""Where clients read the hub."""

KINDS: Final = ("entity", "code_set", "table", "field", "element", "code")
"""In this order among equals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that can be found."""

    kind: str
    id: str
    zh: str
    en: str = ""
    within: str = ""
    """Label of what it is a part of."""

    path: str
    """Where it is read."""

    privacy: Privacy | None = None
    hay: str
    """Every word it is found by, folded, each between line feeds."""


class Index:
    """Everything that can be found in one version of the dictionary."""

    def __init__(self, dictionary: Dictionary) -> None:
        """Put the entries into their order among equals once: by kind, the shortest label first."""
        self.entries: Sequence[Entry] = sorted(
            _entries(dictionary), key=lambda each: (KINDS.index(each.kind), len(each.zh), each.id)
        )

    def find(self, query: str, kinds: frozenset[str]) -> list[Entry]:
        """Return what holds every word of the query, the nearest first.

        A whole name, code or run of initials goes before one that only begins so, and that before
        one that only holds it.
        """
        terms = fold(query).split()
        found: tuple[list[Entry], ...] = ([], [], [])
        for each in self.entries if terms else ():
            if each.kind in kinds and all(term in each.hay for term in terms):
                found[max(_rank(each.hay, term) for term in terms)].append(each)
        return [each for rank in found for each in rank]


def fold(text: str) -> str:
    """Return a text as it is compared: full-width as half-width, in small letters."""
    return unicodedata.normalize("NFKC", text).casefold()


@cache
def initials(label: str) -> str:
    """Return the pinyin initials of a label: ``学生当前状态`` → ``xsdqzt``."""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 — 50 MiB, for processes that search

    spoken = "".join(lazy_pinyin(label, style=Style.FIRST_LETTER))
    return re.sub(r"[\W_]", "", fold(spoken))


def _rank(hay: str, term: str) -> int:
    """Return 0 for a whole word, 1 for the beginning of one, 2 for a part of one."""
    if f"\n{term}" not in hay:
        return 2
    return 0 if f"\n{term}\n" in hay else 1


def _entry(kind: str, key: str, names: Sequence[str], **rest: Any) -> Entry:
    """Build an entry that is found by its labels, its initials and other names."""
    words = [rest["zh"], initials(rest["zh"]), rest.get("en", ""), *names]
    return Entry(kind=kind, id=key, hay="\n".join(["", *map(fold, words), ""]), **rest)


def _entries(dictionary: Dictionary) -> Iterator[Entry]:
    for entity in dictionary.entities.values():
        yield from _of_entity(entity)
    for table in dictionary.tables.values():
        yield from _of_table(table)
    for code_set in dictionary.code_sets.values():
        yield from _of_code_set(code_set)


def _of_entity(entity: Entity) -> Iterator[Entry]:
    at = f"{HUB}/dictionary/entities/{entity.name}"
    yield _entry("entity", entity.name, [entity.name], zh=entity.zh, en=entity.en, path=at)
    own = {f"ext.{name}": each for name, each in entity.ext.items()}
    for name, each in {**entity.fields, **own}.items():
        key = f"{entity.name}.{name}"
        labels = {"zh": each.zh, "en": each.en, "within": entity.zh, "privacy": each.privacy}
        yield _entry("field", key, [each.name, key], path=at, **labels)


def _of_table(table: NationalTable) -> Iterator[Entry]:
    at = f"{HUB}/dictionary/tables/{table.name}"
    yield _entry("table", table.name, [table.name], zh=table.zh, within=table.subset, path=at)
    for each in table.elements.values():
        key = f"{each.table}.{each.field}"
        labels = {"zh": each.zh, "within": table.zh, "privacy": each.privacy}
        yield _entry("element", key, [each.field, key, each.element], path=at, **labels)


def _of_code_set(code_set: CodeSet) -> Iterator[Entry]:
    at = f"{HUB}/code-sets/{code_set.id}"
    names = [code_set.id, code_set.id.rsplit("_", 1)[-1], code_set.standard]
    yield _entry("code_set", code_set.id, names, zh=code_set.zh, en=code_set.en, path=at)
    for code in code_set.codes.values():
        labels = {"zh": code.zh, "en": code.en, "within": code_set.zh}
        path = f"{at}/codes/{code.code}"
        yield _entry("code", f"{code_set.id}#{code.code}", [code.code], path=path, **labels)
