"""A goal divided among its children: what the parts must be, and what is left of the whole.

Source: design "Goals and standards" 3; which operators a part may have is our default.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from target_service.domain.limits import Limit, write_number
from target_service.domain.units import Faults
from target_service.domain.weights import Allocation

MAX_CHILDREN: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A child of a goal, as far as the rules of allocation ask."""

    key: str
    weight: Decimal
    target: Limit | None
    indicator: str | None


@dataclass(frozen=True, slots=True)
class Remainder:
    """What the parts of a number leave of the whole; exact."""

    whole: Decimal
    parts: Decimal

    @property
    def residual(self) -> Decimal:
        """Whole − Σ parts: above 0 something is not handed on, below 0 too much is."""
        return self.whole - self.parts


def faults_of_parts(
    allocation: Allocation, whole: Limit | None, indicator: str | None, parts: Sequence[Part]
) -> Faults:
    """Return everything that the parts of a goal contradict, by JSON path.

    The paths say which part: ``$.children[2].target``.
    """
    if not parts:
        return []
    if allocation is Allocation.WEIGHTED:
        return _wrong_weights([part.weight for part in parts])
    if allocation is Allocation.SUM:
        return _no_numbers(whole, indicator, parts)
    return _too_lenient(whole, parts) if allocation is Allocation.MINIMUM else []


def remainder(whole: Limit | None, parts: Sequence[Part]) -> Remainder | None:
    """Return what the parts leave of the whole; None where the whole is no number."""
    if whole is None or len(whole.values) > 1:
        return None
    told = [part.target.values[0] for part in parts if part.target and len(part.target.values) == 1]
    return Remainder(whole.values[0], sum(told, Decimal(0)))


def _wrong_weights(weights: Sequence[Decimal]) -> Faults:
    total = sum(weights, Decimal(0))
    if total == 1:
        return []
    gap = abs(1 - total)
    zh = "还差" if total < 1 else "多出"
    en = "missing" if total < 1 else "too much"
    return [
        (
            "$.children[*].weight",
            (
                f"权重之和为 {write_number(total)}，{zh} {write_number(gap)}：须恰为 1；"
                "均分请用 allocation same，不写权重"
                f" (they sum to {write_number(total)}, {write_number(gap)} {en}: they must sum"
                " to exactly 1; for like shares take allocation same, which stores none)"
            ),
        )
    ]


def _no_numbers(whole: Limit | None, indicator: str | None, parts: Sequence[Part]) -> Faults:
    if whole is None or len(whole.values) > 1:
        return [
            (
                "$.target",
                "按数量分解须有一个数值的目标 (give it a target of one number to divide)",
            )
        ]
    found: Faults = []
    for at, part in enumerate(parts):
        if part.target is None or part.target.op is not whole.op:
            found.append(
                (
                    f"$.children[{at}].target",
                    (
                        f"须给出数值，比较符 {whole.op.value} 与上级相同"
                        f" (give a number, with the parent's operator {whole.op.value})"
                    ),
                )
            )
        if part.indicator != indicator:
            found.append(
                (
                    f"$.children[{at}].indicator",
                    f"须与上级相同：{indicator} (the same as the parent's: {indicator})",
                )
            )
    return found


def _too_lenient(whole: Limit | None, parts: Sequence[Part]) -> Faults:
    if whole is None:
        return [("$.target", "同底线分解须有目标值 (give the target that every child must reach)")]
    return [
        (
            f"$.children[{at}].target",
            f"须不低于上级的 {whole.words} (it must ask as much as {whole.words})",
        )
        for at, part in enumerate(parts)
        if part.target is None or not part.target.lies_within(whole)
    ]
