"""The national dictionary: tables and elements that a college reports.

An element is known by its table and field: 30 of the 809 element ids have definitions that
conflict. Source: 职业院校数字基座高职数据标准及接口规范（试行）V3.0.2, tables and annex 2; the
privacy classes are our default.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from datahub.dictionary.domain.privacy import Privacy


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One field of a national table."""

    table: str
    field: str
    element: str
    """Element id of the standard; not unique."""

    zh: str
    type: str
    """``C`` text, ``N`` number, ``M`` money, ``T`` long text, ``B`` binary."""

    length: str
    """``20`` or, with decimals, ``20,1``."""

    obligation: str
    """``M`` mandatory, ``O`` optional."""

    code_set: str | None
    values: str
    """Standard of the value where it has no code set: ``GB/T 7408`` for dates."""

    refers_to: str
    """Element id that it repeats."""

    privacy: Privacy


@dataclass(frozen=True, slots=True, kw_only=True)
class NationalTable:
    """One table of the national dictionary."""

    name: str
    no: int
    zh: str
    subset: str
    group: str
    source: str
    rhythm: str
    scope: str
    page: int
    elements: Mapping[str, Element]
    """By field, in the order of the standard."""
