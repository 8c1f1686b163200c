"""Which kinds of report there are.

Source: plan M074, M160–M173 (outputs); who signs is our default.
"""

from collections.abc import Sequence
from typing import ClassVar, Final

from report_service.domain.document.blocks import BRIEFING
from report_service.domain.kinds import (
    annual,
    basics,
    briefing,
    chains,
    closing,
    culture,
    influences,
    papers,
    watching,
    work,
)
from report_service.domain.kinds.kind import Kind, SectionRule
from shared.errors import DomainError, ErrorKind

SELF_DIAGNOSIS: Final = "self_diagnosis"
_EVERY: Final = frozenset(
    {"school", "unit", "major", "course", "class", "group", "teacher", "student", "feed"}
)
_WIDE: Final = frozenset({"school", "unit"})

BASICS = SectionRule(key="basics", title="基本情况", make=basics.basics)
OVERVIEW = SectionRule(key="overview", title="工作概述", make=basics.overview_of)
GOALS = SectionRule(
    key="goals",
    title="目标完成情况",
    make=chains.goals,
    when=lambda told: bool(told.facts.goals),
    condition="有生效的目标",
)
STANDARDS = SectionRule(key="standards", title="标准达成情况", make=chains.standards)
POINTS = SectionRule(
    key="points",
    title="逐项对比",
    make=basics.points_said,
    when=basics.has_standards,
    condition="有绑定标准的质控点",
)
INFLUENCES = SectionRule(
    key="influences",
    title="影响因素分析",
    make=influences.influences,
    when=influences.has_influences,
    condition="有未达标的质控点，且同类对象至少 8 个有数据",
)
HISTORY = SectionRule(
    key="history",
    title="历年走势",
    make=chains.history,
    when=lambda told: any(len(each) > 1 for each in told.facts.history.values()),
    condition="至少有两个往期的值",
)
VALUES = SectionRule(
    key="values",
    title="其他状态数据",
    make=chains.values,
    when=lambda told: bool(told.lines.values),
    condition="有未设标准的状态数据",
)
TASKS = SectionRule(
    key="tasks",
    title="任务完成情况",
    make=work.task_list,
    when=work.has_tasks,
    condition="有下达的任务",
)
OBJECTS = SectionRule(
    key="objects",
    title="下级对象达标情况",
    make=work.objects,
    when=work.has_children,
    condition="下级对象有数据",
)
ALERTS = SectionRule(key="alerts", title="监测、预警与纠偏", make=watching.alerts)
PROBLEMS = SectionRule(key="problems", title="存在问题与原因", make=watching.problems)
DIAGNOSIS = SectionRule(key="diagnosis", title="自我诊断", make=watching.diagnosis)
CONCLUSION = SectionRule(key="conclusion", title="诊断结论", make=watching.conclusion)
LESSONS = SectionRule(
    key="lessons",
    title="经验教训",
    make=watching.lessons,
    when=lambda told: bool(told.facts.lessons),
    condition="有入库的经验教训",
)
FOLLOWED_UP = SectionRule(key="followed_up", title="上轮整改落实", make=watching.followed_up)
NEXT = SectionRule(key="next", title="下一周期目标与改进", make=watching.next_cycle)
STATEMENT = SectionRule(key="statement", title="数据覆盖与时效说明", make=closing.statement)
RESTATED = SectionRule(
    key="restated",
    title="数据重述",
    make=closing.restated,
    when=closing.has_restated,
    condition="往期数据与先前所报不同",
)
DECOMPOSITION = SectionRule(key="decomposition", title="目标分解", make=chains.decomposition)
BREAKDOWN = SectionRule(key="breakdown", title="任务分解表", make=work.breakdown)
TASK_LIST = SectionRule(key="task_list", title="年度目标任务清单", make=work.task_list)
TASK_RESULTS = SectionRule(key="task_results", title="任务考核表", make=work.task_results)
RESULTS = SectionRule(key="results", title="考核结果", make=work.results)
AIMS = SectionRule(
    key="aims",
    title="服务的目标",
    make=papers.aims,
    when=lambda told: bool(told.facts.goals),
    condition="有生效的目标",
)
DUTIES = SectionRule(
    key="duties",
    title="职责分工",
    make=papers.duties,
    when=work.has_tasks,
    condition="有下达的任务",
)

_PAPER: Final = (
    papers.written("purpose", "目的与依据", 800),
    papers.written("body", "正文", papers.CLAUSES_LIMIT),
    AIMS,
    DUTIES,
    papers.written("requirements", "工作要求", 800),
)
_DIAGNOSED: Final = (
    BASICS,
    OVERVIEW,
    GOALS,
    STANDARDS,
    POINTS,
    INFLUENCES,
    HISTORY,
    VALUES,
    TASKS,
    OBJECTS,
    ALERTS,
    PROBLEMS,
    DIAGNOSIS,
    CONCLUSION,
    LESSONS,
    FOLLOWED_UP,
    NEXT,
    STATEMENT,
    RESTATED,
)
_ONE: Final = tuple(each for each in _DIAGNOSED if each not in {PROBLEMS, OBJECTS})
_MANY: Final = tuple(each for each in _DIAGNOSED if each != DIAGNOSIS)
_TITLES: Final = {
    "school": "学校自我诊改报告",
    "unit": "部门自我诊改报告",
    "major": "专业自我诊改报告",
    "course": "课程自我诊改报告",
    "class": "课程自我诊改报告",
    "teacher": "教师自我诊改报告",
    "group": "学生工作自我诊改报告",
    "student": "学生自我诊改报告",
    "feed": "数据源自我诊改报告",
}


