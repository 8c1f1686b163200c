"""What a formula is made of: a tree whose every node knows where in the text it stands.

Source: design "Indicators" 4.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Final

from shared.errors import DomainError, ErrorKind

AGGREGATES: Final[frozenset[str]] = frozenset(
    {"count", "count_distinct", "sum", "avg", "min", "max", "rate", "percentile", "median"}
)
ROW_FUNCTIONS: Final[frozenset[str]] = frozenset(
    {"days", "weight", "if", "abs", "greatest", "least"}
)
"""What may be said of one row."""

SHIFTS: Final[frozenset[str]] = frozenset(
    {"previous", "offset", "same_term_last_year", "year_to_date"}
)
"""In which other periods another indicator is looked at."""


class FormulaError(DomainError):
    """A formula that cannot be read, with the place in its text."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "formula-invalid"
    title_zh: ClassVar = "公式有误"
    title_en: ClassVar = "The formula is wrong"

    def __init__(self, at: int, zh: str, en: str) -> None:
        self.at = at
        """Characters before the place."""

        self.reason = f"第 {at + 1} 字：{zh} (at {at + 1}: {en})"
        super().__init__(zh, en, fields={"$.formula": [self.reason]})


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A part of a formula."""

    at: int
    """Characters of the text before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Node):
    """A decimal number, exact."""

    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Node):
    """A text, a code, or a day in its written form."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth(Node):
    """``true`` or ``false``."""

    value: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Node):
    """A field of the counted entity, or ``entity.field`` one step along a reference."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(Node):
    """``-x``, ``not x``."""

    op: str
    operand: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Node):
    """Arithmetic, comparison, ``and``, ``or``."""

    op: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class In(Node):
    """``x in ('a', 'b')``."""

    operand: "Expression"
    values: "tuple[Expression, ...]"
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IsNull(Node):
    """``x is null``, ``x is not null``."""

    operand: "Expression"
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """A function."""

    name: str
    args: "tuple[Expression, ...]"
    weights: "tuple[tuple[Constant, Number], ...]" = ()
    """Of ``weight(field, 'a': 3, 'b': 1)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate(Node):
    """``sum(number of score where grade_type = 'final')``."""

    name: str
    entity: str
    entity_at: int
    value: "Expression | None"
    """What is added up; None where rows are counted."""

    where: "Expression | None"
    share: Decimal | None = None
    """Of a percentile, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Other(Node):
    """``[course_pass_rate]``: another indicator, of the same scope and period."""

    indicator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shifted(Node):
    """``previous([x])``, ``offset([x], -2)``, …: another indicator in other periods."""

    name: str
    operand: Other
    steps: int = 1
    """Periods back, of ``previous`` and ``offset``."""


Constant = Number | Text | Truth
Expression = (
    Number | Text | Truth | Name | Unary | Binary | In | IsNull | Call | Aggregate | Other | Shifted
)


def nodes_of(tree: Expression) -> Iterator[tuple[Expression, int]]:
    """Yield a tree and every part of it, each with how deep it lies."""
    left = [(tree, 1)]
    while left:
        node, depth = left.pop()
        yield node, depth
        left += [(each, depth + 1) for each in reversed(_parts(node))]


def others_in(tree: Expression) -> list[Other]:
    """Return every mention of another indicator, in their order."""
    return [node for node, _ in nodes_of(tree) if isinstance(node, Other)]


def _parts(tree: Expression) -> tuple[Expression, ...]:
    match tree:
        case Unary(operand=operand) | IsNull(operand=operand) | Shifted(operand=operand):
            return (operand,)
        case Binary(left=first, right=second) | Aggregate(value=first, where=second):
            return tuple(each for each in (first, second) if each is not None)
        case In(operand=operand, values=values):
            return (operand, *values)
        case Call(args=args):
            return args
        case _:
            return ()
