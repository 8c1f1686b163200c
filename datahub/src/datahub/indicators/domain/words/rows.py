"""What a formula says of one record, in words. Source: design "Indicators" 3."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from datahub.dictionary.domain.entity import Dictionary, FieldType
from datahub.dictionary.domain.kind import Kind
from datahub.indicators.domain.row import NULL_TEST, Operation, Path, Row, Value, read_paths


class Words(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str


FORMS: Final[Mapping[str, Words]] = {
    "=": Words("{0}等于{1}", "{0} equals {1}"),
    "!=": Words("{0}不等于{1}", "{0} differs from {1}"),
    "<": Words("{0}小于{1}", "{0} is below {1}"),
    "<=": Words("{0}小于等于{1}", "{0} is at most {1}"),
    ">": Words("{0}大于{1}", "{0} is above {1}"),
    ">=": Words("{0}大于等于{1}", "{0} is at least {1}"),
    "and": Words("{0}且{1}", "{0} and {1}"),
    "or": Words("{0}或{1}", "{0} or {1}"),
    "not": Words("并非{0}", "not {0}"),
    "+": Words("{0} + {1}", "{0} + {1}"),
    "-": Words("{0} − {1}", "{0} − {1}"),
    "*": Words("{0} × {1}", "{0} × {1}"),
    "/": Words("{0} ÷ {1}", "{0} ÷ {1}"),
    "%": Words("{0} 除以 {1} 的余数", "{0} modulo {1}"),
    "^": Words("{0} 的 {1} 次方", "{0} to the power of {1}"),
    "neg": Words("−{0}", "−{0}"),
    "abs": Words("{0}的绝对值", "the absolute value of {0}"),
    "if": Words("若{0}则{1}，否则{2}", "{1} if {0}, else {2}"),
    "today": Words("当天", "the present day"),
    "days": Words("从{1}到{0}的天数", "the days from {1} to {0}"),
}
_OF_RECORDS: Final[Mapping[str, Words]] = {
    "=": Words("{0}为{1}", "{0} is {1}"),
    "!=": Words("{0}不为{1}", "{0} is not {1}"),
}
_MANY: Final[Mapping[str, Words]] = {
    "greatest": Words("{0}中最大的", "the greatest of {0}"),
    "least": Words("{0}中最小的", "the least of {0}"),
}
_JOINED: Final = frozenset(
    {"=", "!=", "<", "<=", ">", ">=", "and", "or", "+", "-", "*", "/", "%", "^", "neg", "if"}
)
"""What is put into brackets where it stands within something else."""

_COMPARED: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})


def formed(op: str, parts: Sequence[Words]) -> Words:
    """Return what an operation makes of its parts."""
    if op in _MANY:
        return _filled(_MANY[op], [listed(parts)])
    return _filled(FORMS[op], parts)


def listed(parts: Iterable[Words]) -> Words:
    """Return things one after the other."""
    found = list(parts)
    return Words("、".join(each.zh for each in found), ", ".join(each.en for each in found))


def bracketed(words: Words) -> Words:
    """Return a part of something larger."""
    return Words(f"（{words.zh}）", f"({words.en})")


def holding(words: Words) -> Words:
    """Return that a field which is true or false is true: 在校, not 是否在校为是."""
    return Words(words.zh.replace("是否", ""), words.en)


def is_joined(op: str, within: str) -> bool:
    """Return whether an operation needs brackets where it stands within another one."""
    is_flat = op == within and op in {"and", "or", "+", "*"}
    is_compared = within in {"and", "or", "if"} and op in _COMPARED
    return op in _JOINED and not is_flat and not is_compared


def _filled(form: Words, parts: Sequence[Words]) -> Words:
    return Words(
        form.zh.format(*(each.zh for each in parts)), form.en.format(*(each.en for each in parts))
    )


class RowWords:
    """Tells what is said of one record."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary

    def row(self, row: Row) -> Words:
        """Return an expression in words."""
        match row:
            case Path():
                return self.path(row)
            case Value(kind, text):
                return _constant(kind, text)
            case Operation():
                return self._operation(row)

    def path(self, path: Path) -> Words:
        """Return a field, with the records that its references lead to."""
        entities = [self._dictionary.entities[step.entity] for step in path.steps]
        # What stands in brackets behind a name lists its values, or says its unit.
        field = path.field.zh.partition("（")[0]
        zh = "的".join([*(each.zh for each in entities), field])
        name = path.field.en.lower() or path.field.name
        return Words(zh, " of ".join([name, *(each.en.lower() for each in reversed(entities))]))

    def _asked(self, row: Row) -> tuple[Words, str]:
        """Return the fields of which it is asked whether they are known, and their English verb."""
        paths = dict.fromkeys(read_paths(row))
        return listed(map(self.path, paths)), "is" if len(paths) == 1 else "are"

    def _operation(self, row: Operation) -> Words:
        match row:
            case Operation("in"):
                return self._among(row, Words("为", "is one of"))
            case Operation("weight"):
                return self._weight(row)
            case Operation(op, _, (tested, *_)) if op == NULL_TEST:
                fields, verb = self._asked(tested)
                return Words(f"没有{fields.zh}", f"{fields.en} {verb} not known")
            case Operation("not", _, (Operation("in" | "is_null") as inside,)):
                return self._negated(inside)
            case _:
                parts = [self._part(row, each) for each in row.operands]
                form = _OF_RECORDS.get(row.op)
                return _filled(form, parts) if form else formed(row.op, parts)

    def _negated(self, row: Operation) -> Words:
        if row.op == "in":
            return self._among(row, Words("不为", "is none of"))
        fields, verb = self._asked(row.operands[0])
        return Words(f"有{fields.zh}", f"{fields.en} {verb} known")

    def _among(self, row: Operation, verb: Words) -> Words:
        of, *some = (self._part(row, each) for each in row.operands)
        told = listed(some)
        return Words(f"{of.zh}{verb.zh}{told.zh}之一", f"{of.en} {verb.en} {told.en}")

    def _weight(self, row: Operation) -> Words:
        of, *others = row.operands
        pairs = zip(others[::2], others[1::2], strict=True)
        told = [(self._part(row, value), self.row(weight)) for value, weight in pairs]
        each = listed(Words(f"{a.zh}计{b.zh}", f"{a.en}: {b.en}") for a, b in told)
        weighed = self._part(row, of)
        return Words(f"{weighed.zh}的权重（{each.zh}）", f"the weight of {weighed.en} ({each.en})")

    def _part(self, whole: Operation, part: Row) -> Words:
        if isinstance(part, Value):
            return self._value(whole, part)
        words = self.row(part)
        is_condition = whole.op in {"and", "or", "not"} or (
            whole.op == "if" and part is whole.operands[0]
        )
        if isinstance(part, Path) and is_condition and part.kind is Kind.BOOLEAN:
            return holding(words)
        if isinstance(part, Operation) and is_joined(part.op, whole.op):
            return bracketed(words)
        return words

    def _value(self, whole: Operation, value: Value) -> Words:
        """Return a constant; of a code or a word of an enumeration, what it stands for."""
        field = whole.operands[0].field if isinstance(whole.operands[0], Path) else None
        if field is not None and value.text in field.labels:
            return Words(*field.labels[value.text])
        if field is not None and field.type is FieldType.CODE and field.code_set:
            code = self._dictionary.code_sets[field.code_set].codes.get(value.text)
            if code is not None:
                en = f"{code.en} ({code.code})" if code.en else f"code {code.code}"
                return Words(f"{code.zh}（{code.code}）", en)
        return _constant(value.kind, value.text)


def _constant(kind: Kind, text: str) -> Words:
    match kind:
        case Kind.TEXT:
            return Words(f"“{text}”", f"“{text}”")
        case Kind.BOOLEAN:
            return Words("是" if text == "true" else "否", text)
        case _:
            return Words(text, text)