def _kind(  # noqa: PLR0913, PLR0917 — what a kind is
    key: str,
    title: str,
    number: str,
    sections: Sequence[SectionRule],
    scopes: frozenset[str],
    output: str,
    version: int = 1,
) -> Kind:
    return Kind(
        key=key,
        title=title,
        number=number,
        version=version,
        scopes=scopes,
        sections=tuple(sections),
        signers=("编制人", "审核人", "负责人"),
        output=output,
    )


KINDS: Final[dict[str, Kind]] = {
    each.key: each
    for each in (
        Kind(
            key=SELF_DIAGNOSIS,
            title="自我诊改报告",
            number="ZZ",
            version=6,
            scopes=_EVERY,
            sections=_DIAGNOSED,
            output="M167",
            signers=("诊改对象负责人", "质量管理办公室", "主管领导"),
        ),
        _kind(
            "annual_quality",
            "年度质量报告",
            "ND",
            (
                BASICS,
                OVERVIEW,
                *annual.SECTIONS,
                TASKS,
                ALERTS,
                CONCLUSION,
                NEXT,
                STATEMENT,
                RESTATED,
            ),
            frozenset({"school"}),
            "M172",
            version=2,
        ),
        _kind(
            "goal_decomposition",
            "目标分解表",
            "MB",
            (DECOMPOSITION, STATEMENT),
            _EVERY,
            "M162",
            version=2,
        ),
        _kind(
            "annual_tasks", "年度目标任务清单", "QD", (GOALS, TASK_LIST), _WIDE | {"major"}, "M163"
        ),
        _kind("task_breakdown", "任务分解表", "FJ", (BREAKDOWN,), _WIDE | {"major"}, "M164"),
        _kind("task_assessment", "任务考核表", "KH", (TASK_RESULTS,), _WIDE | {"major"}, "M165"),
        _kind("assessment_results", "考核结果", "JG", (RESULTS,), _WIDE, "M166"),
        _kind("standards_text", "标准文本", "BZ", (STANDARDS, STATEMENT), _EVERY, "M168"),
        _kind(
            "culture_dossier",
            "质量文化材料",
            "WH",
            (
                papers.written("scheme", "质量文化方案", papers.CLAUSES_LIMIT),
                SectionRule(key="campaigns", title="质量文化活动", make=culture.campaigns),
                SectionRule(key="surveys", title="质量文化调查", make=culture.surveys),
                CONCLUSION,
            ),
            _WIDE | {"major"},
            "M171",
            version=2,
        ),
        _kind(
            "regulation",
            "制度文件",
            "ZD",
            (
                papers.written("purpose", "制定目的与依据", 800),
                AIMS,
                papers.written("applies", "适用范围", 400),
                DUTIES,
                papers.written("clauses", "主要条款", papers.CLAUSES_LIMIT),
                SectionRule(key="carried_out", title="执行情况", make=papers.carried_out),
                papers.written("supplement", "附则", 400),
                STATEMENT,
            ),
            _WIDE,
            "M170",
        ),
        _kind("college_document", "学院文件", "WJ", _PAPER, frozenset({"school"}), "M160"),
        _kind("unit_document", "二级学院文件", "EJ", _PAPER, frozenset({"unit"}), "M161"),
        _kind(
            "training_programme",
            "人才培养方案",
            "PY",
            (
                BASICS,
                papers.written("profile", "培养目标与规格", 2000),
                GOALS,
                STANDARDS,
                papers.written("curriculum", "课程设置与学时安排", papers.CLAUSES_LIMIT),
                OBJECTS,
                papers.written("resources", "师资、实训与质量保障", 2000),
                VALUES,
                STATEMENT,
            ),
            frozenset({"major"}),
            "M173",
        ),
        _kind(
            BRIEFING,
            "一页简报",
            "JB",
            (
                SectionRule(key="glance", title="总体情况", make=briefing.at_a_glance),
                SectionRule(key="missed", title="未达标事项", make=briefing.missed),
                SectionRule(key="gravest", title="未销号预警", make=briefing.gravest),
                SectionRule(key="late", title="逾期任务", make=briefing.late),
            ),
            _EVERY,
            "M119",
            version=2,
        ),
    )
}


class UnknownKindError(DomainError):
    """There is no such kind of report, or it is not about such objects."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "report-kind"
    title_zh: ClassVar = "没有这种报告"
    title_en: ClassVar = "No such kind of report"


def kind_of(key: str, scope: str) -> Kind:
    """Return a kind of report that can be about a scope.

    Raises:
        UnknownKindError: there is none, or it is about other objects.
    """
    fits = [each.key for each in KINDS.values() if scope.partition("/")[0] in each.scopes]
    if key not in fits:
        told = "、".join(f"{each}（{KINDS[each].title}）" for each in fits)
        raise UnknownKindError(
            f"{scope} 没有 {key} 这种报告",
            f"there is no report {key} on {scope}",
            fields={"$.kind": [f"可选：{told} (choose one of {', '.join(fits)})"]},
            fixes=["GET /api/report/v1/kinds"],
        )
    return KINDS[key]


def title_of(kind: Kind, scope: str) -> str:
    """Return the title of a kind; a self-diagnosis names the kind of its object."""
    return _TITLES[scope.partition("/")[0]] if kind.key == SELF_DIAGNOSIS else kind.title


def sections_of(kind: Kind, scope: str) -> tuple[SectionRule, ...]:
    """Return the sections of a kind: of one object its diagnosis, of many what they missed."""
    if kind.key != SELF_DIAGNOSIS:
        return kind.sections
    return _MANY if scope.partition("/")[0] in _WIDE | {"major"} else _ONE
