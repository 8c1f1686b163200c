"""What goes together with what missed its standard (影响因素分析).

Source: plan M122; the wording is our default.
"""

from collections.abc import Sequence
from decimal import Decimal

from report_service.domain.document.blocks import Block, Cell
from report_service.domain.document.writing import columns, paragraph, plain, soft, table
from report_service.domain.facts_of_work import InfluenceFact
from report_service.domain.influences import FEW
from report_service.domain.kinds.kind import Told
from report_service.domain.telling import count_of
from report_service.domain.wording import figure

_INFLUENCES = columns(
    ("point", "未达标的质控点", 4),
    ("factor", "同时变化的指标", 4),
    ("r#", "相关系数", 2),
    ("share#", "可解释的差异", 3),
    ("n", "样本", 3),
)


def influences(told: Told) -> Sequence[Block]:
    """List what varies together with the points that miss their standard."""
    rows = [
        (f"{each.indicator}/{each.factor}", _influence(told, each))
        for each in told.facts.influences
    ]
    said = paragraph(
        "下表按同类对象本周期的数据计算相关系数，“可解释的差异”为其平方。"
        "相关不等于因果，原因由责任人核实后填写；",
        f"样本不足 {FEW} 个的仅供参考。",
    )
    return [said, table("influences", "影响因素分析", _INFLUENCES, rows, "")]


def has_influences(told: Told) -> bool:
    """Whether anything goes together with what missed its standard."""
    return bool(told.facts.influences)


def _influence(told: Told, each: InfluenceFact) -> tuple[Cell, ...]:
    key = f"influence/{each.indicator}/{each.factor}"
    r = Decimal(each.r)
    few = [soft("样本较少，仅供参考")] if each.n < FEW else []
    return (
        plain(told.facts.name_of(each.indicator)),
        (
            *plain(told.facts.name_of(each.factor)),
            soft("同向变化" if r > 0 else "反向变化"),
        ),
        (told.writer.bound(figure(each.r, ""), key),),
        (told.writer.bound(figure(str(r * r), "ratio"), key),),
        (*plain(count_of(each.kind, each.n)), *few),
    )
