"""A college of 12,000 students, made by SQL from the dictionary: rows for every entity.

Each field gets a value of its type that depends on the row's number alone, so that the college is
the same each time. What a key needs to be its own counts up, the rest is scattered. Source of the
sizes: the scale model of a college (eighteen months of what happens daily).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import asyncpg

from datahub.dictionary.domain.entity import Dictionary, Entity, Field, FieldType
from datahub.dictionary.tables import table_name

TERMS: Final = ("2025-2026-1", "2025-2026-2", "2026-2027-1")
SCORES: Final = 1_200_000
DAYS: Final = 540
FIRST_DAY: Final = "2025-06-01"
OTHERS: Final = 2_000
"""Rows of an entity that the scale model does not name."""

SIZES: Final[Mapping[str, int]] = {
    "school": 1,
    "org_unit": 80,
    "staff": 900,
    "student": 12_000,
    "person": 14_500,
    "major": 45,
    "course": 1_600,
    "admin_class": 270,
    "teaching_class": 12_900,
    "class_session": 206_400,
    "enrolment": 288_000,
    "score": SCORES,
    "attendance": 9_288_000,
    "leave": 72_000,
    "class_interaction": 206_400,
    "learning_daily": 2_950_000,
    "assignment_submission": 1_725_000,
    "teaching_evaluation": 64_500,
    "survey_answer": 75_000,
    "fitness_test": 144_000,
    "dorm_check": 1_100_000,
    "internship_report": 36_000,
    "asset_item": 25_000,
    "asset_event": 18_000,
    "affair_case": 115_000,
    "library_loan": 120_000,
    "card_event": 1_500_000,
    "login_event": 600_000,
    "club_activity": 45_000,
}


async def fill(base: "asyncpg.Connection[Any]", dictionary: Dictionary, scale: float) -> int:
    """Write the records of every entity that the base has a table for; return how many.

    Args:
        scale: share of the scale model's rows of what happens; who and what is there stays.
    """
    written = 0
    await _write_terms(base)
    for entity in dictionary.entities.values():
        if entity.is_raw or entity.name == "term":
            continue
        rows = size_of(entity.name, scale)
        done = await base.execute(_statement(entity, dictionary, rows, scale), timeout=3600)
        written += int(done.rpartition(" ")[2])
        await base.execute(f'VACUUM ANALYZE "{table_name(entity.name)}"', timeout=3600)
    return written


def size_of(entity: str, scale: float) -> int:
    """Return the rows of an entity; what happens daily is scaled."""
    if entity == "term":
        return len(TERMS)
    size = SIZES.get(entity, OTHERS)
    return max(1, round(size * scale)) if size > 100_000 else size


async def _write_terms(base: "asyncpg.Connection[Any]") -> None:
    await base.execute(
        """
        INSERT INTO record_term (key, term, academic_year, starts_on, ends_on, teaching_weeks,
                                 version, observed, batch, line)
        SELECT t, t, left(t, 9), s::date, e::date, 18, 1, 0, 1, 1
          FROM (VALUES ('2025-2026-1', '2025-09-01', '2026-01-25'),
                       ('2025-2026-2', '2026-03-01', '2026-07-12'),
                       ('2026-2027-1', '2026-09-01', '2027-01-24')) x (t, s, e)
        """
    )


def _statement(entity: Entity, dictionary: Dictionary, rows: int, scale: float) -> str:
    values = dict(_values(entity, dictionary, rows, scale))
    key = " || '/' || ".join(f"({values[name]})" for name in entity.key)
    names = "".join(f', "{name}"' for name in values)
    return (
        f'INSERT INTO "{table_name(entity.name)}" (key{names}, version, observed, batch, line)'
        f" SELECT {key}, {', '.join(values.values())}, 1, 0, 1, i"
        f" FROM generate_series(0, {rows - 1}) i ON CONFLICT (key) DO NOTHING"
    )


def _values(
    entity: Entity, dictionary: Dictionary, rows: int, scale: float
) -> Iterator[tuple[str, str]]:
    """Yield the name and the SQL of each field; ``i`` is the number of the row."""
    step = 1
    for salt, field in enumerate(entity.fields.values()):
        number = f"(hashint8extended(i, {salt}) & 2147483647)"
        if field.name in entity.key and step < rows:
            number = f"(i / {step})"
            step *= _choices(field, entity, dictionary, rows, scale)
        value = _value(field, entity, dictionary, number, scale)
        if value is not None:
            yield field.name, value


def _choices(field: Field, entity: Entity, dictionary: Dictionary, rows: int, scale: float) -> int:
    if entity.key == (field.name,):
        return rows
    if field.ref is not None:
        return size_of(field.ref, scale) if _has_one_key(dictionary, field.ref) else 1
    by_type = {FieldType.DATE: DAYS, FieldType.TEXT: OTHERS, FieldType.TIMESTAMP: DAYS * 1440}
    return len(field.values) or by_type.get(field.type, 1)


def _has_one_key(dictionary: Dictionary, entity: str) -> bool:
    return len(dictionary.entities[entity].key) == 1


def _value(
    field: Field, entity: Entity, dictionary: Dictionary, number: str, scale: float
) -> str | None:
    """Return the SQL of a value; None leaves the field empty."""
    if entity.key == (field.name,) and field.type is FieldType.TEXT:
        return _key(entity.name, number, scale)
    if target := field.refers_to:
        key = _key(target, number, scale) if _has_one_key(dictionary, target) else None
        return f"ARRAY[{key}]" if key and field.type is FieldType.LIST else key
    match field.type:
        case FieldType.BOOLEAN:
            return f"{number} % 10 < 7"
        case FieldType.ENUM:
            return _one_of(field.values, number)
        case FieldType.CODE:
            assert field.code_set
            codes = [each.code for each in dictionary.code_sets[field.code_set].codes.values()]
            return _one_of(sorted(codes)[:20], number)
        case FieldType.DATE:
            return (
                None
                if field.name == "valid_to"
                else f"date '{FIRST_DAY}' + ({number} % {DAYS})::int"
            )
        case FieldType.TIMESTAMP:
            return (
                f"timestamptz '{FIRST_DAY} 08:00+08' + {number} % {DAYS * 1440} * interval '1 min'"
            )
        case FieldType.INTEGER | FieldType.DECIMAL:
            low, high = int(field.min or 0), int(field.max or 100)
            return f"{low} + {number} % {high - low + 1}"
        case FieldType.TEXT:
            return f"'t' || {number} % {OTHERS if field.name in entity.key else 50}"
        case FieldType.LIST:
            return None


def _key(entity: str, number: str, scale: float) -> str:
    if entity == "term":
        return _one_of(TERMS, number)
    if entity == "school":
        return "'19001'"
    return f"'{entity[:4]}' || {number} % {size_of(entity, scale)}"


def _one_of(values: Any, number: str) -> str:
    texts = ", ".join(f"'{each}'" for each in values)
    return f"(ARRAY[{texts}])[1 + {number} % {len(values)}]"
