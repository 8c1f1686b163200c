"""Read outbound mappings, and refuse what the dictionary contradicts, every fault at once.

A document has a section for each national table. Words in lower case say what it is built from:
``from`` (an entity), ``where``, ``group`` (elements by which records are gathered) and ``why``
(what an element that is not mapped would need); all other words are elements. Source: our default.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from datahub.dictionary.domain.document import Faults
from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.dictionary.domain.national import NationalTable
from datahub.national.domain.checks import check_value
from datahub.national.domain.mapping import (
    COMMON,
    Constant,
    Mappings,
    TableMapping,
    Taken,
    Value,
)
from datahub.national.domain.value_document import ValueReader

Documents = Mapping[str, Mapping[str, Any]]
WORDS: Final = frozenset({"from", "where", "group", "why", "needs"})


class MappingError(Exception):
    """The outbound mapping contradicts the dictionary; the service does not start."""

    def __init__(self, faults: Mapping[str, list[str]]) -> None:
        super().__init__(
            "\n".join(f"{place}: {why}" for place, found in faults.items() for why in found)
        )
        self.faults = faults


def read_mappings(
    documents: Documents, dictionary: Dictionary, own: Mapping[str, Entity]
) -> Mappings:
    """Read every section.

    Args:
        own: relations of the hub itself, such as its feeds.

    Raises:
        MappingError: with every fault, by its place.
    """
    faults = Faults()
    tables: dict[str, TableMapping] = {}
    needs: dict[str, str] = {}
    common = documents.get(COMMON, {})
    for name in documents.keys() - {COMMON} - dictionary.tables.keys():
        faults.add(f"$.{name}", "国家标准没有这张表 (no such national table)")
    for table in dictionary.tables.values():
        section = documents.get(table.name, {})
        if "from" in section:
            reader = _TableReader(dictionary, own, faults, table)
            mapping = reader.read({**common, **section})
            tables |= {table.name: mapping} if mapping else {}
        else:
            needs[table.name] = str(section.get("needs", ""))
    _find_absent(dictionary, needs, faults)
    if faults.found:
        raise MappingError(faults.found)
    return Mappings(tables, needs)


def _find_absent(dictionary: Dictionary, needs: Mapping[str, str], faults: Faults) -> None:
    fed = {table for entity in dictionary.entities.values() for table in entity.national}
    for name, need in needs.items():
        if name in fed:
            faults.add(f"$.{name}", "有实体为它供数，却没有映射 (an entity feeds it; map it)")
        elif not need:
            faults.add(f"$.{name}.needs", "需要说明缺哪个实体 (say which entity it would need)")


class _TableReader:
    """Reads the section of one table."""

    def __init__(
        self,
        dictionary: Dictionary,
        own: Mapping[str, Entity],
        faults: Faults,
        table: NationalTable,
    ) -> None:
        self.dictionary = dictionary
        self.own = own
        self.faults = faults
        self.table = table
        self.place = f"$.{table.name}"

    def read(self, section: Mapping[str, Any]) -> TableMapping | None:
        """Return the mapping; None where the entity itself is unknown."""
        entity = self._entity(str(section["from"]))
        if entity is None:
            return None
        values = ValueReader(self.dictionary.entities, entity, self.faults)
        group = self.faults.words(f"{self.place}.group", section.get("group"))
        mapping = TableMapping(
            table=self.table,
            entity=entity,
            is_own=entity.name in self.own,
            where=values.where(f"{self.place}.where", section.get("where")),
            group=group,
            values=dict(self._values(section, values)),
            reasons=self._reasons(section),
        )
        self._check(mapping)
        return mapping

    def _entity(self, name: str) -> Entity | None:
        entity = self.own.get(name) or self.dictionary.entities.get(name)
        if entity is None:
            self.faults.add(f"{self.place}.from", f"没有实体 {name} (no such entity)")
        elif name not in self.own and self.table.name not in entity.national:
            self.faults.add(
                f"{self.place}.from", f"实体 {name} 没有声明为此表供数 (does not feed this table)"
            )
        return entity

    def _values(
        self, section: Mapping[str, Any], values: ValueReader
    ) -> Iterator[tuple[str, Value]]:
        for name in section.keys() - WORDS:
            place = f"{self.place}.{name}"
            if name not in self.table.elements:
                self.faults.add(place, "表中没有这个数据项 (no such element)")
            elif (value := values.read(place, section[name])) is not None:
                yield name, value

    def _reasons(self, section: Mapping[str, Any]) -> Mapping[str, str]:
        spec = self.faults.table(f"{self.place}.why", section.get("why"))
        for name in spec:
            if name not in self.table.elements:
                self.faults.add(f"{self.place}.why.{name}", "表中没有这个数据项 (no such element)")
        return {name: str(text) for name, text in spec.items()}

    def _check(self, mapping: TableMapping) -> None:
        for name in mapping.group:
            if not isinstance(mapping.values.get(name), Taken | Constant):
                self.faults.add(
                    f"{self.place}.group", f"{name} 未由字段映射 (is not mapped from a field)"
                )
            elif mapping.is_hidden(self.table.elements[name]):
                self.faults.add(f"{self.place}.group", f"{name} 会指明个人 (names somebody)")
        for name, value in mapping.values.items():
            place = f"{self.place}.{name}"
            element = self.table.elements[name]
            for reason in check_value(value, element, mapping, self.dictionary):
                self.faults.add(place, reason)
