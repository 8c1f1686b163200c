"""How values lie to the line of a binding: beyond it, worse, better.

Source: design "Alerts" 1, 2 and 4.
"""

from decimal import Decimal

from shared.contracts.vocabulary import CrossedLine, LineKind, Operator


def lies_beyond(value: Decimal, line: CrossedLine) -> bool:
    """Return whether a value crosses a line; a warning says when to warn, the others what holds."""
    numbers = [Decimal(each) for each in line.value.split(",")]
    first, last = numbers[0], Decimal(line.upper) if line.upper else numbers[-1]
    holds = {
        Operator.GT: value > first,
        Operator.GE: value >= first,
        Operator.LT: value < first,
        Operator.LE: value <= first,
        Operator.EQ: value == first,
        Operator.IN: value in numbers,
        Operator.BETWEEN: first <= value <= last,
    }[line.op]
    return holds is (line.line is LineKind.WARNING)


def is_worse(value: Decimal | None, than: str | None, line: CrossedLine | None) -> bool:
    """Return whether a value lies further beyond the crossed line than another.

    Args:
        than: the other, a decimal string.
        line: tells where worse lies; one that a list or a band warns of tells nothing.
    """
    if value is None or than is None or line is None:
        return False
    other = Decimal(than)
    rises = line.op in {Operator.GT, Operator.GE}
    if rises or line.op in {Operator.LT, Operator.LE}:
        higher_is_worse = rises is (line.line is LineKind.WARNING)
        return value > other if higher_is_worse else value < other
    if line.line is LineKind.WARNING:
        return False
    return _distance(value, line) > _distance(other, line)


def improves(before: Decimal, after: Decimal, line: CrossedLine) -> bool:
    """Return whether a value went the way that the line asks for.

    Of a warning that a list or a band gives nothing but coming back from beyond it does.
    """
    came_back = lies_beyond(before, line) and not lies_beyond(after, line)
    return came_back or is_worse(before, format(after, "f"), line)


def _distance(value: Decimal, line: CrossedLine) -> Decimal:
    texts = [*line.value.split(","), *([line.upper] if line.upper else [])]
    return min(abs(value - Decimal(each)) for each in texts)
