"""Take a formula apart: what is counted (legs), and what is reckoned with the counts.

The quotient at the top of a formula is kept as numerator and denominator, for a parent's rate is
Σ numerators ÷ Σ denominators; a rate and a mean are quotients too. Source: design "Indicators" 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from typing import Final

from typing_extensions import override

from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.dictionary.domain.kind import Kind
from datahub.indicators.domain.definition import (
    SCOPE_KINDS,
    Beneath,
    Count,
    Leg,
    Number,
    Reckoning,
    Result,
    items_of,
)
from datahub.indicators.domain.formula import syntax
from datahub.indicators.domain.formula.folding import refuse_zero
from datahub.indicators.domain.formula.others import NOBODY, Known, taken
from datahub.indicators.domain.formula.reading import read_formula
from datahub.indicators.domain.formula.rows import Rows
from datahub.indicators.domain.formula.syntax import Expression, FormulaError, others_in
from datahub.indicators.domain.row import NULL_TEST, Operation, Row

MAX_LEGS: Final = 20
HALF: Final = Decimal("0.5")
_TRUTHS: Final = frozenset({"=", "!=", "<", "<=", ">", ">=", "and", "or", "not"})
_FUNCTIONS: Final[Mapping[str, int]] = {"if": 3, "abs": 1, "greatest": 2, "least": 2}
"""How many operands what is reckoned takes, at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A formula taken apart."""

    legs: tuple[Leg, ...]
    numerator: Result
    denominator: Result | None
    tree: Expression


def take_apart(text: str, dictionary: Dictionary, known: Known = NOBODY) -> Parts:
    """Read a formula and settle what it says by the dictionary.

    Args:
        known: the other indicators in force, by their ids.

    Raises:
        FormulaError: it says something that cannot be measured; with the place.
    """
    tree = read_formula(text)
    taker = _Taker(dictionary, known)
    whole = taker.result(tree)
    top, bottom = _halves(whole)
    if not any((*items_of(top), *items_of(bottom))):
        raise FormulaError(
            tree.at,
            "没有计数任何实体，也没有用到其他指标",
            "no entity is counted, and no other indicator taken",
        )
    return Parts(legs=tuple(taker.legs), numerator=top, denominator=bottom, tree=tree)


class _Taker:
    """Collects the legs of a formula; equal ones are counted once."""

    def __init__(self, dictionary: Dictionary, known: Known) -> None:
        self.legs: list[Leg] = []
        self._dictionary = dictionary
        self._known = known

    def result(self, tree: Expression) -> Result:
        """Return what an expression is reckoned with.

        Raises:
            FormulaError: it says something that cannot be measured.
        """
        match tree:
            case syntax.Unary(op=op, operand=operand):
                return Reckoning("neg" if op == "-" else op, (self.side(operand, op),))
            case syntax.Binary(op=op, left=left, right=right):
                sides = (self.side(left, op), self.side(right, op))
                refuse_zero(right, op, sides)
                return Reckoning(op, sides)
            case syntax.Call():
                return self._call(tree)
            case _:
                return self._single(tree)

    def _single(self, tree: Expression) -> Result:
        match tree:
            case syntax.Number(value=value):
                return Number(value)
            case syntax.Other() | syntax.Shifted():
                return taken(tree, self._known)
            case syntax.Aggregate():
                return self.aggregate(tree)
            case syntax.Name(value=name):
                raise FormulaError(
                    tree.at,
                    f"字段 {name} 只能写在 count、sum 等之内",
                    f"the field {name} may only stand inside of count, sum, …",
                )
            case _:
                raise FormulaError(tree.at, "此处应为数值", "a number is expected here")

    def side(self, tree: Expression, op: str) -> Result:
        """Return what an operation takes on one side: conditions of logic, else numbers.

        Raises:
            FormulaError: it is of the other kind.
        """
        found = self.result(tree)
        if is_truth(found) is not (op in {"and", "or", "not"}):
            kind = ("数值", "a number") if is_truth(found) else ("条件", "a condition")
            raise FormulaError(tree.at, f"此处应为{kind[0]}", f"{kind[1]} is expected here")
        return found

    def _call(self, tree: syntax.Call) -> Result:
        count = _FUNCTIONS.get(tree.name)
        if count is None:
            raise FormulaError(
                tree.at,
                f"{tree.name} 只能写在 count、sum 等之内",
                f"{tree.name} may only stand inside of count, sum, …",
            )
        if len(tree.args) < count or (tree.name in {"if", "abs"} and len(tree.args) != count):
            raise FormulaError(
                tree.at, f"{tree.name} 需要 {count} 项", f"{tree.name} takes {count}"
            )
        operands = [
            self.side(each, "not" if tree.name == "if" and not place else "+")
            for place, each in enumerate(tree.args)
        ]
        return Reckoning(tree.name, tuple(operands))

    def aggregate(self, tree: syntax.Aggregate) -> Result:
        """Return an aggregate over records, or over the scopes beneath if indicators stand in it.

        Raises:
            FormulaError: it says something that cannot be measured.
        """
        if others_in(tree):
            return _OfChild(self._dictionary, self._known).over(tree)
        return self._over_rows(tree, self._entity(tree))

    def _over_rows(self, tree: syntax.Aggregate, entity: Entity) -> Result:
        rows = Rows(self._dictionary, entity)
        where = rows.condition(tree.where) if tree.where is not None else None
        match tree.name:
            case "count":
                return self._leg(tree, entity, "count", None, where)
            case "count_distinct":
                return self._leg(tree, entity, "count_distinct", rows.any(_value(tree)), where)
            case "rate":
                met = rows.condition(_value(tree))
                known = _both(where, _is_known(met))
                top = self._leg(tree, entity, "count", None, _both(where, met))
                return Reckoning("/", (top, self._leg(tree, entity, "count", None, known)))
            case "avg":
                number = rows.number(_value(tree))
                known = _both(where, _is_known(number))
                top = self._leg(tree, entity, "sum", number, where)
                return Reckoning("/", (top, self._leg(tree, entity, "count", None, known)))
            case name:
                return self._leg(tree, entity, name, rows.number(_value(tree)), where)

    def _leg(
        self,
        tree: syntax.Aggregate,
        entity: Entity,
        name: str,
        value: Row | None,
        where: Row | None,
    ) -> Count:
        share = HALF if name == "median" else tree.share
        leg = Leg(
            entity=entity,
            aggregate="percentile" if name == "median" else name,  # type: ignore[arg-type]
            value=value,
            where=where,
            share=share,
            at=tree.at,
        )
        if leg not in self.legs:
            self.legs.append(leg)
        if len(self.legs) > MAX_LEGS:
            raise FormulaError(tree.at, f"至多 {MAX_LEGS} 项计数", f"at most {MAX_LEGS} counts")
        return Count(self.legs.index(leg))

    def _entity(self, tree: syntax.Aggregate) -> Entity:
        entity = self._dictionary.entities.get(tree.entity)
        if entity is None:
            near = get_close_matches(tree.entity, self._dictionary.entities)
            meant = (
                (f"，已有 {'、'.join(near)}", f"; there is {', '.join(near)}") if near else ("", "")
            )
            raise FormulaError(
                tree.entity_at,
                f"没有实体 {tree.entity}{meant[0]}",
                f"no entity {tree.entity}{meant[1]}",
            )
        if entity.is_raw:
            raise FormulaError(
                tree.entity_at,
                "原始事件不计入指标，请用 learning_daily",
                "raw events are not counted: use learning_daily",
            )
        return entity


class _OfChild(_Taker):
    """Reads what is said of each scope beneath: other indicators, and arithmetic with them."""

    @override
    def aggregate(self, tree: syntax.Aggregate) -> Result:
        raise FormulaError(
            tree.at,
            "对下级对象只能写 [指标]、数值与算式",
            "of scopes beneath only [indicators], numbers and arithmetic may be said",
        )

    def over(self, tree: syntax.Aggregate) -> Result:
        """Return an aggregate over the scopes of a kind.

        Raises:
            FormulaError: it is none.
        """
        if tree.entity not in SCOPE_KINDS:
            kinds = "、".join(sorted(SCOPE_KINDS))
            raise FormulaError(
                tree.entity_at,
                f"没有对象种类 {tree.entity}，可为 {kinds}",
                f"no kind of scope {tree.entity}: one of {kinds}",
            )
        where = self.side(tree.where, "and") if tree.where is not None else None
        over = partial(Beneath, kind=tree.entity, share=tree.share, at=tree.at)
        match tree.name:
            case "count":
                return over("count", value=None, where=where)
            case "rate":
                met = self.side(_value(tree), "and")
                both = met if where is None else Reckoning("and", (where, met))
                bottom = over("count", value=met, where=where)
                return Reckoning("/", (over("count", value=None, where=both), bottom))
            case "avg":
                number = self.side(_value(tree), "+")
                top = over("sum", value=number, where=where)
                return Reckoning("/", (top, over("count", value=number, where=where)))
            case "median":
                number = self.side(_value(tree), "+")
                return over("percentile", value=number, where=where, share=HALF)
            case "sum" | "min" | "max" | "percentile" as name:
                return over(name, value=self.side(_value(tree), "+"), where=where)
            case _:
                raise FormulaError(
                    tree.at, "下级对象本无重复，请用 count", "scopes are different: use count"
                )


def is_truth(result: Result) -> bool:
    """Whether a result is true or false, and no number."""
    return isinstance(result, Reckoning) and result.op in _TRUTHS


def _value(tree: syntax.Aggregate) -> Expression:
    assert tree.value is not None, "the reader gives one to all but count"
    return tree.value


def _is_known(row: Row) -> Row:
    return Operation("not", Kind.BOOLEAN, (Operation(NULL_TEST, Kind.BOOLEAN, (row,)),))


def _both(first: Row | None, second: Row) -> Row:
    return second if first is None else Operation("and", Kind.BOOLEAN, (first, second))


def _halves(whole: Result) -> tuple[Result, Result | None]:
    """Return numerator and denominator; a number that multiplies the quotient is the numerator's.

    ``books / students * 100`` has the numerator ``books * 100``: the same number, and both parts
    still add up over the children of a scope.
    """
    match whole:
        case Reckoning("/", (top, bottom)):
            inner, below = _halves(top)
            return (top, bottom) if below is None else (inner, Reckoning("*", (below, bottom)))
        case Reckoning("*", (Number() as factor, other)) | Reckoning(
            "*", (other, Number() as factor)
        ):
            inner, below = _halves(other)
            return (whole, None) if below is None else (Reckoning("*", (inner, factor)), below)
        case _:
            return whole, None
