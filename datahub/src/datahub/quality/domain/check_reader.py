"""Read the parts of a rule's document by their shape. Source: contract "Errors" (all at once)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from datahub.dictionary.domain.document import Faults
from datahub.dictionary.domain.entity import Dictionary, Entity, Field, FieldType
from datahub.quality.domain.check import Condition
from datahub.quality.domain.expression import no_field

NUMERIC: Final = frozenset({FieldType.INTEGER, FieldType.DECIMAL})
TEXTUAL: Final = frozenset({FieldType.TEXT, FieldType.CODE, FieldType.ENUM})
DATED: Final = frozenset({FieldType.DATE, FieldType.TIMESTAMP})
ANY: Final = frozenset(FieldType)
COMPARABLE: Final = ANY - {FieldType.LIST}
OPERATORS: Final = frozenset({"=", "!=", "<", "<=", ">", ">=", "in"})
NULL_TESTS: Final = frozenset({"is_null", "not_null"})


class CheckReader:
    """Reads the parts of a rule's document by their shape."""

    def __init__(
        self, entity: Entity, dictionary: Dictionary, spec: Mapping[str, Any], faults: Faults
    ) -> None:
        self.entity = entity
        self.dictionary = dictionary
        self.spec = spec
        self.faults = faults

    def field(
        self, place: str, name: object, types: frozenset[FieldType], *, is_shown: bool = False
    ) -> Field | None:
        """Return a field of one of some types.

        Args:
            is_shown: its values are shown with the outcome, so that a closed field is refused.
        """
        field = self.entity.find(name) if isinstance(name, str) else None
        if field is None:
            self.faults.add(place, no_field(self.entity, name))
        elif field.type not in types:
            allowed = "、".join(sorted(types))
            self.faults.add(place, f"{field.name} 的类型须为 {allowed} (its type does not fit)")
        elif is_shown and field.is_closed:
            self.faults.add(place, f"{field.name} 是受限字段，不能分组 (a closed field)")
        else:
            return field
        return None

    def fields(self, place: str, value: object, *, is_shown: bool) -> tuple[Field, ...] | None:
        """Return several fields; None where one of them cannot be."""
        names = self.faults.words(place, value)
        found = [
            self.field(f"{place}[{number}]", name, COMPARABLE, is_shown=is_shown)
            for number, name in enumerate(names)
        ]
        if len(set(names)) < len(names):
            self.faults.add(place, "字段重复 (a field twice)")
        kept = tuple(each for each in found if each is not None)
        return kept if len(kept) == len(found) else None

    def own(self, types: frozenset[FieldType]) -> Field | None:
        """Return the field that the rule is about."""
        return self.field("$.field", self.spec.get("field"), types)

    def at_least(self, name: str, least: int, default: int) -> int:
        """Return a whole number that is not too small."""
        value = self.faults.whole(f"$.{name}", self.spec.get(name, default))
        if value is None or not least <= value < 1 << 31:
            self.faults.add(f"$.{name}", f"须为不小于 {least} 的整数 (a whole number from {least})")
            return default
        return value

    def positive(self, name: str, default: str | None = None) -> Decimal | None:
        """Return a number above 0."""
        value = self.faults.number(f"$.{name}", self.spec.get(name, default))
        if value is None or value <= 0:
            self.faults.add(f"$.{name}", "须为正数 (a number above 0)")
            return None
        return value

    def conditions(self, place: str, where: object) -> tuple[Condition, ...]:
        """Return which rows are meant."""
        if not isinstance(where, list):
            self.faults.add(place, "须为列表 (a list)")
            return ()
        found = [self._condition(f"{place}[{n}]", each) for n, each in enumerate(where)]
        return tuple(each for each in found if each is not None)

    def _condition(self, place: str, spec: object) -> Condition | None:
        match spec:
            case [name, str(op)] if op in NULL_TESTS:
                field = self.field(place, name, ANY)
                return Condition(field, op, ()) if field else None
            case [name, str(op), value] if op in OPERATORS:
                field = self.field(place, name, COMPARABLE)
                if field is None:
                    return None
                values = value if op == "in" and isinstance(value, list) else [value]
                read = [self.value(place, field, each) for each in values]
                return Condition(field, op, tuple(each for each in read if each is not None))
            case _:
                operators = " ".join([*sorted(OPERATORS), *sorted(NULL_TESTS)])
                self.faults.add(
                    place,
                    f"须为 [字段, 比较符, 值] 或 [字段, 空值检查]，可用：{operators}"
                    " ([field, operator, value] or [field, null test])",
                )
                return None

    def value(self, place: str, field: Field, value: object) -> str | None:
        """Return a value as the field keeps it."""
        text = self.faults.text(place, value)
        if text is not None and field.type is FieldType.DECIMAL:
            number = self.faults.number(place, value)
            return None if number is None else f"{number:f}"
        if text is None:
            self.faults.add(place, "缺少值 (needs a value)")
        elif not field.holds(text) or "\0" in text:
            self.faults.add(
                place, f"{field.name} 没有取值 {value!r} ({value!r} is none of its values)"
            )
        elif field.code_set and text not in self.dictionary.code_sets[field.code_set].codes:
            self.faults.add(place, f"{value!r} 不在代码集中 ({value!r} is not in the code set)")
        else:
            return text
        return None
