"""What the spiral service holds of persons, and what becomes of it when somebody is erased."""

from typing import Final

from shared.contracts.persons import SpiralPersonErased
from shared.persons.edge import by_register
from shared.persons.register import deleted, kept, scope_holding

HOLDINGS: Final = (
    scope_holding(),
    deleted("advice", "学生发展指导", "t.student = :scope"),
    deleted("granted_role", "在他处的角色", "t.person = :scope OR t.scope = :scope"),
    deleted("asked_voice", "受邀发表诊断意见", "t.person = :scope OR t.person = :person"),
    deleted("sign_in", "登录日", "t.person = :person"),
    kept("cycle", "个人诊改周期"),
    kept("correction", "个人纠偏"),
    kept("diagnosis", "个人诊断"),
    kept("measure", "个人改进措施"),
    kept("lesson", "个人的经验教训"),
    kept("proposal", "个人的创新建议"),
    kept("outside_fact", "其他服务所告知的个人目标与任务"),
    kept("told_step", "已告知的个人待办"),
    kept("work_item", "个人待办"),
)

router, SUBSCRIPTION = by_register("spiral", SpiralPersonErased, HOLDINGS)
