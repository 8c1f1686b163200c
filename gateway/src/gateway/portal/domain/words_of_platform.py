"""Words of the map, the big screen, operations, and the calendar.

Source: glossary; the wording is our default.
"""

from typing import Final

PLATFORM: Final[dict[str, tuple[str, str]]] = {
    "map-lead": (
        "五纵系统 × 五横层面：每格的目标、任务与预警；虚线框是空格。",
        "Five systems by five levels: goals, tasks and alerts of each cell; dashed: none there.",
    ),
    "map-goals": ("{} 目标", "{} goals"),
    "map-tasks": ("{} 任务", "{} tasks"),
    "map-done": ("完成 {}", "{} done"),
    "map-overdue": ("逾期 {}", "{} overdue"),
    "map-empty": ("空格", "empty"),
    "map-untagged": ("未归入纵向系统的目标 {} 个", "{} goals belong to no system"),
    "map-level": ("层面", "Level"),
    "map-rates": ("标准达标率", "Standard met"),
    "map-transfer": ("目标传导率", "Handed on"),
    "map-spirals": ("双螺旋", "Spirals"),
    "map-engines": ("双引擎", "Two engines"),
    "map-platform": ("一平台", "One platform"),
    "map-findings": ("目标体检", "What goals lack"),
    "map-findings-none": ("没有发现问题", "Nothing found"),
    "finding-hanging": ("悬空", "hanging"),
    "finding-rootless": ("无源", "rootless"),
    "finding-papers-only": ("破五唯", "papers only"),
    "map-culture": ("质量文化与考核激励", "Culture and incentives"),
    "map-open-cycles": ("进行中的周期", "Open cycles"),
    "map-late-cycles": ("其中逾期", "of them overdue"),
    "wall-title": ("质量保证运行态势", "How quality assurance runs"),
    "wall-feeds": ("数据源", "Feeds"),
    "wall-rows": ("最近一批行数", "Rows of the newest batch"),
    "operations-lead": (
        "服务、后台循环、变更水位与未能处理的消息。",
        "Services, loops, watermarks, and messages that could not be processed.",
    ),
    "operations-services": ("服务", "Services"),
    "operations-well": ("正常", "well"),
    "operations-ill": ("异常", "unwell"),
    "operations-loops": ("网关的后台循环", "Loops of the gateway"),
    "operations-watermarks": ("变更水位", "Watermarks"),
    "operations-letters": ("未能处理的消息", "Dead letters"),
    "operations-docs": ("怎样处理", "What to do"),
    "operations-metrics": ("指标（Prometheus）", "Metrics (Prometheus)"),
    "calendar-terms": ("学期与教学周", "Terms and weeks"),
    "calendar-now": ("今天", "today"),
    "calendar-week": ("第 {} 周", "week {}"),
    "calendar-exams": ("考试自 {}", "exams from {}"),
    "calendar-lacks": ("校历还缺", "What the calendar lacks"),
    "calendar-units": ("机构", "Units"),
    "calendar-leader": ("负责人", "Led by"),
    "calendar-off": ("非教学周", "no teaching"),
}
