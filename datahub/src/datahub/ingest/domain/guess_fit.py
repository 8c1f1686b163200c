"""Guess by values whether a column can be a field: its type, its codes, the records it refers to.

Source: our default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from datahub.dictionary.domain.entity import Dictionary, Entity, Field, FieldType
from datahub.ingest.domain.guess_codes import are_codes, codes_of, is_boolean
from datahub.ingest.domain.guess_columns import (
    MOST,
    Column,
    is_code_like,
    is_comma,
    is_id_number,
    is_term,
)
from datahub.ingest.domain.guess_names import Match, Vocabulary
from datahub.ingest.domain.guess_values import SEPARATED, UNIX

ENOUGH: Final = 0.5
"""Score from which a column is taken for a field."""

_OF_UNIX: Final = 0.3
"""How well a number of ten or thirteen digits fits a time: better than another count, no more."""

_OF_COMMA: Final = 0.6
"""How well numbers with a decimal comma fit a field of decimals."""

_OF_VALUES: Final = ("integer", "decimal", "date", "timestamp", "percent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known when a sample is looked at."""

    dictionary: Dictionary
    vocabulary: Vocabulary
    keys: Mapping[str, frozenset[str]]
    """Of the sample's values, those that are keys of records of an entity."""

    _allowed: dict[str, frozenset[str]] = field(default_factory=dict)

    def allowed(self, target: Field) -> frozenset[str]:
        """Return the values that a field may hold; empty where any may."""
        if target.type is not FieldType.CODE or target.code_set is None:
            return frozenset(target.values) if target.type is FieldType.ENUM else frozenset()
        found = self._allowed.get(target.code_set)
        if found is None:
            found = self._allowed[target.code_set] = self.dictionary.writable(target.code_set)
        return found


def score(known: Known, entity: Entity, target: Field, column: Column, named: Match) -> Match:
    """Return how well a column fits a field, by its name and by what it holds."""
    if not named.score:
        return _by_values(known, entity, target, column)
    fit = fit_of(known, entity, target, column)
    total = named.score + (0.15 * fit if fit > 0 else 0.5 * fit)
    return Match(round(max(0.0, min(1.0, total)), 3), f"{named.why}{_told(fit)}")


def may_tell(known: Known, column: Column) -> bool:
    """Whether values alone may say which field a column is, whatever it is called."""
    has_shape = is_id_number(column) > MOST or is_term(column) or _is_worded(column)
    return has_shape or any(_refers(known, entity, column) >= 0.9 for entity in known.keys)


def _told(fit: float) -> str:
    if fit >= 0.5:
        return "；取值相符 (and its values fit)"
    return "；取值存疑 (but its values are doubtful)" if fit < 0 else ""


def _by_values(known: Known, entity: Entity, target: Field, column: Column) -> Match:
    """Return what values alone say: shapes that nothing else has."""
    if target.name == "id_number" and is_id_number(column) > MOST:
        return Match(0.8, "身份证号形状与校验码 (the shape and check digit of an identity number)")
    if target.ref == "term" and is_term(column):
        return Match(0.6, "学年学期形状 (the shape of a term)")
    if target.ref is not None and _refers(known, target.ref, column) >= 0.9:
        return Match(0.6, f"多为已有 {target.ref} 的编号 (keys of {target.ref} that are known)")
    return _by_codes(known, entity, target, column)


def _by_codes(known: Known, entity: Entity, target: Field, column: Column) -> Match:
    if target.type is FieldType.CODE and _is_worded(column):
        allowed = known.allowed(target)
        if are_codes(entity, target, allowed, column, known.vocabulary):
            return Match(0.55, "取值全在代码集中 (all its values are in the code set)")
    return Match(0)


def _is_worded(column: Column) -> bool:
    """Whether a few words come again and again."""
    words = sum(not value.isdigit() for value, _ in column.distinct)
    return words > 1 and is_code_like(column)


def _refers(known: Known, entity: str, column: Column) -> float:
    """Return the share of distinct values that are keys of an entity's records."""
    keys = known.keys.get(entity, frozenset())
    if not keys or len(column.distinct) < 2:
        return 0.0
    return sum(value in keys for value, _ in column.distinct) / len(column.distinct)


def fit_of(  # noqa: PLR0911 — a line for each type
    known: Known, entity: Entity, target: Field, column: Column
) -> float:
    """Return whether values fit a field: 1 for certain, 0 for nothing known, -1 for cannot be."""
    if not column.count:
        return 0.0
    match target.type:
        case FieldType.CODE | FieldType.ENUM:
            return _fit_codes(known, entity, target, column)
        case FieldType.BOOLEAN:
            return _fit_boolean(column)
        case FieldType.INTEGER | FieldType.DECIMAL:
            return _fit_number(target, column)
        case FieldType.DATE | FieldType.TIMESTAMP:
            return _fit_moment(column)
        case FieldType.LIST:
            return 0.6 if column.matches(SEPARATED) else 0.1
        case _:
            return _fit_text(known, entity, target, column)


def _fit_codes(known: Known, entity: Entity, target: Field, column: Column) -> float:
    allowed = known.allowed(target)
    coverage = codes_of(entity, target, allowed, column, known.vocabulary).coverage
    if coverage >= 0.5:
        return coverage
    # Codes of the source's own: the user says what they stand for.
    return coverage - 0.2 if is_code_like(column) else -0.7


def _fit_boolean(column: Column) -> float:
    said = is_boolean(column)
    if said > MOST:
        return 0.8
    return 0.0 if column.is_complete and len(column.distinct) == 2 else -0.8


def _fit_number(target: Field, column: Column) -> float:
    if target.type is FieldType.DECIMAL and is_comma(column):
        return _OF_COMMA
    share = column.within(
        "as_integer" if target.type is FieldType.INTEGER else "as_decimal", target.min, target.max
    )
    return share if share > 0.5 else share - 1


def _fit_moment(column: Column) -> float:
    dates, instants = column.dates, column.instants
    share = max(dates.share, instants.share)
    if share > 0.5:
        return share
    if any(column.matches(form) > MOST for form in UNIX.values()):
        return _OF_UNIX
    is_count = column.shares["integer"] > MOST
    return -0.2 if is_count else -0.8


def _fit_text(known: Known, entity: Entity, target: Field, column: Column) -> float:
    refers = _refers(known, target.ref or entity.name, column)
    if refers and (target.ref or (target.name,) == entity.key):
        return 0.3 + 0.7 * refers
    shapes = {"id_number": "id-number", "phone": "phone"}
    if target.name in shapes:
        return 1.0 if column.kind == shapes[target.name] else -0.6
    if column.kind in shapes.values():
        return -0.6
    longest = max(len(value) for value, _ in column.distinct)
    if target.max_length is not None and longest > target.max_length:
        return -0.7
    is_name = target.name.endswith(("name", "title", "supplier", "venue"))
    return -0.5 if is_name and column.kind in _OF_VALUES else 0.2
