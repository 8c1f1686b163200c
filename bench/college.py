"""A college of 12,000 students, made by SQL from the dictionary: rows for every entity.

Each field gets a value of its type that depends on the row's number alone, so that the college is
the same each time. What a key needs to be its own counts up, the rest is scattered. Source of the
sizes: the scale model of a college (eighteen months of what happens daily; of log-ins, purchases,
homework, learning totals and dormitory checks a tenth).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
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

SCALED_FROM: Final = 100_000
"""Larger entities hold what happens; the others, who and what is there."""

SIZES: Final[Mapping[str, int]] = {
    "school": 1,
    "term": len(TERMS),
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
    "learning_daily": 295_000,
    "assignment_submission": 172_500,
    "teaching_evaluation": 64_500,
    "survey_answer": 75_000,
    "fitness_test": 144_000,
    "dorm_check": 110_000,
    "internship_report": 36_000,
    "asset_item": 25_000,
    "asset_event": 18_000,
    "affair_case": 115_000,
    "library_loan": 120_000,
    "card_event": 150_000,
    "login_event": 60_000,
    "club_activity": 45_000,
}


class College:
    """Writes the records of every entity.

    Args:
        scale: share of the scale model's rows of what happens; who and what is there stays.
    """

    def __init__(self, dictionary: Dictionary, scale: float = 1.0) -> None:
        self._dictionary = dictionary
        self._scale = scale

    async def fill(
        self, base: "asyncpg.Connection[Any]", only: Collection[str] | None = None
    ) -> int:
        """Write them, or those of some entities; return how many."""
        await base.execute(_TERMS)
        written = 0
        for entity in self._dictionary.entities.values():
            is_left_out = only is not None and entity.name not in only
            if entity.is_raw or entity.name == "term" or is_left_out:
                continue
            done = await base.execute(self._statement(entity), timeout=3600)
            written += int(done.rpartition(" ")[2])
            await base.execute(f'VACUUM ANALYZE "{table_name(entity.name)}"', timeout=3600)
        return written

    def size_of(self, entity: str) -> int:
        """Return the rows of an entity."""
        size = SIZES.get(entity, OTHERS)
        return max(1, round(size * self._scale)) if size > SCALED_FROM else size

    def _statement(self, entity: Entity) -> str:
        values = dict(self._values(entity))
        key = " || '/' || ".join(f"({values[name]})" for name in entity.key)
        names = "".join(f', "{name}"' for name in values)
        return (
            f'INSERT INTO "{table_name(entity.name)}"'
            f" (key{names}, version, observed, batch, line)"
            f" SELECT {key}, {', '.join(values.values())}, 1, 0, 1, i"
            f" FROM generate_series(0, {self.size_of(entity.name) - 1}) i"
            " ON CONFLICT (key) DO NOTHING"
        )

    def _values(self, entity: Entity) -> Iterator[tuple[str, str]]:
        """Yield the name and the SQL of each field; ``i`` is the number of the row."""
        step = 1
        for salt, field in enumerate(entity.fields.values()):
            number = f"(hashint8extended(i, {salt}) & 2147483647)"
            if field.name in entity.key and step < self.size_of(entity.name):
                number = f"(i / {step})"
                step *= self._choices(field, entity)
            value = self._value(field, entity, number)
            if value is not None:
                yield field.name, value

    def _choices(self, field: Field, entity: Entity) -> int:
        if entity.key == (field.name,):
            return self.size_of(entity.name)
        if field.ref is not None:
            return self.size_of(field.ref)
        by_type = {FieldType.DATE: DAYS, FieldType.TEXT: OTHERS, FieldType.TIMESTAMP: DAYS * 1440}
        return len(field.values) or by_type.get(field.type, 1)

    def _value(self, field: Field, entity: Entity, number: str) -> str | None:
        """Return the SQL of a value; None leaves the field empty."""
        if field.refers_to:
            key = self._key(field.refers_to, number)
            return f"ARRAY[{key}]" if field.type is FieldType.LIST else key
        if field.type is FieldType.CODE:
            codes = self._dictionary.code_sets[field.code_set or ""].codes.values()
            return _one_of(sorted(each.code for each in codes)[:20], number)
        if field.type is FieldType.TEXT and entity.key == (field.name,):
            return self._key(entity.name, number)
        is_open = field.name == "valid_to" or field.type is FieldType.LIST
        return None if is_open else _plain(field, number)

    def _key(self, entity: str, number: str) -> str:
        match entity:
            case "term":
                return _one_of(TERMS, number)
            case "school":
                return "'19001'"
            case _ if len(self._dictionary.entities[entity].key) > 1:
                return "NULL"
            case _:
                return f"'{entity[:4]}' || {number} % {self.size_of(entity)}"


def _plain(field: Field, number: str) -> str:
    low, high = int(field.min or 0), int(field.max or 100)
    by_type = {
        FieldType.BOOLEAN: f"{number} % 10 < 7",
        FieldType.DATE: f"date '{FIRST_DAY}' + ({number} % {DAYS})::int",
        FieldType.TIMESTAMP: (
            f"timestamptz '{FIRST_DAY} 08:00+08' + {number} % {DAYS * 1440} * interval '1 min'"
        ),
        FieldType.INTEGER: f"{low} + {number} % {high - low + 1}",
        FieldType.DECIMAL: f"{low} + {number} % {high - low + 1}",
        FieldType.TEXT: f"'t' || {number} % {OTHERS}",
    }
    return _one_of(field.values, number) if field.values else by_type[field.type]


def _one_of(values: Sequence[str], number: str) -> str:
    texts = ", ".join(f"'{each}'" for each in values)
    return f"(ARRAY[{texts}])[1 + {number} % {len(values)}]"


_TERMS: Final = """
INSERT INTO record_term (key, term, academic_year, starts_on, ends_on, teaching_weeks, version,
                         observed, batch, line)
SELECT t, t, left(t, 9), s::date, e::date, 18, 1, 0, 1, 1
  FROM (VALUES ('2025-2026-1', '2025-09-01', '2026-01-25'),
               ('2025-2026-2', '2026-03-01', '2026-07-12'),
               ('2026-2027-1', '2026-09-01', '2027-01-24')) x (t, s, e)
    ON CONFLICT (key) DO NOTHING
"""
