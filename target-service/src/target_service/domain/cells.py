"""Which cells an indicator has values for: what is bound elsewhere would never be judged.

Source: design "Indicators" 1 (level and period kind of a definition), "Goals and standards" 4.
"""

from collections.abc import Sequence

from shared.contracts.datahub import MeasuredFor
from target_service.domain.units import Faults


def unmeasured(
    indicator: str, scope: str, period: str, measured_for: Sequence[MeasuredFor]
) -> Faults:
    """Return that an indicator is not measured for this kind of scope, or of period.

    Args:
        measured_for: every kind of cell that it has values for; empty where that is not known.
    """
    kind, span = scope.partition("/")[0], period.partition(":")[0]
    if not measured_for or any((each.scope, each.period) == (kind, span) for each in measured_for):
        return []
    cells = "、".join(f"{each.scope}（{each.period}）" for each in measured_for)
    cells_en = ", ".join(f"{each.scope} by {each.period}" for each in measured_for)
    is_scope_right = any(each.scope == kind for each in measured_for)
    place, wrong = ("$.period", span) if is_scope_right else ("$.scope", kind)
    zh = f"指标 {indicator} 不按 {wrong} 计量，只有 {cells}"
    en = f"{indicator} is not measured for {wrong}, only for {cells_en}"
    return [(place, f"{zh} ({en})")]
