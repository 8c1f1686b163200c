"""What the target service holds of persons, and what becomes of it when somebody is erased."""

from typing import Final

from shared.contracts.persons import TargetPersonErased
from shared.persons.edge import by_register
from shared.persons.register import deleted, kept, scope_holding

_BOUND: Final = "(SELECT key FROM binding WHERE scope = :scope)"

HOLDINGS: Final = (
    scope_holding(is_in_english=False),
    deleted("measured_value", "个人指标值"),
    deleted("assessment_consent", "考核名次公开的同意", "t.person = :person"),
    kept("goal", "个人目标"),
    kept("plan", "个人发展规划"),
    kept("task", "个人任务"),
    kept("binding", "个人指标的目标值与标准"),
    kept("attainment_history", "个人目标的达成", f"t.key IN {_BOUND}"),
    kept("assessment_result", "考核结果", "t.subject = :scope"),
)

router, SUBSCRIPTION = by_register("target", TargetPersonErased, HOLDINGS)
