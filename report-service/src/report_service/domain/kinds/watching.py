"""Alerts and corrections, the diagnosis of every point, and what became of the last round.

Source: design "Reports" 1 (problems, measures and effects, follow-up of the last round). Cause and
measure belong to people: they stay empty and say so until somebody stated them.
"""

from collections.abc import Sequence

from report_service.domain.alert_lines import owner_of
from report_service.domain.document.blocks import Block, Cell, Span
from report_service.domain.document.writing import columns, paragraph, plain, soft, table, tag
from report_service.domain.facts_of_work import MeasureNote
from report_service.domain.kinds.kind import Told
from report_service.domain.lines import AlertLine, Blank, CorrectionLine, DiagnosisLine, Worst
from report_service.domain.telling import MISSED, alerts_said, share
from shared.contracts.causes import CAUSE_ZH, Cause

_ALERTS = columns(
    ("severity", "等级", 2),
    ("title", "事项", 4),
    ("line", "触及的线", 3),
    ("owner", "责任人", 2),
    ("before#", "发生时", 2),
    ("current#", "现值", 2),
    ("phase", "状态", 3),
    ("acknowledged", "签收", 4),
)
_CORRECTIONS = columns(
    ("severity", "等级", 2),
    ("title", "事项", 4),
    ("owner", "责任人", 2),
    ("cause", "原因", 3),
    ("measure", "措施", 4),
    ("values#", "发生时 → 现值", 3),
    ("effect#", "效果", 3),
    ("state", "状态", 5),
)
_DIAGNOSIS = columns(
    ("point", "诊断点", 3),
    ("result", "诊断结果", 5),
    ("cause", "原因分析", 4),
    ("measure", "改进措施", 4),
    ("effect", "改进效果", 4),
)
_MEASURES = columns(
    ("text", "改进措施", 6),
    ("cause", "针对的原因", 2),
    ("owner", "责任人", 2),
    ("done", "落实情况", 3),
)
_LESSONS = columns(("title", "经验教训", 6), ("indicator", "指标", 3), ("cause", "原因", 2))
SUMMARY_LIMIT = 800
"""Characters of a conclusion in a person's words. Source: our default."""


def alerts(told: Told) -> Sequence[Block]:
    """List the alerts, the gravest first, and the corrections that answer them."""
    writer = told.writer
    said = paragraph(*alerts_said(writer, told.lines))
    if not told.lines.alerts and not told.lines.corrections:
        return [said]
    return [
        said,
        table(
            "alerts",
            "预警",
            _ALERTS,
            [(each.alert, _alert(told, each)) for each in told.lines.alerts],
            "本周期没有预警。",
        ),
        table(
            "corrections",
            "纠偏",
            _CORRECTIONS,
            [(each.correction, _correction(told, each)) for each in told.lines.corrections],
            "本周期没有纠偏。",
        ),
    ]


def diagnosis(told: Told) -> Sequence[Block]:
    """Say of every point the result, the cause, the measure and its effect."""
    rows = [(each.binding, _diagnosis(told, each)) for each in told.lines.diagnosis]
    return [
        table(
            "diagnosis", "自我诊断表", _DIAGNOSIS, rows, "没有绑定标准的质控点，暂无可诊断的内容。"
        )
    ]


def problems(told: Told) -> Sequence[Block]:
    """Say only of what missed its standard the result, the cause and the measure."""
    missed = [each for each in told.lines.diagnosis if each.state in MISSED]
    rows = [(each.binding, _diagnosis(told, each)) for each in missed]
    return [table("problems", "存在问题与原因", _DIAGNOSIS, rows, "本周期各质控点均未低于标准。")]


def conclusion(told: Told) -> Sequence[Block]:
    """Quote the signed conclusions, and leave room for the summary."""
    blocks: list[Block] = [
        paragraph(Span(text=f"{_about(told, each.goal)}："), Span(text=each.conclusion))
        for each in told.facts.diagnoses
    ]
    return [*blocks, paragraph(*told.writer.place("conclusion", limit=SUMMARY_LIMIT))]


def lessons(told: Told) -> Sequence[Block]:
    """List what was learnt, each lesson with the cause that it belongs to."""
    rows = [
        (
            each.lesson,
            (
                plain(each.title),
                plain(told.facts.name_of(each.indicator) if each.indicator else "—"),
                plain(CAUSE_ZH[Cause(each.cause)] if each.cause else "—"),
            ),
        )
        for each in told.facts.lessons
    ]
    return [table("lessons", "经验教训", _LESSONS, rows, "")]


