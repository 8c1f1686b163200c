"""Read the parts of a field's mapping that only one parser needs.

Source: design "Data hub" 2; every key is explained in ``datahub/FEEDS.md``.
"""

import re
from dataclasses import replace
from datetime import date
from typing import Any, Final

from datahub.dictionary.domain.document import Faults
from datahub.dictionary.domain.entity import Dictionary, Entity, Field, FieldType
from datahub.ingest.domain import terms
from datahub.ingest.domain.feed import DayZero, IdRules, Lookup, TermStyle
from datahub.ingest.domain.parsing import NAMED_FORMATS

REGIONS: Final = "gbt_2260"
"""Code set of the regions that are, and of those that once were."""

_TEXTUAL: Final = frozenset({FieldType.TEXT, FieldType.CODE, FieldType.ENUM})
_DIRECTIVE: Final = re.compile(r"%(\.f|.|$)")
_DIRECTIVES: Final = frozenset({"Y", "y", "m", "d", "H", "M", "S", ".f"})
_TERM_KEYS: Final = frozenset({"style", "pattern", "terms", "previous_year", "gives"})
_ID_KEYS: Final = frozenset({"type_from", "types", "sex", "birth_date"})


class ParserOptions:
    """Reads what only one parser needs."""

    def __init__(self, entity: Entity, dictionary: Dictionary, faults: Faults) -> None:
        self._entity = entity
        self._dictionary = dictionary
        self._faults = faults

    def formats(self, place: str, value: object) -> tuple[str, ...]:
        """Return forms of a date; one that could never be read is a fault."""
        formats = self._faults.words(place, value)
        for form in formats:
            used = set(_DIRECTIVE.findall(form))
            is_form = bool(used) and used <= _DIRECTIVES and ("H" in used) == ("M" in used)
            if form not in NAMED_FORMATS and not is_form:
                known = "%Y %y %m %d %H %M %S %.f"
                words = "、".join(NAMED_FORMATS)
                reason = f"{form!r}：可用 {known}，或 {words} (these, or these words)"
                self._faults.add(place, reason)
        return formats

    def term(self, place: str, value: object) -> TermStyle:
        """Return how terms are written: a style by its name, or changed in parts."""
        faults = self._faults
        spec = faults.table(place, value)
        faults.known(place, spec, _TERM_KEYS)
        named = faults.choice(f"{place}.style", spec.get("style"), terms.STYLES)
        style = terms.STYLES[named or "national"]
        words = {
            word: faults.text(f"{place}.terms", number) or ""
            for word, number in faults.table(f"{place}.terms", spec.get("terms")).items()
        }
        earlier = faults.words(f"{place}.previous_year", spec.get("previous_year"))
        style = replace(
            style,
            patterns=faults.words(f"{place}.pattern", spec.get("pattern")) or style.patterns,
            terms=words or style.terms,
            previous_year=frozenset(earlier) or style.previous_year,
            gives=faults.choice(f"{place}.gives", spec.get("gives"), terms.GIVES) or "term",
        )
        self._check_term(place, style)
        return style

    def _check_term(self, place: str, style: TermStyle) -> None:
        if not set(style.terms.values()) <= set("123456789"):
            self._faults.add(f"{place}.terms", "学期序号须为 1–9 (terms are numbered 1 to 9)")
        for pattern in style.patterns:
            if problem := terms.problem_of(pattern, style.gives):
                self._faults.add(f"{place}.pattern", f"{pattern}：{problem}")

    def id_rules(self, place: str, value: object) -> IdRules:
        """Return what a citizen's number is held against."""
        faults = self._faults
        spec = faults.table(place, value)
        faults.known(place, spec, _ID_KEYS)
        types = faults.words(f"{place}.types", spec.get("types"))
        if bool(types) != ("type_from" in spec):
            faults.add(place, "type_from 与 types 须同时给出 (both or neither)")
        agreeing = {
            name: faults.text(f"{place}.{name}", spec.get(name)) for name in ("sex", "birth_date")
        }
        for name, field in agreeing.items():
            if field is not None and field not in self._entity.fields:
                faults.add(f"{place}.{name}", "没有这个字段 (no such field)")
        return IdRules(
            regions=frozenset(self._dictionary.code_sets[REGIONS].codes),
            type_column=faults.text(f"{place}.type_from", spec.get("type_from")),
            types=frozenset(types),
            **agreeing,
        )

    def day0(self, place: str, day0: object) -> DayZero | None:
        """Return the day that a count of days starts from."""
        match day0:
            case None:
                return None
            case str() | date():
                return DayZero(constant=self._faults.day(place, day0))
            case {"from": str(column), "codes": dict(codes)}:
                days = {raw: self._faults.day(place, day) for raw, day in codes.items()}
                return DayZero(column=column, codes=days)
            case {"lookup": entity, "key": key, "take": take}:
                spec = {"entity": entity, "key": key, "take": take}
                return DayZero(lookup=self.lookup(place, None, spec))
            case _:
                self._faults.add(place, "须为日期、{from, codes} 或 {lookup, key, take}")
                return None

    def lookup(self, place: str, target: Field | None, value: object) -> Lookup | None:
        """Return a lookup whose value goes into ``target``; None wants a date, a day 0."""
        if value is None:
            return None
        spec: Any = self._faults.table(place, value)
        entity = self._dictionary.entities.get(str(spec.get("entity")))
        taken = entity.fields.get(str(spec.get("take"))) if entity else None
        if entity is None or taken is None:
            self._faults.add(place, "entity 或 take 未知 (unknown entity or field)")
            return None
        wanted = target.type if target else FieldType.DATE
        if taken.type is not wanted and not {taken.type, wanted} <= _TEXTUAL:
            self._faults.add(place, f"{taken.name} 的类型不符 (its type does not fit the field)")
        key = self._faults.words(f"{place}.key", spec.get("key"))
        if len(key) != len(entity.key):
            self._faults.add(f"{place}.key", f"须有 {len(entity.key)} 列 (as many columns)")
        return Lookup(entity=entity.name, key=key, take=taken.name)
