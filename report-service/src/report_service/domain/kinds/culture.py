"""The dossier of the culture of quality (质量文化材料): what surveys found, what was done.

Source: plan M092–M093, M171 (质量文化方案及过程材料); the order is our default.
"""

from collections.abc import Sequence
from typing import Final

from report_service.domain.document.blocks import Block, Cell
from report_service.domain.document.writing import columns, paragraph, plain, soft, table
from report_service.domain.kinds.kind import Told
from report_service.domain.wording import date_words, figure

LEVEL_ZH: Final = {"awareness": "知晓", "identification": "认同", "construction": "建构"}
MEASURE_ZH: Final = {"spirit": "精神", "material": "物质", "institution": "制度", "conduct": "行为"}

_SURVEYS = columns(
    ("level", "层次", 2),
    ("measure", "维度", 2),
    ("score#", "得分（百分制）", 2),
    ("respondents#", "答卷人数", 2),
    ("origin", "来源", 6),
)
_CAMPAIGNS = columns(
    ("held", "日期", 3),
    ("title", "活动", 4),
    ("kind", "层次与维度", 3),
    ("people#", "参加人数", 2),
    ("text", "内容与材料", 8),
)


def surveys(told: Told) -> Sequence[Block]:
    """List what surveys found, by level and measure."""
    order = {name: at for at, name in enumerate((*LEVEL_ZH, *MEASURE_ZH))}
    found = sorted(told.facts.surveys, key=lambda each: (order[each.level], order[each.measure]))
    rows: list[tuple[str, tuple[Cell, ...]]] = [
        (
            each.survey,
            (
                plain(LEVEL_ZH[each.level]),
                plain(MEASURE_ZH[each.measure]),
                (told.writer.bound(figure(each.score, "score"), f"survey/{each.survey}"),),
                plain(f"{each.respondents:,}" if each.respondents else "—"),
                plain(each.origin or (told.facts.name_of(each.indicator or "") or "—")),
            ),
        )
        for each in found
    ]
    return [table("surveys", "质量文化调查", _SURVEYS, rows, "本周期没有填报调查结果。")]


def campaigns(told: Told) -> Sequence[Block]:
    """List what was done, each with its materials."""
    made = told.facts.campaigns
    people = sum(each.participants for each in made)
    rows: list[tuple[str, tuple[Cell, ...]]] = [
        (
            each.campaign,
            (
                plain(date_words(each.held_on)),
                plain(each.title),
                plain(f"{LEVEL_ZH[each.level]}·{MEASURE_ZH[each.measure]}"),
                (
                    told.writer.bound(
                        figure(str(each.participants), "count"), f"campaign/{each.campaign}"
                    ),
                ),
                (
                    *plain(each.text),
                    *(
                        soft(f"材料 {file['name']}（{file['digest'][:8]}）")
                        for file in each.materials
                    ),
                ),
            ),
        )
        for each in made
    ]
    said = paragraph(
        "开展质量文化活动 ",
        told.writer.counted(len(made), " 项"),
        "，参加 ",
        told.writer.counted(people, " 人次"),
        "。",
    )
    return [said, table("campaigns", "质量文化活动", _CAMPAIGNS, rows, "本周期没有登记活动。")]
