"""What explains the numbers of a report: a note for each fact, made when a number needs it.

Source: design "Reports" 2; contract "Who owns what" (explanations are read on demand).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote

from report_service.domain.appendix import measured_words
from report_service.domain.document.writing import COUNTED
from report_service.domain.facts import Facts
from report_service.domain.telling import count_of, past_key
from report_service.domain.wording import figure, instant_words, period_words

Told = tuple[str, int, str, str, str]
"""Kind, version, text, when it was stated, link."""

_EXPLANATION: Final = "/api/datahub/v1/measurements/{}/explanation"


def sources_of(facts: Facts) -> Mapping[str, Told]:
    """Return the note of each fact by its key; ``measurement/<indicator>``, ``binding/<id>``."""
    return dict([*_measured(facts), *_stated(facts), *_computed(facts)])


def _measured(facts: Facts) -> Iterator[tuple[str, Told]]:
    for each in facts.measurements.values():
        parts = ""
        if each.numerator is not None and each.denominator is not None:
            parts = f"，{each.numerator} ÷ {each.denominator}"
        coverage = figure(each.coverage, "ratio").shown
        text = f"{measured_words(facts, each)}{parts}，覆盖率 {coverage}"
        yield (
            f"measurement/{each.indicator}",
            _told(
                "状态数据",
                each.version,
                text,
                each.at,
                _EXPLANATION.format(quote(each.id, safe="")),
            ),
        )
    for values in (*facts.history.values(), facts.restated):
        for past in values:
            text = (
                f"{facts.name_of(past.indicator)}，{period_words(past.period)}，"
                f"公式第{past.formula_version}版"
            )
            link = _EXPLANATION.format(quote(past.id, safe=""))
            yield past_key(past), _told("历史数据", past.version, text, past.at, link)


def _stated(facts: Facts) -> Iterator[tuple[str, Told]]:
    for binding in facts.bindings:
        document = f"，标准文本第{binding.standard_version}版" if binding.standard_version else ""
        text = f"{binding.title}的目标、标准与预警值{document}"
        yield f"binding/{binding.id}", _told("标准绑定", binding.version, text, binding.at)
    titles = {each.id: each.title for each in facts.bindings}
    for judged in facts.judgements.values():
        text = f"{titles.get(judged.binding, judged.binding)}，按绑定的标准判断"
        yield f"judgement/{judged.binding}", _told("达成判断", judged.version, text, judged.at)
    aims = {each.id: each.title for each in (*facts.goals, *facts.parts)}
    for standing in facts.standings.values():
        text = f"{aims.get(standing.goal, standing.goal)}的达成度，由其子目标与指标汇总"
        yield f"standing/{standing.goal}", _told("目标达成", standing.version, text, standing.at)
    for survey in facts.surveys:
        text = survey.origin or facts.name_of(survey.indicator or "")
        # Its version is the instant at which it was stated, which the note says anyway.
        yield f"survey/{survey.survey}", _told("文化调查", 1, text, survey.at)
    for kind, zh, key, group in (
        ("goal", "目标", "id", (*facts.goals, *facts.parts)),
        ("alert", "预警", "alert", facts.alerts),
        ("correction", "纠偏", "correction", facts.corrections),
        ("task", "任务", "task", facts.tasks),
        ("assessment", "考核", "assessment", facts.assessments),
        ("campaign", "文化活动", "campaign", facts.campaigns),
    ):
        for each in group:
            yield f"{kind}/{getattr(each, key)}", _told(zh, each.version, each.title, each.at)


def _computed(facts: Facts) -> Iterator[tuple[str, Told]]:
    at = facts.as_of()
    yield COUNTED, _told("本报告计数", 1, "对本报告所列条目计数；占比为两个计数之比", at)
    for group in facts.groups.values():
        text = (
            f"{facts.name_of(group.indicator)}，同期同类对象 {group.n:,} 个有数据，"
            "取中间一个的值（偶数个时取较小者）"
        )
        yield f"group/{group.indicator}", _told("同类中位数", 1, text, at)
    for each in facts.influences:
        text = (
            f"{facts.name_of(each.indicator)}与{facts.name_of(each.factor)}的皮尔逊相关系数，"
            f"同期两项都有数据的{count_of(each.kind, each.n)}"
        )
        yield f"influence/{each.indicator}/{each.factor}", _told("相关分析", 1, text, at)


def _told(kind: str, version: int, text: str, at: datetime, link: str = "") -> Told:
    return kind, version, text, instant_words(at), link
