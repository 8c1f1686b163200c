"""What a formula says of one row: names become fields, constants get the kind they are held to.

Whatever passes can be measured: a comparison that PostgreSQL would refuse is a fault here, for
one such definition would hold up the measuring of all. Source: design "Indicators" 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Final

from datahub.dictionary.domain.entity import Dictionary, Entity, Field, FieldType
from datahub.dictionary.domain.kind import Kind
from datahub.indicators.domain.formula import syntax
from datahub.indicators.domain.formula.folding import refuse_zero
from datahub.indicators.domain.formula.syntax import Expression, FormulaError
from datahub.indicators.domain.row import (
    NULL_TEST,
    TODAY,
    Operation,
    Path,
    Row,
    Step,
    Value,
)

_ARITHMETIC: Final = frozenset({"+", "-", "*", "/", "%"})
_ORDERED: Final = frozenset({"<", "<=", ">", ">="})
_ALIKE: Final = ({Kind.DAY, Kind.INSTANT},)
MAX_EXPONENT: Final = 9
MAX_EXPONENTS: Final = 81
"""Of powers of powers, multiplied: PostgreSQL cannot be interrupted within one multiplication."""

SHOWN: Final = 8
"""Names that a remedy lists."""

MAX_STEPS: Final = 3
"""References that a path follows, one after the other."""

_NAMES: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.NUMBER: ("数值", "a number"),
    Kind.DAY: ("日期", "a day"),
    Kind.INSTANT: ("时刻", "an instant"),
    Kind.TEXT: ("文本或代码", "a text or code"),
    Kind.BOOLEAN: ("是否", "true or false"),
}
_WRITTEN: Final = {Kind.DAY: "2026-09-01", Kind.INSTANT: "2026-09-01T08:00:00+08:00"}
"""How a constant is written that is no number, text or truth."""


def path_of(dictionary: Dictionary, entity: Entity, name: str) -> Path | str:
    """Return the field that a name stands for, or some steps along references; else why not."""
    *heads, last = name.split(".")
    steps: list[Step] = []
    here = entity
    for head in heads:
        step = _step(here, head)
        if step is None or step.entity not in dictionary.entities or len(steps) == MAX_STEPS:
            return _no_way(entity, name, here)
        steps.append(step)
        here = dictionary.entities[step.entity]
    field = here.fields.get(last)
    if field is None:
        return _no_field(here, last)
    return Path(field, tuple(steps))


def _no_field(entity: Entity, name: str) -> str:
    """Say that an entity has no such field, and which may be meant."""
    near = get_close_matches(name, entity.fields) or [*entity.fields][:SHOWN]
    return (
        f"{entity.name} 没有字段 {name}，可用：{'、'.join(near)} 等"
        f" ({entity.name} has no field {name}; there are {', '.join(near)}, …)"
    )


def _no_way(entity: Entity, name: str, here: Entity) -> str:
    """Say that no reference leads there, and which lead on from where it ends."""
    found = [each.ref for each in here.fields.values() if each.ref is not None]
    on = sorted(set(found))[:SHOWN]
    zh = f"{here.name} 可引到 {'、'.join(on)}" if on else f"{here.name} 不引到任何实体"
    en = f"{here.name} leads to {', '.join(on) or 'nothing'}"
    return (
        f"{entity.name} 到不了 {name}；{zh}，至多 {MAX_STEPS} 步"
        f" (no path leads from {entity.name} to {name}; {en}, {MAX_STEPS} steps at most)"
    )


def _step(entity: Entity, head: str) -> Step | None:
    """Return the reference that a name stands for: its field, or the entity that it leads to."""
    own = entity.fields.get(head)
    if own is None or own.ref is None:
        own = next((each for each in entity.fields.values() if each.ref == head), None)
    return Step(own.name, str(own.ref)) if own else None


class Rows:
    """Reads what is said of the rows of one entity."""

    def __init__(self, dictionary: Dictionary, entity: Entity) -> None:
        self._dictionary = dictionary
        self._entity = entity

    def number(self, tree: Expression) -> Row:
        """Return an expression that is a number.

        Raises:
            FormulaError: it is none, or names what there is not.
        """
        return self._of_kind(tree, Kind.NUMBER)

    def condition(self, tree: Expression) -> Row:
        """Return an expression that is true or false.

        Raises:
            FormulaError: it is none, or names what there is not.
        """
        return self._of_kind(tree, Kind.BOOLEAN)

    def any(self, tree: Expression) -> Row:
        """Return an expression of whatever kind.

        Raises:
            FormulaError: it names what there is not.
        """
        match tree:
            case syntax.Name(at=at, value=name):
                return self._named(at, name)
            case syntax.Number(value=value):
                return Value(Kind.NUMBER, f"{value:f}")
            case syntax.Text(value=value):
                return Value(Kind.TEXT, value)
            case syntax.Truth(value=value):
                return Value(Kind.BOOLEAN, "true" if value else "false")
            case _:
                return self._made(tree)

    def _made(self, tree: Expression) -> Row:
        match tree:
            case syntax.Unary():
                return self._unary(tree)
            case syntax.Binary():
                return self._binary(tree)
            case syntax.In() | syntax.IsNull():
                return self._test(tree)
            case syntax.Call():
                return self._call(tree)
            case _:
                raise FormulaError(
                    tree.at,
                    "of 与 where 中只能写本实体的字段",
                    "only fields of the entity may stand in of and where",
                )

    def _unary(self, tree: syntax.Unary) -> Row:
        if tree.op == "not":
            return Operation("not", Kind.BOOLEAN, (self.condition(tree.operand),))
        return Operation("neg", Kind.NUMBER, (self.number(tree.operand),))

    def _test(self, tree: syntax.In | syntax.IsNull) -> Row:
        operand = self.any(tree.operand)
        if isinstance(tree, syntax.In):
            values = [self._alike(each.at, operand, self.any(each))[1] for each in tree.values]
            test = Operation("in", Kind.BOOLEAN, (operand, *values))
        else:
            test = Operation(NULL_TEST, Kind.BOOLEAN, (operand,))
        return Operation("not", Kind.BOOLEAN, (test,)) if tree.negated else test

    def _binary(self, tree: syntax.Binary) -> Row:
        match tree.op:
            case "and" | "or":
                sides = (self.condition(tree.left), self.condition(tree.right))
                return Operation(tree.op, Kind.BOOLEAN, sides)
            case "^":
                return self._power(tree)
            case op if op in _ARITHMETIC:
                sides = (self.number(tree.left), self.number(tree.right))
                refuse_zero(tree.right, op, sides)
                return Operation(op, Kind.NUMBER, sides)
            case op:
                left, right = self._alike(tree.at, self.any(tree.left), self.any(tree.right))
                if op in _ORDERED and left.kind is Kind.BOOLEAN:
                    raise FormulaError(tree.at, "是否没有大小", "true and false have no order")
                return Operation(op, Kind.BOOLEAN, (left, right))

    def _power(self, tree: syntax.Binary) -> Row:
        exponent = tree.right
        if not isinstance(exponent, syntax.Number) or exponent.value not in range(MAX_EXPONENT + 1):
            raise FormulaError(
                exponent.at,
                f"指数须为 0 至 {MAX_EXPONENT} 的整数",
                f"the exponent is a whole number from 0 to {MAX_EXPONENT}",
            )
        power = Operation("^", Kind.NUMBER, (self.number(tree.left), self.number(exponent)))
        if _exponent(power) > MAX_EXPONENTS:
            raise FormulaError(
                tree.at,
                f"乘方套乘方，指数之积至多 {MAX_EXPONENTS}",
                f"powers of powers: the exponents multiply to at most {MAX_EXPONENTS}",
            )
        return power

    def _call(self, tree: syntax.Call) -> Row:
        most = _ARGS[tree.name]
        if len(tree.args) not in most.counts or bool(tree.weights) is not (tree.name == "weight"):
            raise FormulaError(tree.at, f"写作 {most.form}", f"it is written {most.form}")
        match tree.name, tree.args:
            case "weight", (operand,):
                return self._weight(operand, tree.weights)
            case "days", sides:
                return Operation("days", Kind.NUMBER, tuple(self._date(each) for each in sides))
            case "if", (condition, yes, no):
                then, other = self._alike(tree.at, self.any(yes), self.any(no))
                return Operation("if", then.kind, (self.condition(condition), then, other))
            case name, operands:
                return Operation(name, Kind.NUMBER, tuple(self.number(each) for each in operands))

    def _weight(
        self, operand: Expression, weights: tuple[tuple[syntax.Constant, syntax.Number], ...]
    ) -> Row:
        row = self.any(operand)
        pairs: list[Row] = []
        weighed: set[Decimal | str | bool] = set()
        for value, number in weights:
            if value.value in weighed:
                raise FormulaError(
                    value.at,
                    f"{value.value} 的权重给了两次，只留一个",
                    f"the weight of {value.value} is said twice: keep one",
                )
            weighed.add(value.value)
            pairs += [self._alike(value.at, row, self.any(value))[1], self.number(number)]
        return Operation("weight", Kind.NUMBER, (row, *pairs))

    def _date(self, tree: Expression) -> Row:
        row = self.any(tree)
        if row.kind is Kind.TEXT and isinstance(row, Value):
            row = self._settled(tree.at, row, Kind.DAY, None)
        if row.kind not in {Kind.DAY, Kind.INSTANT}:
            raise _not_of_kind(tree.at, Kind.DAY)
        return row

    def _of_kind(self, tree: Expression, kind: Kind) -> Row:
        row = self.any(tree)
        if row.kind is not kind:
            raise _not_of_kind(tree.at, kind)
        return row

    def _named(self, at: int, name: str) -> Row:
        if name == TODAY:
            return Operation(TODAY, Kind.DAY, ())
        found = path_of(self._dictionary, self._entity, name)
        if isinstance(found, str):
            raise _bilingual(at, found)
        if found.field.type is FieldType.LIST:
            raise FormulaError(at, f"{name} 是列表，不能比较", f"{name} is a list: not compared")
        return found

    def _alike(self, at: int, left: Row, right: Row) -> tuple[Row, Row]:
        """Return two sides that can be held against each other; a constant takes the other's kind.

        Raises:
            FormulaError: they cannot.
        """
        if isinstance(right, Value) and not isinstance(left, Value):
            right = self._settled(at, right, left.kind, _field(left))
        elif isinstance(left, Value) and not isinstance(right, Value):
            left = self._settled(at, left, right.kind, _field(right))
        kinds = {left.kind, right.kind}
        if len(kinds) > 1 and kinds not in _ALIKE:
            names = sorted(_NAMES[each] for each in kinds)
            raise FormulaError(
                at,
                f"{names[0][0]}与{names[1][0]}不可比：文本、代码与日期写在引号内，数值不写引号",
                f"{names[0][1]} and {names[1][1]} do not compare: texts, codes and days stand in"
                " quotes, numbers in none",
            )
        return left, right

    def _settled(self, at: int, value: Value, kind: Kind, field: Field | None) -> Value:
        """Return a constant as a value of the kind, and of the field, that it stands beside."""
        if value.kind is Kind.TEXT and kind in _WRITTEN and not _reads(kind, value.text):
            zh, en = _NAMES[kind]
            form = _WRITTEN[kind]
            raise FormulaError(
                at,
                f"{value.text!r} 不是{zh}，写作 {form!r}",
                f"{value.text!r} is not {en}, which is written {form!r}",
            )
        if value.kind is not kind and not (value.kind is Kind.TEXT and kind in _WRITTEN):
            return value  # the kinds are told apart where both sides are known
        if field is not None:
            self._check_field(at, field, value.text)
        return Value(kind, value.text)

    def _check_field(self, at: int, field: Field, text: str) -> None:
        wrong = field.type in {FieldType.ENUM, FieldType.INTEGER} and not field.holds(text)
        if field.type is FieldType.INTEGER:
            wrong = not Decimal(text).is_finite()
        if wrong or "\0" in text:
            raise FormulaError(
                at,
                f"{field.name} 没有取值 {text!r}，可为 {'、'.join(field.values)}",
                f"{text!r} is no value of {field.name}: {', '.join(field.values)}",
            )
        if field.code_set and text not in self._dictionary.code_sets[field.code_set].codes:
            raise FormulaError(
                at,
                f"{text!r} 不在代码集 {field.code_set} 中",
                f"{text!r} is not in the code set {field.code_set}",
            )


@dataclass(frozen=True, slots=True)
class _Form:
    """How a function is written."""

    counts: range
    """How many operands it takes."""

    form: str


_ARGS: Final[Mapping[str, _Form]] = {
    "weight": _Form(range(1, 2), "weight(field, 'code': 3, …)"),
    "days": _Form(range(2, 3), "days(later, earlier)"),
    "if": _Form(range(3, 4), "if(condition, yes, no)"),
    "abs": _Form(range(1, 2), "abs(number)"),
    "greatest": _Form(range(2, 20), "greatest(a, b, …)"),
    "least": _Form(range(2, 20), "least(a, b, …)"),
}


def _exponent(row: Row) -> int:
    """Return the largest product of exponents that stand within each other."""
    match row:
        case Operation("^", _, (base, Value(_, text))):
            return _exponent(base) * max(1, int(text))
        case Operation(_, _, operands):
            return max(map(_exponent, operands), default=1)
        case _:
            return 1


def _field(row: Row) -> Field | None:
    return row.field if isinstance(row, Path) else None


def _reads(kind: Kind, text: str) -> bool:
    """Whether a written constant is a day or an instant."""
    try:
        match kind:
            case Kind.DAY:
                return date.fromisoformat(text).isoformat() == text
            case Kind.INSTANT:
                return datetime.fromisoformat(text).tzinfo is not None
            case _:
                return False
    except ValueError:
        return False


def _not_of_kind(at: int, kind: Kind) -> FormulaError:
    zh, en = _NAMES[kind]
    return FormulaError(at, f"此处应为{zh}", f"{en} is expected here")


def _bilingual(at: int, reason: str) -> FormulaError:
    zh, _, en = reason.rstrip(")").partition(" (")
    return FormulaError(at, zh, en)
