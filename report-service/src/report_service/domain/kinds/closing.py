"""What every report ends with: coverage and freshness, restated figures, the sources.

Source: design "Reports" 1 (each adds a statement, restated figures, an index of evidence).
"""

from collections.abc import Sequence

from report_service.domain.document.blocks import Block, Bullets
from report_service.domain.document.writing import columns, paragraph, plain, table, terms
from report_service.domain.kinds.kind import Told
from report_service.domain.telling import past_key
from report_service.domain.wording import figure, period_words

_RESTATED = columns(
    ("indicator", "指标", 4),
    ("period", "周期", 3),
    ("before#", "原报数", 2),
    ("after#", "现报数", 2),
    ("why", "原因", 4),
)


def statement(told: Told) -> Sequence[Block]:
    """Say what the data cover, and how fresh they are."""
    told_ = told.lines.statement
    states = "".join(f"；{state}{count}项" for state, count in told_.by_state.items())
    blocks: list[Block] = [
        terms(
            ("质控点", plain(f"共{told_.bound}项，有数据{told_.with_data}项{states}")),
            ("最低覆盖率", plain(told_.lowest_coverage.shown)),
            ("数据时间", plain(f"最早 {told_.oldest_data_at_zh}，最新 {told_.newest_data_at_zh}")),
            ("人工填报", plain("、".join(told_.manual) or "无")),
        )
    ]
    if told_.remarks:
        blocks.append(Bullets(items=tuple(plain(each) for each in told_.remarks)))
    return blocks


def restated(told: Told) -> Sequence[Block]:
    """List what was stated before and is another value now."""
    rows = []
    for old in told.facts.restated:
        unit = told.facts.unit_of(old.indicator)
        now = [
            each for each in told.facts.history.get(old.indicator, ()) if each.period == old.period
        ]
        after = now[0] if now else None
        changed = after is not None and after.formula_version != old.formula_version
        why = "口径变更：公式第{}版改为第{}版" if changed and after else "源数据更正"
        rows.append(
            (
                past_key(old),
                (
                    plain(told.facts.name_of(old.indicator)),
                    plain(period_words(old.period)),
                    (told.writer.bound(figure(old.value, unit), past_key(old)),),
                    (told.writer.bound(figure(after.value, unit), past_key(after)),)
                    if after
                    else plain("—"),
                    plain(why.format(old.formula_version, after.formula_version if after else "")),
                ),
            )
        )
    return [
        paragraph("下列往期数据与先前所报不同，本报告按现行口径列示，并保留原报数。"),
        table("restated", "数据重述", _RESTATED, rows, ""),
    ]


def has_restated(told: Told) -> bool:
    """Whether anything was stated otherwise before."""
    return bool(told.facts.restated)
