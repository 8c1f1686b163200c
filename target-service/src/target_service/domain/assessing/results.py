"""Results as they are kept and told: numbers with six decimals, and every item explained."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from target_service.domain.assessing.reckoning import Line, Result
from target_service.domain.assessing.scheme import Scheme
from target_service.domain.attainment import rounded
from target_service.domain.limits import Number, write_number


def write_result(scheme: Scheme, result: Result) -> dict[str, Any]:
    """Return a result as it is kept."""
    return {
        "points": None if result.points is None else _plain(result.points),
        "coverage": _plain(result.coverage),
        "thin": result.thin,
        "vetoed": result.vetoed,
        "place": result.place,
        "choice": result.choice.value if result.choice else None,
        "grade": result.grade,
        "verdicts": sorted(result.verdicts),
        "lines": [_line(scheme, each) for each in result.lines],
        "reasons": [
            {
                "condition": each.condition,
                "verdict": each.verdict.value,
                "item": each.item,
                "facet": each.facet,
                "limit": each.limit,
                "found": each.found,
                "holds": each.holds,
            }
            for each in result.reasons
        ],
    }


def _line(scheme: Scheme, line: Line) -> dict[str, Any]:
    item = scheme.items_by_key[line.item]
    return {
        "item": line.item,
        "title": item.title,
        "takes": item.takes.value,
        "of": item.of,
        "weight": write_number(item.weight),
        "rule": _rule(line.rule or item.rule),
        "value": spell(line.value),
        "score": spell(line.score),
        "points": spell(line.points),
        "vetoes": line.vetoes,
        "short": [each.value for each in line.short],
    }


def spell(number: Number | None) -> str | None:
    """Return a number as it is told; None stays None."""
    return None if number is None else write_number(rounded(Fraction(number)))


def _plain(number: Fraction) -> Decimal:
    return Decimal(write_number(rounded(number)))


def _rule(rule: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    return {name: spell(each) if isinstance(each, Decimal) else each for name, each in rule.items()}
