"""What is known of one teaching class, for the tests of content and document."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from report_service.domain.facts import (
    AlertNote,
    BindingFact,
    CorrectionNote,
    CycleNote,
    Facts,
    GoalFact,
    IndicatorFact,
    JudgementFact,
    MeasurementFact,
    ScopeFact,
)
from report_service.domain.facts_of_work import GroupFact, PastValue, TaskNote

SCOPE = "class/AAA-2013J"
PERIOD = "term:2013-2014-1"
DAY = datetime(2026, 11, 23, 8, tzinfo=UTC)

STANDARD = {"line": "standard", "op": "<=", "value": "0.25", "upper": None}
FLOOR = {"line": "floor", "op": "<=", "value": "0.4", "upper": None}
WORST = {
    "severity": "red",
    "value": "0.612",
    "crossed": FLOOR,
    "at": "2026-11-23T09:00:00+00:00",
}
SAMPLE = Facts(
    period=PERIOD,
    told_periods=(),
    about=ScopeFact(
        scope=SCOPE,
        name_zh="社会科学导论（2013 年秋）",
        name_en="AAA 2013J",
        parents=["course/AAA", "unit/SS"],
        owners=[{"role": "owner", "person": "teacher/T001"}],
        tags=[],
        at=DAY,
    ),
    names={"course/AAA": "社会科学导论", "teacher/T001": "张伟"},
    indicators={
        "withdrawn_rate": IndicatorFact(
            indicator="withdrawn_rate",
            name_zh="退学率",
            name_en="Withdrawn rate",
            unit="ratio",
            direction="lower",
            at=DAY,
        ),
        "mean_score": IndicatorFact(
            indicator="mean_score",
            name_zh="平均分",
            name_en="Mean score",
            unit="score",
            direction="higher",
            at=DAY,
        ),
    },
    measurements={
        "withdrawn_rate": MeasurementFact(
            id="withdrawn_rate|class/AAA-2013J|term:2013-2014-1",
            indicator="withdrawn_rate",
            value="0.311688",
            numerator="120",
            denominator="385",
            n=385,
            coverage="0.987",
            freshest_at=DAY - timedelta(hours=2),
            manual=False,
            formula_version=2,
            reason=None,
            version=41,
            at=DAY,
        ),
        "mean_score": MeasurementFact(
            id="mean_score|class/AAA-2013J|term:2013-2014-1",
            indicator="mean_score",
            value="69.030832",
            numerator="113831.84",
            denominator="1649",
            n=1649,
            coverage="1",
            freshest_at=DAY - timedelta(days=1),
            manual=True,
            formula_version=1,
            reason=None,
            version=40,
            at=DAY,
        ),
    },
    bindings=(
        BindingFact(
            id="B1",
            indicator="withdrawn_rate",
            title="AAA-2013J 退学率",
            target={"op": "<=", "value": "0.15", "upper": None},
            tiers={
                "floor": {"op": "<=", "value": "0.40", "upper": None},
                "qualified": {"op": "<=", "value": "0.25", "upper": None},
            },
            warning={"op": ">=", "value": "0.22", "upper": None},
            owner="T001",
            standard=None,
            standard_version=3,
            version=1,
            at=DAY,
        ),
    ),
    judgements={
        "B1": JudgementFact(
            binding="B1",
            state="below_standard",
            warning=True,
            overdue=False,
            thin=False,
            stale=False,
            attainment="0.481249",
            coverage="0.987",
            value="0.311688",
            numerator="120",
            denominator="385",
            gap="0.061688",
            standard_version=3,
            formula_version=2,
            measured_at=DAY,
            version=9,
            at=DAY,
        ),
    },
    goals=(
        GoalFact(
            id="G1",
            title="退学率降到 15% 以内",
            owner="T001",
            indicator="withdrawn_rate",
            target={"op": "<=", "value": "0.15", "upper": None},
            deadline="2014-01-31",
            scope=SCOPE,
            parent=None,
            version=1,
            at=DAY,
        ),
    ),
    alerts=(
        AlertNote(
            alert="A1",
            phase="settled",
            severity="orange",
            indicator="withdrawn_rate",
            title="AAA-2013J 退学率",
            owner="T001",
            value="0.24",
            value_before="0.311688",
            crossed=STANDARD,
            worst=WORST,
            raised_at=DAY,
            due_at=DAY + timedelta(days=1),
            acknowledged_by="teacher/T001",
            acknowledged_at=DAY + timedelta(hours=2),
            settled_at=DAY + timedelta(hours=3),
            how="recovered",
            hold_reason=None,
            version=3,
            at=DAY + timedelta(hours=3),
        ),
    ),
    cycles=(
        CycleNote(
            cycle="C1", period=PERIOD, definition="figure_eight@1", step="goal", version=1, at=DAY
        ),
    ),
    corrections=(
        CorrectionNote(
            correction="K1",
            cycle="C1",
            alert="A1",
            severity="orange",
            indicator="withdrawn_rate",
            title="AAA-2013J 退学率",
            owner="T001",
            crossed=STANDARD,
            worst=WORST,
            cause=None,
            measure=None,
            value_before="0.311688",
            value="0.24",
            value_after="0.24",
            effect="-0.071688",
            is_closed=True,
            how="recovered",
            opened_at=DAY,
            due_at=DAY + timedelta(days=1),
            acknowledged_by="teacher/T001",
            acknowledged_at=DAY + timedelta(hours=2),
            version=2,
            at=DAY + timedelta(hours=3),
        ),
    ),
)


@pytest.fixture
def sample() -> Facts:
    """What is known of one teaching class after an alert has come and gone."""
    return SAMPLE


POINTS = (
    ("pass_rate", "课程及格率", "0.8672", "met_standard"),
    ("attendance", "到课率", "0.9531", "met_target"),
    ("homework", "作业提交率", "0.7811", "below_standard"),
    ("evaluation", "学生参评率", "0.9012", "met_target"),
    ("practice", "实训完成率", "0.5512", "below_floor"),
)


@pytest.fixture
def rich(sample: Facts) -> Facts:
    """The same class with six points, their history and group, tasks and objects beneath."""
    more = sample
    for indicator, name, value, state in POINTS:
        more = _with_point(more, indicator, name, value, state)
    states = ("issued", "in_progress", "done", "issued")
    tasks = tuple(
        TaskNote(
            task=f"T{at}",
            scope=SCOPE,
            unit="unit/SS",
            state=state,
            title=title,
            task_kind=("plan", "key", "routine", "key")[at],
            system="generation",
            owner="T001",
            goals=["G1"],
            starts_on="2013-09-01",
            ends_on="2014-01-15",
            progress=("0", "0.4", "1", "0")[at],
            overdue=at == 1,
            done_on="2014-01-10" if state == "done" else None,
            version=1,
            at=DAY,
        )
        for at, (state, title) in enumerate(
            zip(states, ("修订课程标准", "完善线上资源", "期中教学检查", "课堂督导"), strict=True)
        )
    )
    restated = PastValue(
        indicator="pass_rate",
        period="term:2012-2013-1",
        value="0.80",
        formula_version=1,
        id="pass_rate|2012",
        version=1,
        at=DAY,
    )
    return replace(more, tasks=tasks, restated=(restated,))


def _with_point(facts: Facts, indicator: str, name: str, value: str, state: str) -> Facts:
    known, binding = facts.indicators["withdrawn_rate"], facts.bindings[0]
    line = {"op": ">=", "upper": None}
    bound = replace(
        binding,
        id=f"B-{indicator}",
        indicator=indicator,
        title=name,
        target=line | {"value": "0.9"},
        tiers={"floor": line | {"value": "0.6"}, "qualified": line | {"value": "0.85"}},
        warning=None,
    )
    past = tuple(
        PastValue(
            indicator=indicator,
            period=f"term:{year}-{year + 1}-1",
            value=f"{float(value) - 0.01 * (2013 - year):.4f}",
            formula_version=2,
            id=f"{indicator}|{year}",
            version=3,
            at=DAY,
        )
        for year in (2012, 2011, 2010)
    )
    measured = replace(
        facts.measurements["withdrawn_rate"],
        id=f"{indicator}|{SCOPE}",
        indicator=indicator,
        value=value,
        numerator=str(int(float(value) * 1000)),
        denominator="1000",
    )
    judged = replace(
        facts.judgements["B1"],
        binding=bound.id,
        state=state,
        value=value,
        gap="0.0689",
        attainment="0.91",
    )
    return replace(
        facts,
        indicators={
            **facts.indicators,
            indicator: replace(known, indicator=indicator, name_zh=name, direction="higher"),
        },
        measurements={**facts.measurements, indicator: measured},
        bindings=(*facts.bindings, bound),
        judgements={**facts.judgements, bound.id: judged},
        history={**facts.history, indicator: past},
        groups={**facts.groups, indicator: GroupFact(indicator=indicator, n=23, median="0.88")},
    )
