"""From facts to lines: each with its words, nothing added.

Source: plan M074 and §六; design "Reports" 1 and 2. Cause and measure belong to people: they
stay empty and say so.
"""

from collections.abc import Sequence
from typing import ClassVar, Final

from report_service.domain.alert_lines import (
    alert_lines,
    correction_lines,
    effect_words,
    owner_of,
)
from report_service.domain.appendix import make_statement
from report_service.domain.facts import (
    BindingFact,
    Facts,
    GoalFact,
    JudgementFact,
    MeasurementFact,
)
from report_service.domain.lines import (
    Blank,
    CorrectionLine,
    DiagnosisLine,
    Entry,
    GoalLine,
    Lines,
    StandardLine,
    ValueLine,
)
from report_service.domain.naming import KIND_ZH, owner_words, owners_words, scope_words
from report_service.domain.wording import (
    FLAG_ZH,
    date_words,
    figure,
    instant,
    instant_words,
    limit_numbers,
    limit_words,
    period_words,
    reason_words,
    state_words,
    step_words,
)
from shared.contracts.vocabulary import LEVEL_ZH, State, level_of
from shared.contracts.wording import change_words
from shared.errors import DomainError, ErrorKind

_MISSED: Final = {State.BELOW_FLOOR, State.BELOW_STANDARD, State.BELOW_TARGET}


