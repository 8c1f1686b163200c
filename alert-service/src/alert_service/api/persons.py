"""What the alert service holds of persons, and what becomes of it when somebody is erased."""

from typing import Final

from shared.contracts.persons import AlertPersonErased
from shared.persons.edge import by_register
from shared.persons.register import deleted, kept, scope_holding

HOLDINGS: Final = (
    scope_holding(),
    deleted("letter_read", "已读标记", "t.person = :person"),
    deleted("letter", "个人收件箱", "t.person = :person"),
    deleted("signal", "规则所用的个人数值"),
    deleted("rule_cell", "规则对个人的判断"),
    kept("alert", "关于个人的预警"),
    kept("watch", "个人目标值的监测"),
)

router, SUBSCRIPTION = by_register("alert", AlertPersonErased, HOLDINGS)
