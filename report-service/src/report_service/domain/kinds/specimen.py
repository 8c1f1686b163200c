"""A report of a kind with every block there is, on which a template is tried before it is kept.

Source: our default.
"""

from typing import Final

from report_service.domain.document.blocks import (
    Bullets,
    Cover,
    Document,
    Heading,
    Note,
    Section,
    Series,
    Span,
    sealed,
)
from report_service.domain.document.charts import BLUE, chart
from report_service.domain.document.writing import columns, paragraph, plain, table, tag, terms
from report_service.domain.kinds.composing import ordinal
from report_service.domain.kinds.kind import Kind

_NUMBER: Final = Span(text="31.17%", kind="bound", exact="0.3117", note=1)


def specimen(kind: Kind) -> Document:
    """Return a document that has every section of a kind, and in each every kind of block."""
    series = [Series(name="现值", values=("31.17", None, "24"), colour=BLUE)]
    drawn = chart("drawn", "line", "走势", ["第一期", "第二期", "本期"], series)
    sections = tuple(
        Section(
            key=each.key,
            title=f"{ordinal(at)}、{each.title}",
            blocks=(
                paragraph("退学率现值为 ", _NUMBER, "。"),
                Heading(text="小标题"),
                Bullets(items=(plain("甲"), plain("乙"))),
                terms(("对象", plain("社会科学导论"))),
                table(
                    each.key,
                    each.title,
                    columns(("point", "质控点", 2), ("state", "状态", 1)),
                    [("one", (plain("退学率"), (tag("未达标准", "below_standard"),)))],
                    "",
                ),
                drawn,
            ),
        )
        for at, each in enumerate(kind.sections, start=1)
    )
    return sealed(Document(cover=_cover(kind), sections=sections, notes=(_NOTE,)))


_NOTE: Final = Note(
    number=1,
    kind="状态数据",
    key="withdrawn_rate",
    version=1,
    text="退学率",
    link="",
    stated_at="2026年11月23日 16:00",
)


def _cover(kind: Kind) -> Cover:
    return Cover(
        title=kind.title,
        kind=kind.key,
        template_version=kind.version,
        number=f"{kind.number}-20261123-00000000",
        digest="",
        level_zh="课程",
        scope="course/C0001",
        scope_name="社会科学导论",
        period="term:2026-2027-1",
        period_zh="2026–2027学年第一学期",
        as_of="2026-11-23T08:00:00Z",
        as_of_zh="2026年11月23日 16:00",
        signers=kind.signers,
    )
