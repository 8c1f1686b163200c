"""What the object is, and how the period went, in few words.

Source: design "Reports" 1 (basics, state of diagnosis); the wording is our default.
"""

from collections.abc import Sequence

from report_service.domain.document.blocks import Block, Bullets, Series
from report_service.domain.document.charts import BLUE, chart
from report_service.domain.document.writing import paragraph, plain, terms
from report_service.domain.kinds.kind import Told
from report_service.domain.telling import MISSED, alerts_said, overview, said_of
from shared.contracts.vocabulary import STATE_ZH, State


def basics(told: Told) -> Sequence[Block]:
    """Say what the report is about."""
    return [terms(*((entry.label, plain(entry.text)) for entry in told.lines.basics))]


def overview_of(told: Told) -> Sequence[Block]:
    """Say how the points stand, what was warned of, and draw their states."""
    if not told.lines.standards:
        return [paragraph("本周期尚未给该对象绑定标准，下列数据不作达标判断。")]
    blocks: list[Block] = [
        paragraph(*overview(told.writer, told.lines)),
        paragraph(*alerts_said(told.writer, told.lines)),
    ]
    states = [
        (state, count)
        for state in [*reversed(State)]
        if (count := sum(line.state == state for line in told.lines.standards))
    ]
    if len(told.lines.standards) > 3:
        series = Series(name="质控点", values=tuple(str(count) for _, count in states), colour=BLUE)
        names = [STATE_ZH[state] for state, _ in states]
        blocks.append(chart("states", "bar", "质控点状态分布（项）", names, [series]))
    return blocks


def points_said(told: Told) -> Sequence[Block]:
    """Say of every point how it stands, those that miss their standard first."""
    lines = sorted(told.lines.standards, key=lambda each: each.state not in MISSED)
    return [Bullets(items=tuple(said_of(told.writer, told.facts, each) for each in lines))]


def has_standards(told: Told) -> bool:
    """Whether anything is held against a line."""
    return bool(told.lines.standards)
