"""How a goal is handed to its children and gathered from them, and what each child counts.

Source: design "Goals and standards" 3; notes of the domain §2.1.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class Aggregation(StrEnum):
    """How the attainment of a goal follows from its children's (汇总方式)."""

    SUM = "sum"
    """累加: quantities add up"""

    POOLED_RATIO = "pooled_ratio"
    """合并计算: numerators and denominators are added, percentages are never averaged"""

    WEIGHTED_MEAN = "weighted_mean"
    """加权平均"""

    MINIMUM = "minimum"
    """取最低: the weakest child counts"""

    LAST = "last"
    """取最新: the newest period counts"""


class Allocation(StrEnum):
    """How a goal is divided among its children (分解方式)."""

    SUM = "sum"
    """按数量: the children's targets are parts of its target"""

    WEIGHTED = "weighted"
    """按权重: the children's weights sum to exactly 1"""

    SAME = "same"
    """平均: each of n children counts 1/n; no weight is stored"""

    MINIMUM = "minimum"
    """同底线: every child must reach what the goal asks"""


def effective_weights(
    allocation: Allocation, weights: Mapping[str, Decimal]
) -> dict[str, Fraction]:
    """Return what each child of a goal counts, exactly.

    Args:
        allocation: of the parent.
        weights: of all its children, by key.
    """
    if allocation is Allocation.SAME:
        return dict.fromkeys(weights, Fraction(1, len(weights) or 1))
    return {key: Fraction(weight) for key, weight in weights.items()}