def followed_up(told: Told) -> Sequence[Block]:
    """Say which measures of the last cycle took effect (上轮整改落实)."""
    carried = _carried(told, into=True)
    if not carried:
        return [paragraph("没有上一周期转入的改进措施。")]
    effective = sum(each.effective is True for each in carried)
    said = paragraph(
        "上一周期转入改进措施 ",
        told.writer.counted(len(carried), " 项"),
        "，已核实有效 ",
        told.writer.counted(effective, " 项"),
        "，上轮整改落实率 ",
        share(told.writer, effective, len(carried)),
        "。",
    )
    rows = [(each.measure, _measure(told, each)) for each in carried]
    return [said, table("followed_up", "上轮整改落实情况", _MEASURES, rows, "")]


def next_cycle(told: Told) -> Sequence[Block]:
    """List the measures that go on to the next cycle, and leave room for its goals."""
    rows = [(each.measure, _measure(told, each)) for each in _carried(told, into=False)]
    made = table(
        "next_measures", "转入下一周期的改进措施", _MEASURES, rows, "尚无转入下一周期的改进措施。"
    )
    return [made, paragraph(*told.writer.place("next", limit=SUMMARY_LIMIT))]


def _carried(told: Told, *, into: bool) -> list[MeasureNote]:
    mine = {each.cycle for each in told.facts.cycles}
    return [
        each for each in told.facts.measures if (each.carried_to if into else each.cycle) in mine
    ]


def _about(told: Told, goal: str) -> str:
    return next((each.title for each in told.facts.goals if each.id == goal), "诊断结论")


def _measure(told: Told, measure: MeasureNote) -> tuple[Cell, ...]:
    done = {None: "待核实", True: "有效", False: "未见效果"}[measure.effective]
    cause = CAUSE_ZH[Cause(measure.cause)] if measure.cause else "—"
    note = [soft(measure.note)] if measure.note else []
    return (
        plain(measure.text),
        plain(cause),
        told.writer.who(owner_of(told.facts, measure.owner)),
        (Span(text=done), *note),
    )


def _alert(told: Told, line: AlertLine) -> tuple[Cell, ...]:
    key = f"alert/{line.alert}"
    return (
        (tag(line.severity_zh, line.severity), *_was(line.worst)),
        plain(line.title),
        told.writer.limit(line.line_zh, key),
        told.writer.who(line.owner),
        (told.writer.bound(line.before, key),),
        (told.writer.bound(line.current, key), soft(line.current_zh)),
        (Span(text=line.phase_zh), soft(line.raised_at_zh)),
        (Span(text=line.acknowledged_zh), soft(f"签收时限 {line.due_at_zh}")),
    )


def _correction(told: Told, line: CorrectionLine) -> tuple[Cell, ...]:
    key, place = f"correction/{line.correction}", f"corrections/{line.correction}"
    writer = told.writer
    return (
        (tag(line.severity_zh, line.severity), *_was(line.worst)),
        (Span(text=line.title), soft(line.line_zh)),
        writer.who(line.owner),
        writer.place(f"{place}/cause", told=line.cause),
        writer.place(f"{place}/measure", told=line.measure),
        (writer.bound(line.before, key), Span(text=" → "), writer.bound(line.current, key)),
        (writer.bound(line.effect, key),),
        (Span(text=line.state_zh), soft(f"{line.opened_at_zh} 立项"), soft(line.cycle_zh)),
    )


def _diagnosis(told: Told, line: DiagnosisLine) -> tuple[Cell, ...]:
    place = f"diagnosis/{line.binding}"
    return (
        plain(line.point),
        plain(line.result),
        told.writer.place(f"{place}/cause", told=_known(told, line, "cause") or line.cause),
        told.writer.place(f"{place}/measure", told=_known(told, line, "measure") or line.measure),
        told.writer.place(f"{place}/effect", told=line.effect),
    )


def _known(told: Told, line: DiagnosisLine, what: str) -> Blank | None:
    """Return what the corrections of a point say already, so that nobody types it again."""
    indicator = next(
        (each.indicator for each in told.facts.bindings if each.id == line.binding), None
    )
    mine = {each.correction for each in told.facts.corrections if each.indicator == indicator}
    blanks = [
        each.cause if what == "cause" else each.measure
        for each in told.lines.corrections
        if each.correction in mine
    ]
    texts = list(dict.fromkeys(each.text for each in blanks if each.text))
    return Blank(text="；".join(texts), to_fill=False) if texts else None


def _was(worst: Worst | None) -> tuple[Span, ...]:
    return (soft(f"曾达 {worst.severity_zh} · {worst.value.shown}"),) if worst else ()