class NothingToReportError(DomainError):
    """Nothing is known of the scope in that period."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "report-without-data"
    title_zh: ClassVar = "没有可写入报告的数据"
    title_en: ClassVar = "Nothing to report"


def make_lines(facts: Facts) -> Lines:
    """Return what the facts on one scope and period say.

    Raises:
        NothingToReportError: nothing is known of the scope in that period.
    """
    if not facts.has_data():
        raise _nothing_to_report(facts)
    standards = [_standard(facts, each) for each in facts.bindings]
    corrections = correction_lines(facts)
    return Lines(
        basics=_basics(facts),
        goals=[_goal(facts, each) for each in facts.goals],
        standards=standards,
        values=_values(facts),
        alerts=alert_lines(facts),
        corrections=corrections,
        diagnosis=[_diagnosis(facts, each, corrections) for each in standards],
        statement=make_statement(facts, standards),
    )


def _nothing_to_report(facts: Facts) -> NothingToReportError:
    scope, period = facts.about.scope, facts.period
    zh, en = "、".join(facts.told_periods), ", ".join(facts.told_periods)
    return NothingToReportError(
        f"{facts.about.name_zh}（{scope}）在{period_words(period)}没有目标、标准、状态数据或预警",
        f"there is no goal, standard, value or alert of {scope} in {period}",
        fields={"$.period": [f"有数据的周期：{zh} (periods with data: {en})"]} if zh else {},
        fixes=[
            "换一个有数据的周期 (choose a period with data)",
            "POST /api/target/v1/bindings",
            "POST /api/datahub/v1/batches",
        ],
    )


def _basics(facts: Facts) -> list[Entry]:
    about = facts.about
    kind, _, key = about.scope.partition("/")
    level, period = level_of(about.scope), facts.period
    entries = [
        _entry("诊改对象", about.name_zh, "Object", about.name_en or about.name_zh),
        _entry("对象编号", f"{key}（{KIND_ZH[kind]}）", "Number", f"{key} ({kind})"),
        _entry("所属层面", LEVEL_ZH[level], "Level", level),
        _entry("诊改周期", period_words(period), "Period", period),
    ]
    if about.name_en:
        entries.insert(1, _entry("英文名称", about.name_en, "Chinese name", about.name_zh))
    if about.parents:
        named = [scope_words(parent, facts.names) for parent in about.parents]
        entries.append(_entry("上级对象", "、".join(named), "Part of", ", ".join(named)))
    if about.owners:
        said = owners_words(about.owners, facts.names)
        people = [owner_words(each["person"], facts.names) for each in about.owners]
        entries.append(_entry("责任人", said, "Owner", ", ".join(people)))
    entries += [
        _entry(
            "“8”字螺旋",
            f"{period_words(each.period)}，当前环节：{step_words(each.step, each.step_zh)}",
            "Figure eight",
            f"{each.period}, now at: {each.step}",
        )
        for each in facts.cycles
    ]
    return entries


def _entry(label: str, text: str, label_en: str, text_en: str) -> Entry:
    return Entry(label=label, text=text, label_en=label_en, text_en=text_en)


def _goal(facts: Facts, goal: GoalFact) -> GoalLine:
    return GoalLine(
        goal=goal.id,
        title=goal.title,
        owner=owner_of(facts, goal.owner),
        target=limit_words(goal.target, facts.unit_of(goal.indicator)),
        deadline=goal.deadline,
        deadline_zh=date_words(goal.deadline),
    )


def _standard(facts: Facts, binding: BindingFact) -> StandardLine:
    unit = facts.unit_of(binding.indicator)
    judged = facts.judgements.get(binding.id)
    measured = facts.measurements.get(binding.indicator)
    # State and value must belong together: the judged value is shown, and a newer one flagged.
    basis = judged or measured
    limits = {
        "target": binding.target,
        "standard": binding.standard_limit(),
        "floor": binding.tiers.get("floor"),
    }
    return StandardLine(
        binding=binding.id,
        title=binding.title,
        indicator=binding.indicator,
        indicator_zh=facts.name_of(binding.indicator),
        owner=owner_of(facts, binding.owner),
        target=limit_words(limits["target"], unit),
        standard=limit_words(limits["standard"], unit),
        floor=limit_words(limits["floor"], unit),
        warning=limit_words(binding.warning, unit),
        marks={name: limit_numbers(limit) for name, limit in limits.items() if limit},
        current=figure(
            basis.value if basis else None,
            unit,
            numerator=basis.numerator if basis else None,
            denominator=basis.denominator if basis else None,
        ),
        state=judged.state if judged else None,
        state_zh=state_words(judged.state if judged else None),
        flags=_flags(judged, measured),
        gap=figure(judged.gap if judged else None, unit),
        attainment=figure(judged.attainment if judged else None, "ratio"),
        coverage=figure(basis.coverage if basis else None, "ratio"),
        rows=measured.n if measured else None,
        freshest_at=instant(measured.freshest_at if measured else None),
        freshest_at_zh=instant_words(measured.freshest_at if measured else None),
        formula_version=basis.formula_version if basis else None,
        standard_version=judged.standard_version if judged else binding.standard_version,
        reason=reason_words(measured.reason if measured else None),
    )


def _flags(judged: JudgementFact | None, measured: MeasurementFact | None) -> list[str]:
    """Say what a reader must know beside the state."""
    if judged is None:
        return []
    flags = [words for flag, words in FLAG_ZH.items() if getattr(judged, flag)]
    if measured and judged.value != measured.value:
        flags.append("新值待判定")
    return flags


def _values(facts: Facts) -> list[ValueLine]:
    bound = {binding.indicator for binding in facts.bindings}
    return [
        ValueLine(
            indicator=measured.indicator,
            indicator_zh=facts.name_of(measured.indicator),
            current=figure(
                measured.value,
                facts.unit_of(measured.indicator),
                numerator=measured.numerator,
                denominator=measured.denominator,
            ),
            coverage=figure(measured.coverage, "ratio"),
            rows=measured.n,
            freshest_at=instant(measured.freshest_at),
            freshest_at_zh=instant_words(measured.freshest_at),
            formula_version=measured.formula_version,
            reason=reason_words(measured.reason),
        )
        for measured in facts.measurements.values()
        if measured.indicator not in bound
    ]


def _diagnosis(
    facts: Facts, line: StandardLine, corrections: Sequence[CorrectionLine]
) -> DiagnosisLine:
    missed = line.state in _MISSED
    result = line.state_zh
    if line.current.value is not None:
        result += f"：现值 {line.current.shown}，标准 {line.standard}，目标 {line.target}"
        if missed and line.gap.value is not None:
            gap = change_words(line.gap.value, line.gap.unit).lstrip("+")
            result += f"，与标准相差 {gap}"
    elif line.reason:
        result += f"：{line.reason}"
    mine = {each.correction for each in facts.corrections if each.indicator == line.indicator}
    effects = [effect_words(each) for each in corrections if each.correction in mine]
    return DiagnosisLine(
        binding=line.binding,
        point=line.title,
        result=result,
        state=line.state,
        cause=Blank(text=None, to_fill=missed),
        measure=Blank(text=None, to_fill=missed),
        effect=Blank(text="；".join(effects) or None, to_fill=False),
    )
