"""Follow a point from goal over standard, task, value, alert and measure to its effect.

A link that is missing is told as missing: a reviewer asks for it anyway.

Source: design "Reports" 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from report_service.domain.alert_lines import alert_lines, correction_lines, effect_words, owner_of
from report_service.domain.facts import BindingFact, Facts
from report_service.domain.kinds.work import TASK_STATE_ZH
from report_service.domain.wording import (
    date_words,
    instant_words,
    limit_words,
    reason_words,
    state_words,
)
from shared.contracts.wording import value_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of a chain."""

    step: str
    zh: str
    texts: tuple[str, ...]
    """Nothing: it is missing."""

    keys: tuple[str, ...] = ()
    """Ids of the facts that say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A point of an object, followed from its goal to its effect."""

    scope: str
    scope_name: str
    point: str
    indicator: str
    measurement: str | None
    """Id of the value; its rows are told by the hub."""

    rows: str | None
    """File of the archive in which they lie, where they were added."""

    links: tuple[Link, ...]


def draw(keys: Sequence[str], seed: str, count: int) -> list[str]:
    """Return some of the keys, drawn by lot: the same seed draws the same."""
    lots = sorted(keys, key=lambda key: sha256(f"{seed}|{key}".encode()).digest())
    return sorted(lots[:count])


def traces_of(facts: Facts, most: int) -> list[Trace]:
    """Return the chains of the points of an object, in the order of their titles."""
    return [_trace(facts, each) for each in facts.bindings[:most]]


def rows_file(measurement: str) -> str:
    """Return the name of the file that holds the rows of a value."""
    return f"rows/{sha256(measurement.encode()).hexdigest()[:16]}.json"


def _trace(facts: Facts, binding: BindingFact) -> Trace:
    measured = facts.measurements.get(binding.indicator)
    return Trace(
        scope=facts.about.scope,
        scope_name=facts.about.name_zh,
        point=binding.title,
        indicator=binding.indicator,
        measurement=measured.id if measured else None,
        rows=rows_file(measured.id) if measured else None,
        links=(
            _goal(facts, binding),
            _standard(facts, binding),
            _tasks(facts, binding),
            _value(facts, binding),
            _alerts(facts, binding),
            *_corrections(facts, binding),
        ),
    )


def _goal(facts: Facts, binding: BindingFact) -> Link:
    mine = [each for each in facts.goals if each.indicator == binding.indicator]
    unit = facts.unit_of(binding.indicator)
    texts = [
        f"{each.title}（目标值 {limit_words(each.target, unit)}，"
        f"责任人 {owner_of(facts, each.owner).name}，期限 {date_words(each.deadline)}）"
        for each in mine
    ]
    return Link(step="goal", zh="目标", texts=tuple(texts), keys=tuple(each.id for each in mine))


def _standard(facts: Facts, binding: BindingFact) -> Link:
    unit = facts.unit_of(binding.indicator)
    tiers = {"floor": "底线", "qualified": "合格", "good": "良好", "benchmark": "标杆"}
    told = [
        f"{zh} {limit_words(binding.tiers[tier], unit)}"
        for tier, zh in tiers.items()
        if tier in binding.tiers
    ]
    document = f"标准文本 {binding.standard} 第{binding.standard_version}版"
    texts = ["，".join(told)] if told else []
    texts += [document] if binding.standard else []
    return Link(step="standard", zh="标准", texts=tuple(texts), keys=(binding.id,))


def _tasks(facts: Facts, binding: BindingFact) -> Link:
    goals = {each.id for each in facts.goals if each.indicator == binding.indicator}
    mine = [each for each in facts.tasks if goals & set(each.goals)]
    texts = tuple(
        f"{each.title}（{TASK_STATE_ZH[each.state]}，进度 {value_words(each.progress, 'ratio')}，"
        f"责任人 {owner_of(facts, each.owner).name}，时限 {date_words(each.ends_on)}）"
        for each in mine
    )
    return Link(step="task", zh="任务", texts=texts, keys=tuple(each.task for each in mine))


def _value(facts: Facts, binding: BindingFact) -> Link:
    measured = facts.measurements.get(binding.indicator)
    judged = facts.judgements.get(binding.id)
    if measured is None:
        return Link(step="value", zh="测量值", texts=())
    unit = facts.unit_of(binding.indicator)
    parts = f"（{measured.numerator} ÷ {measured.denominator}）" if measured.denominator else ""
    why = reason_words(measured.reason)
    said = [
        f"{value_words(measured.value, unit)}{parts}",
        *([why] if why else []),
        f"覆盖率 {value_words(measured.coverage, 'ratio')}",
        f"公式第{measured.formula_version}版",
        f"{instant_words(measured.at)} 测得",
    ]
    texts = ["，".join(said)]
    if judged is not None:
        texts.append(f"判定：{state_words(judged.state)}")
    return Link(step="value", zh="测量值", texts=tuple(texts), keys=(measured.id,))


def _alerts(facts: Facts, binding: BindingFact) -> Link:
    mine = {each.alert for each in facts.alerts if each.indicator == binding.indicator}
    lines = [each for each in alert_lines(facts) if each.alert in mine]
    texts = tuple(
        f"{each.severity_zh}色，{each.line_zh}，发生时 {each.before.shown}，{each.phase_zh}，"
        f"{each.acknowledged_zh}"
        for each in lines
    )
    is_met = not lines and _is_met(facts, binding)
    texts = texts or (("未触发预警：现值达到标准",) if is_met else ())
    return Link(step="alert", zh="预警", texts=texts, keys=tuple(each.alert for each in lines))


def _corrections(facts: Facts, binding: BindingFact) -> tuple[Link, Link]:
    mine = {each.correction for each in facts.corrections if each.indicator == binding.indicator}
    lines = [each for each in correction_lines(facts) if each.correction in mine]
    keys = tuple(each.correction for each in lines)
    measures = tuple(
        f"原因：{each.cause.text or '待填写'}；措施：{each.measure.text or '待填写'}；"
        f"责任人 {each.owner.name}"
        for each in lines
    )
    effects = tuple(effect_words(each) for each in lines)
    if not lines and _is_met(facts, binding):
        measures = effects = ("无需纠偏：现值达到标准",)
    return (
        Link(step="measure", zh="措施", texts=measures, keys=keys),
        Link(step="effect", zh="效果", texts=effects, keys=keys),
    )


def _is_met(facts: Facts, binding: BindingFact) -> bool:
    judged = facts.judgements.get(binding.id)
    return judged is not None and judged.state in {"met_standard", "met_target"}
