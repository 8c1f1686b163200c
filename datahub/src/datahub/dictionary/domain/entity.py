"""Canonical entities and their fields, and the dictionary that holds them.

Source: design "Data hub" 1; national dictionary 数字基座高职 V3.0.2 and JY/T 1001.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final, NamedTuple

from datahub.dictionary.domain.code_rows import unambiguous
from datahub.dictionary.domain.code_set import CodeSet
from datahub.dictionary.domain.errors import CodeSetUnknownError, EntityUnknownError
from datahub.dictionary.domain.national import NationalTable
from datahub.dictionary.domain.privacy import Privacy

VALIDITY: Final = ("valid_from", "valid_to")
"""Fields of an entity that is effective dated; the interval is half-open."""

EXT: Final = "ext"
"""Column of the records that keeps what the college added; prefix of its fields' names."""


def is_ext(name: str) -> bool:
    """Whether a field is one of the college's."""
    return name.startswith(f"{EXT}.")


class FieldType(StrEnum):
    """How a field's value is kept."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    CODE = "code"
    ENUM = "enum"
    LIST = "list"


_READS: Final[Mapping[FieldType, Callable[[str], bool]]] = {
    FieldType.INTEGER: lambda text: -(1 << 63) <= int(text) < 1 << 63,
    FieldType.DECIMAL: lambda text: Decimal(text).is_finite(),
    FieldType.BOOLEAN: lambda text: text in {"true", "false"},
    FieldType.DATE: lambda text: date.fromisoformat(text).isoformat() == text,
    FieldType.TIMESTAMP: lambda text: datetime.fromisoformat(text).tzinfo is not None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysOf:
    """Whose keys stand in a field, where another field of the record says it."""

    by: str
    entities: Mapping[str, str] = field(hash=False)
    """Entity by the word of that field; another word names nobody that has a record."""

    def words(self, entity: str) -> tuple[str, ...]:
        """Return the words by which the keys are those of an entity."""
        return tuple(word for word, name in self.entities.items() if name == entity)


class ValueLabel(NamedTuple):
    """What a word of an enumeration is called."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an entity."""

    name: str
    type: FieldType
    zh: str
    en: str = ""
    required: bool = False
    max_length: int | None = None
    """Characters."""

    unit: str | None = None
    """Of a number: formulas that reckon with it are checked by it."""

    min: Decimal | None = None
    max: Decimal | None = None
    code_set: str | None = None
    values: tuple[str, ...] = ()
    """The words of an enumeration."""

    labels: Mapping[str, ValueLabel] = field(default_factory=dict, hash=False)
    """What these words are called; a college's own fields have none."""

    ref: str | None = None
    """Entity whose record key stands in this field."""

    refs: str | None = None
    """Entity whose record keys stand in this list."""

    keys_of: KeysOf | None = None

    parent: bool = False
    """A record waits until the record it refers to exists."""

    index: bool = False
    """Readers filter by it; references and what the key begins with are indexed anyway."""

    privacy: Privacy = Privacy.INTERNAL

    @property
    def refers_to(self) -> str | None:
        """Return the entity whose record keys stand here, one or many."""
        return self.ref or self.refs

    @property
    def is_closed(self) -> bool:
        """Whether the value leaves the hub only for a named purpose."""
        return self.privacy.is_closed

    def holds(self, text: str) -> bool:
        """Return whether ``text`` is a value of this field, in the form in which it is kept."""
        try:
            return self._reads(text)
        except (ValueError, InvalidOperation):
            return False

    def _reads(self, text: str) -> bool:
        reads = _READS.get(self.type)
        if self.type is FieldType.ENUM:
            return text in self.values
        return reads is None or (text.isascii() and reads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRule:
    """How the records of an entity are 诊改对象. What it names are fields of the entity."""

    kind: str
    name: str
    name_en: str | None = None
    parents: Mapping[str, str] = field(default_factory=dict)
    """Field that holds the key of the parent, by the parent's scope kind; ``ref.field`` is the
    field of the record that ``ref`` refers to."""

    owners: Mapping[str, str] = field(default_factory=dict)
    """Field that names who answers for it, by the role in which they do; the first one leads. A
    field may hold a list."""

    tags: tuple[str, ...] = ()
    """Fields that sort scopes of a kind: one that is true gives its name, else ``name:value``."""

    valid_from: str | None = None
    valid_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointRule:
    """How the records of an entity make somebody answer for a scope of another one."""

    person: str
    role: str
    """Field that holds the role; without a value nobody is appointed."""

    scopes: Mapping[str, str]
    """Field that holds the key of the scope, by its kind: the first one that has a value."""

    valid_from: str
    valid_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRule:
    """For which 诊改对象 and periods indicators count the records of an entity.

    A path is a field, or steps along references by the entity that is stepped to, and a field:
    ``student.major.org_code``. Every record counts for the school. Source: design "Indicators" 1.
    """

    scopes: Mapping[str, str] = field(default_factory=dict)
    """Path to the key of the scope, by its kind."""

    periods: Mapping[str, str] = field(default_factory=dict)
    """Path to the period, by what stands there: ``term``, ``month``, ``year``, or a ``date``, which
    has a day, month, year, term and academic year. Without any the records are a stock: they count
    for the present period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A kind of record: its fields and its natural key."""

    name: str
    zh: str
    en: str
    key: tuple[str, ...]
    fields: Mapping[str, Field]
    ext: Mapping[str, Field] = field(default_factory=dict)
    """Fields that the college added: they live in the column ``ext``, never in one of their own."""

    scope: ScopeRule | None = None
    appoints: AppointRule | None = None
    counts: CountRule = field(default_factory=CountRule)
    systems: tuple[str, ...] = ()
    """Systems of record, the leading one first."""

    rhythm: str = ""
    """How often it changes: ``realtime daily weekly monthly term yearly rare``."""

    levels: tuple[str, ...] = ()
    national: tuple[str, ...] = ()
    """Tables of the national dictionary that it feeds."""

    is_raw: bool = False
    """Kept event by event and for a time, apart from the records: no feed maps it, no indicator
    counts it, the change feed does not tell of it. Source: our default."""

    @property
    def indexed(self) -> tuple[Field, ...]:
        """Fields that records can be found by, cheaply.

        Every reference is one, also one of a list, and what the key begins with.
        """
        return tuple(
            each
            for each in self.fields.values()
            if each.refers_to or each.keys_of or each.index or self.key[0] == each.name
        )

    def find(self, name: str) -> Field | None:
        """Return a field by the name that readers and writers use; the college's by ``ext.hobby``.

        The field bears that name. None where there is none.
        """
        if not is_ext(name):
            return self.fields.get(name)
        own = self.ext.get(name.removeprefix(f"{EXT}."))
        return None if own is None else replace(own, name=name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all fields, the college's among them."""
        return (*self.fields, *(f"{EXT}.{name}" for name in self.ext))

    @property
    def is_dated(self) -> bool:
        """Whether its records say from when to when they are in force."""
        return set(VALIDITY) <= self.fields.keys()

    @property
    def state_of(self) -> tuple[str, ...]:
        """Fields of what has one state at a time, of which the records are the states.

        An appointment is none: somebody may have several.
        """
        begin, _ = VALIDITY
        if not self.is_dated or self.appoints is not None or begin not in self.key:
            return ()
        return tuple(name for name in self.key if name != begin)

    @property
    def open_ext(self) -> tuple[str, ...]:
        """Names of the college's fields that may leave the hub unasked."""
        return tuple(name for name, each in self.ext.items() if not each.is_closed)

    @property
    def is_closed(self) -> bool:
        """Whether the key itself says of a person what may not leave the hub unasked."""
        return any(self.fields[name].is_closed for name in self.key)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """All entities, code sets and national tables of one version."""

    entities: Mapping[str, Entity]
    code_sets: Mapping[str, CodeSet]
    tables: Mapping[str, NationalTable] = field(default_factory=dict)
    short_forms: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """For each code set, short forms of labels that are in use, with their codes."""

    version: int = 0
    """0 for the dictionary as shipped, which nobody published."""

    base: str = ""
    """Which shipped dictionary it rests on."""

    as_of: date = date.max
    """The day by which codes are writable: that of the publication."""

    def entity(self, name: str) -> Entity:
        """Return an entity.

        Raises:
            EntityUnknownError: there is none of that name.
        """
        entity = self.entities.get(name)
        if entity is None:
            raise EntityUnknownError(
                f"数据字典没有实体 {name}",
                f"the dictionary has no entity {name}",
                fixes=[", ".join(sorted(self.entities))],
            )
        return entity

    def code_set(self, name: str) -> CodeSet:
        """Return a code set.

        Raises:
            CodeSetUnknownError: there is none of that id.
        """
        code_set = self.code_sets.get(name)
        if code_set is None:
            raise CodeSetUnknownError(
                f"数据字典没有代码集 {name}",
                f"the dictionary has no code set {name}",
                fixes=["GET /api/datahub/v1/code-sets"],
            )
        return code_set

    def writable(self, code_set: str) -> frozenset[str]:
        """Return the codes that a source may write."""
        return self.code_sets[code_set].writable(self.as_of)

    def tell_retired(self, code_set: str | None, text: str) -> tuple[str, str] | None:
        """Say, in two languages, that a text names a retired code and what followed it."""
        if code_set is None or code_set not in self.code_sets:
            return None
        known = self.code_sets[code_set]
        code = known.find_retired(text, self.as_of)
        return None if code is None else known.tell_retired(code, self.as_of)

    def tell_word(self, code_set: str | None, text: str) -> tuple[str, str] | None:
        """Say why a text is the word of no code that may be written: a retired one, or several."""
        retired = self.tell_retired(code_set, text)
        if retired or code_set is None or code_set not in self.code_sets:
            return retired
        english, chinese = self._words(code_set)
        for words in (chinese, english):
            codes = sorted({code for word, code in words if word == text})
            if len(codes) > 1:
                zh, en = "、".join(codes), ", ".join(codes)
                return (
                    f"“{text}”有歧义，是 {zh} 共同的名称；在约定的 codes 中写明是哪一个",
                    f"“{text}” is ambiguous, it names {en}; say which in codes of the feed",
                )
        return None

    def labels(self, code_set: str) -> Mapping[str, str]:
        """Return the writable code by its labels, English ones too, and by its short forms."""
        english, chinese = self._words(code_set)
        return {**unambiguous(english), **unambiguous(chinese)}

    def _words(self, code_set: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Return the writable codes by words: English labels; Chinese ones with short forms."""
        writable = self.writable(code_set)
        codes = [each for each in self.code_sets[code_set].codes.values() if each.code in writable]
        short = [pair for pair in self.short_forms.get(code_set, ()) if pair[1] in writable]
        english = [(each.en, each.code) for each in codes if each.en]
        return english, [*((each.zh, each.code) for each in codes), *short]


DOT_SEGMENT: Final = r"(^|/)\.{1,2}(/|$)"
"""What every client takes out of an address, with what stands before it: in no key.

Source: RFC 3986, 5.2.4.
"""


def record_key(parts: list[str]) -> str:
    """Join the parts of a natural key with ``/``; a ``/`` or ``%`` inside a part is escaped.

    A key of one part stands as it is: references hold it in that form too.
    """
    if len(parts) == 1:
        return parts[0]
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)
