"""What comes to the same number whatever the records say; above all what is always zero.

Source: design "Indicators" 4 (a division by zero is known at save where it can be).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from datahub.dictionary.domain.kind import Kind
from datahub.indicators.domain.definition import Number, Reckoning, Result
from datahub.indicators.domain.formula.syntax import Expression, FormulaError
from datahub.indicators.domain.reckoning import fold
from datahub.indicators.domain.row import Operation, Row, Value

Part = Result | Row


def refuse_zero(at: Expression, op: str, operands: Sequence[Part]) -> None:
    """Refuse what divides by something that is always zero.

    Raises:
        FormulaError: it does.
    """
    first, second = operands
    exponent = constant(second)
    is_reciprocal = op == "^" and exponent is not None and exponent < 0
    if (op in {"/", "%"} and is_zero(second)) or (is_reciprocal and is_zero(first)):
        raise FormulaError(
            at.at,
            "除数恒为零，永远没有值：改正除数",
            "the divisor is always zero, there would never be a value: mend the divisor",
        )


def is_zero(part: Part) -> bool:
    """Whether something is zero whatever the records say, as far as that can be seen."""
    number = constant(part)
    if number is not None:
        return number == 0
    match _taken_apart(part):
        case (("-" | "%"), [left, right]) if left == right:
            return True
        case "*", operands:
            return any(is_zero(each) for each in operands)
        case (("neg" | "abs" | "/" | "if") as op, [first, *others]):
            parts = _taken(first, others) if op == "if" else [first]
            return all(is_zero(each) for each in parts)
        case _:
            return False


def constant(part: Part) -> Decimal | None:
    """Return the number that something always is; None where that depends on the records."""
    match part:
        case Number(value):
            return value
        case Value(Kind.NUMBER, text):
            return Decimal(text)
        case _:
            pass
    op, operands = _taken_apart(part)
    if op == "if":
        branches = {constant(each) for each in _taken(operands[0], operands[1:])}
        return branches.pop() if len(branches) == 1 else None
    numbers = [constant(each) for each in operands]
    known = [each for each in numbers if each is not None]
    if op in _NEVER or not known or len(known) < len(numbers):
        return None
    return fold(op, known)


def _taken(condition: Part, branches: Sequence[Part]) -> Sequence[Part]:
    """Return the branch that is always taken; both where that depends on the records."""
    truth = constant(condition)
    return branches if truth is None else branches[:1] if truth else branches[1:]


_NEVER: Final = frozenset({"", "in", "is_null", "weight", "days", "today"})
"""What is not reckoned with numbers alone."""


def _taken_apart(part: Part) -> tuple[str, Sequence[Part]]:
    match part:
        case Reckoning(op, operands):
            return op, operands
        case Operation(op, _, operands):
            return op, operands
        case _:
            return "", ()
