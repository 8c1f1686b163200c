"""What a national table lacks: for each element where it comes from, or why it does not.

Source: our default; obligations and code sets of 数字基座高职 V3.0.2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from datahub.dictionary.domain.national import Element, NationalTable
from datahub.national.domain.mapping import Mappings, TableMapping

MISSING: Final = "missing"
TOO_LONG: Final = "too_long"
FOREIGN: Final = "foreign_codes"
FAULTS: Final = (MISSING, TOO_LONG, FOREIGN)

Place: TypeAlias = tuple[str, str]
"""An element, and a fault that rows have there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an element is empty: in every row, or in those that lack it."""

    code: str
    """``no-entity``, ``no-field`` or ``closed``; ``not-known`` of some rows alone."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of a table there are, and how many have a fault, by element and fault."""

    rows: int
    faulty: Mapping[Place, int]

    def of(self, element: str, fault: str) -> int:
        """Return how many rows have a fault of an element."""
        return self.faulty.get((element, fault), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How well the mandatory elements of a table are filled."""

    mandatory: int
    filled: int
    """Elements that have a value in every row; none while there is no row."""

    share: float | None
    """Share of the mandatory values that are there; None while there is no row."""


def mandatory(table: NationalTable) -> Sequence[Element]:
    """Return the elements that the standard demands."""
    return [each for each in table.elements.values() if each.obligation == "M"]


def coverage(table: NationalTable, mapping: TableMapping | None, count: Count) -> Coverage:
    """Return how well the mandatory elements of a table are filled."""
    demanded = mandatory(table)
    reported = mapping.open_values if mapping else {}
    lacking = [
        count.of(each.field, MISSING) if each.field in reported else count.rows for each in demanded
    ]
    wanted = count.rows * len(demanded)
    return Coverage(
        mandatory=len(demanded),
        filled=lacking.count(0) if count.rows else 0,
        share=round(1 - sum(lacking) / wanted, 4) if wanted else None,
    )


def reason_of(element: Element, mappings: Mappings, missing: int) -> Reason | None:
    """Return why an element is empty; None where it is reported, and no row says why it is not.

    Args:
        missing: rows that lack it, where it is reported.
    """
    mapping = mappings.tables.get(element.table)
    if mapping is None:
        need = mappings.needs[element.table]
        return Reason(
            code="no-entity",
            zh=f"字典还没有实体 {need}",
            en=f"the dictionary has no entity for it yet: {need}",
        )
    if element.field not in mapping.values:
        return _no_field(element, mapping)
    if mapping.is_hidden(element):
        return Reason(
            code="closed",
            zh="敏感或限制级：不作为记录离开中台",
            en="sensitive or restricted: it does not leave the hub as a record",
        )
    said = mapping.reasons.get(element.field)
    return _said("not-known", said) if said and missing else None


def _no_field(element: Element, mapping: TableMapping) -> Reason:
    said = mapping.reasons.get(element.field)
    if said is not None:
        return _said("no-field", said)
    entity = mapping.entity
    return Reason(
        code="no-field",
        zh=f"{entity.zh} {entity.name} 没有“{element.zh}”这样的字段",
        en=f"the entity {entity.name} has no field for it",
    )


def _said(code: str, text: str) -> Reason:
    """Read a reason of a mapping's file: Chinese, and English in brackets behind it."""
    zh, _, en = text.removesuffix(")").partition(" (")
    return Reason(code=code, zh=zh, en=en)
