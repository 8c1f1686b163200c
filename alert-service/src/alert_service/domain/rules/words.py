"""What a rule says, as people read it."""

from alert_service.domain.rules.model import (
    Absent,
    All,
    AnyOf,
    Change,
    Condition,
    Cycle,
    CycleStep,
    Deviation,
    Feed,
    Judged,
    Not,
    Quality,
    Rule,
    Task,
    Thing,
    Trend,
    Value,
)
from shared.contracts.vocabulary import OPERATOR_SYMBOL, STATE_ZH, Operator

_SIDES = {"below": "低于", "above": "高于", "either": "偏离"}
_MEASURES = {"z": "标准差", "mad": "绝对中位差"}


def words_of(rule: Rule) -> str:
    """Return a rule in one Chinese sentence."""
    parts = [f"{rule.selector.kind}：{_condition(rule.condition)}"]
    if rule.times > 1:
        parts.append(f"连续 {rule.times} 次")
    if rule.lasting:
        parts.append(f"持续 {rule.lasting.total_seconds() / 3600:g} 小时")
    if rule.margin:
        parts.append(f"回到线内 {rule.margin:f} 才解除")
    if rule.cool_down:
        parts.append(f"解除后 {rule.cool_down.total_seconds() / 3600:g} 小时内不再预警")
    return "，".join(parts)


def _condition(condition: Condition) -> str:
    match condition:
        case All() | AnyOf():
            between = " 且 " if isinstance(condition, All) else " 或 "
            return f"（{between.join(_condition(each) for each in condition.of)}）"
        case Not():
            return f"非{_condition(condition.of)}"
        case Value() | Change() | Trend() | Deviation() | Absent():
            return _of_value(condition)
        case Judged():
            return _judged(condition)
        case _:
            return _of_thing(condition)


def _of_value(leaf: Value | Change | Trend | Deviation | Absent) -> str:
    name = leaf.indicator
    match leaf:
        case Value():
            line = "、".join(f"{each:f}" for each in leaf.value)
            if leaf.op is Operator.BETWEEN:
                line = f"[{leaf.value[0]:f}, {leaf.value[-1]:f}]"
            often = f"连续 {leaf.periods} 期 " if leaf.periods > 1 else ""
            return f"{name} {often}{OPERATOR_SYMBOL[leaf.op]} {line}"
        case Change():
            how = "相对变化" if leaf.relative else "变化"
            return f"{name} 较上期{how} {OPERATOR_SYMBOL[leaf.op]} {leaf.value:f}"
        case Trend():
            return f"{name} 连续 {leaf.times} 期{'下降' if leaf.way == 'falling' else '上升'}"
        case Deviation():
            among = "自身以往" if leaf.among == "own" else "同组"
            return f"{name} {_SIDES[leaf.side]}{among} {leaf.beyond:f} 个{_MEASURES[leaf.measure]}"
        case Absent():
            return f"{name} 已 {leaf.days} 天无数据"


def _judged(leaf: Judged) -> str:
    said = ["、".join(sorted(STATE_ZH[each] for each in leaf.states))] if leaf.states else []
    flags = (
        ("已过预警值", leaf.warning),
        ("逾期", leaf.overdue),
        ("预测不达标", leaf.forecast_misses),
    )
    said += [("" if want else "非") + name for name, want in flags if want is not None]
    if leaf.gap_beyond is not None:
        said.append(f"相对差距 > {leaf.gap_beyond:f}")
    often = f"连续 {leaf.periods} 期" if leaf.periods > 1 else ""
    return f"{leaf.indicator} {often}{'且'.join(said)}"


def _of_thing(leaf: Thing) -> str:
    match leaf:
        case Task():
            near = f"{leaf.due_within_days} 天内到期" if leaf.due_within_days is not None else ""
            late = {True: "已逾期", False: "未逾期", None: ""}[leaf.overdue]
            low = f"进度低于 {leaf.progress_below:f}" if leaf.progress_below is not None else ""
            few = f"经费执行低于 {leaf.executed_below:f}" if leaf.executed_below is not None else ""
            over = {True: "经费超进度", False: "经费未超进度", None: ""}[leaf.overspent]
            return "任务" + "、".join(each for each in (near, late, low, few, over) if each)
        case Cycle():
            stay = f"停留超过 {leaf.in_step_days} 天" if leaf.in_step_days is not None else ""
            over = "已过截止日" if leaf.past_end else ""
            return "诊改周期" + "、".join(each for each in (stay, over) if each)
        case CycleStep():
            late = f"超过 {leaf.late_days} 天" if leaf.late_days else ""
            return f"诊改周期环节逾期{late}"
        case Feed():
            return "数据源" + "、".join(sorted(leaf.levels))
        case Quality():
            return f"数据质量不合格记录 > {leaf.failed_over}"
