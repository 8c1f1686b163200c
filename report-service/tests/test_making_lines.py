"""The content of the self-diagnosis report: facts, and nothing added."""

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest

from report_service.domain.facts import Facts
from report_service.domain.making_lines import NothingToReportError, make_lines


def test_the_table_holds_the_judged_value_with_everything_behind_it(sample: Facts) -> None:
    [line] = make_lines(sample).standards

    assert asdict(line) == {
        "binding": "B1",
        "title": "AAA-2013J 退学率",
        "indicator": "withdrawn_rate",
        "indicator_zh": "退学率",
        "owner": {"key": "T001", "name": "张伟"},
        "target": "≤ 15%",
        "standard": "≤ 25%",
        "floor": "≤ 40%",
        "warning": "≥ 22%",
        "marks": {"target": ["0.15"], "standard": ["0.25"], "floor": ["0.40"]},
        "current": {
            "value": "0.311688",
            "shown": "31.17%",
            "numerator": "120",
            "denominator": "385",
            "unit": "ratio",
        },
        "state": "below_standard",
        "state_zh": "未达标准",
        "flags": ["触及预警值"],
        "gap": figure("0.061688", "6.17%"),
        "attainment": figure("0.481249", "48.12%"),
        "coverage": figure("0.987", "98.7%"),
        "rows": 385,
        "freshest_at": "2026-11-23T06:00:00Z",
        "freshest_at_zh": "2026年11月23日 14:00",
        "formula_version": 2,
        "standard_version": 3,
        "reason": None,
    }


def figure(value: str, shown: str) -> dict[str, str | None]:
    return {
        "value": value,
        "shown": shown,
        "numerator": None,
        "denominator": None,
        "unit": "ratio",
    }


WORST = {
    "severity": "red",
    "severity_zh": "红",
    "value": figure("0.612", "61.2%"),
    "line_zh": "底线 ≤ 40%",
    "at_zh": "2026年11月23日 17:00",
}


def test_cause_and_measure_are_left_to_people_and_the_effect_is_told(sample: Facts) -> None:
    [line] = make_lines(sample).diagnosis

    assert line.result == ("未达标准：现值 31.17%，标准 ≤ 25%，目标 ≤ 15%，与标准相差 6.17个百分点")
    assert (line.cause.text, line.cause.to_fill) == (None, True)
    assert (line.measure.text, line.measure.to_fill) == (None, True)
    assert line.effect.text == "自行恢复，由31.17%到24%，变化−7.17个百分点"


def test_a_met_standard_asks_for_no_cause(sample: Facts) -> None:
    met = replace(sample.judgements["B1"], state="met_standard", warning=False)
    [line] = make_lines(replace(sample, judgements={"B1": met})).diagnosis

    assert (line.cause.to_fill, line.measure.to_fill) == (False, False)


def test_an_alert_names_its_line_and_everything_is_in_words(sample: Facts) -> None:
    [line] = make_lines(sample).alerts

    assert asdict(line) == {
        "alert": "A1",
        "severity": "orange",
        "severity_zh": "橙",
        "title": "AAA-2013J 退学率",
        "owner": {"key": "T001", "name": "张伟"},
        "line": "standard",
        "line_zh": "标准 ≤ 25%",
        "before": figure("0.311688", "31.17%"),
        "current": figure("0.24", "24%"),
        "current_zh": "销号时的值",
        "worst": WORST,
        "phase": "settled",
        "phase_zh": "已销号（自行恢复）",
        "raised_at_zh": "2026年11月23日 16:00",
        "due_at_zh": "2026年11月24日 16:00",
        "acknowledged_by": {"key": "teacher/T001", "name": "张伟"},
        "acknowledged_zh": "张伟 2026年11月23日 18:00 签收",
    }


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (timedelta(hours=71, minutes=59), "未签收，还剩 2 天 23 小时"),
        (timedelta(hours=47, minutes=59), "未签收，还剩 1 天 23 小时"),
        (timedelta(minutes=59), "未签收，还剩 59 分钟"),
        (timedelta(minutes=-61), "未签收，已逾期 2 小时"),
        (timedelta(hours=-49), "未签收，已逾期 2 天 1 小时"),
        (None, "未签收"),
    ],
)
def test_an_open_alert_says_how_long_remains_to_acknowledge_it(
    sample: Facts, due: timedelta | None, words: str
) -> None:
    alert = replace(
        sample.alerts[0],
        phase="open",
        acknowledged_by=None,
        due_at=due and sample.as_of() + due,
    )
    [line] = make_lines(replace(sample, alerts=(alert,))).alerts

    assert (line.acknowledged_by, line.acknowledged_zh) == (None, words)
    assert line.current_zh == "现值"


def test_an_alert_at_its_gravest_does_not_say_that_it_was(sample: Facts) -> None:
    red = replace(sample.alerts[0], severity="red")

    assert make_lines(replace(sample, alerts=(red,))).alerts[0].worst is None


@pytest.mark.parametrize(
    ("line", "words"),
    [("floor", "底线 ≥ 22%"), ("warning", "预警值 ≥ 22%"), ("target", "目标值 ≥ 22%")],
)
def test_a_warning_is_never_told_as_the_standard(sample: Facts, line: str, words: str) -> None:
    crossed = {"line": line, "op": ">=", "value": "0.22", "upper": None}
    alert = replace(sample.alerts[0], crossed=crossed)
    content = make_lines(replace(sample, alerts=(alert,)))

    assert (content.alerts[0].line, content.alerts[0].line_zh) == (line, words)


def test_a_held_alert_says_why(sample: Facts) -> None:
    held = replace(sample.alerts[0], phase="held", how=None, hold_reason="thin")

    assert make_lines(replace(sample, alerts=(held,))).alerts[0].phase_zh == "暂缓（数据覆盖不足）"


def test_a_correction_tells_owner_cause_measure_and_state(sample: Facts) -> None:
    [line] = make_lines(sample).corrections

    assert asdict(line) == {
        "correction": "K1",
        "alert": "A1",
        "severity": "orange",
        "severity_zh": "橙",
        "title": "AAA-2013J 退学率",
        "owner": {"key": "T001", "name": "张伟"},
        "line_zh": "标准 ≤ 25%",
        "worst": WORST,
        "cause": {"text": None, "to_fill": False},
        "measure": {"text": None, "to_fill": False},
        "before": figure("0.311688", "31.17%"),
        "current": figure("0.24", "24%"),
        "current_zh": "销号时的值",
        "after": figure("0.24", "24%"),
        "effect": figure("-0.071688", "−7.17个百分点"),
        "state": "closed",
        "how": "recovered",
        "state_zh": "已销号（自行恢复）",
        "cycle": "C1",
        "cycle_zh": "2013–2014学年第一学期",
        "opened_at_zh": "2026年11月23日 16:00",
        "due_at_zh": "2026年11月24日 16:00",
        "acknowledged_zh": "张伟 2026年11月23日 18:00 签收",
    }


@pytest.mark.parametrize(
    ("change", "state", "effect"),
    [
        ({"is_closed": False, "how": None}, "处理中", "纠偏进行中，尚未复测"),
        (
            {"how": "verified"},
            "已销号（复核有效）",
            "纠偏后由31.17%到24%，变化−7.17个百分点",
        ),
        ({"how": "verified", "effect": None}, "已销号（复核有效）", "已销号（复核有效）"),
    ],
)
def test_a_correction_that_people_work_on_asks_for_cause_and_measure(
    sample: Facts, change: dict[str, Any], state: str, effect: str
) -> None:
    correction = replace(sample.corrections[0], **change)
    content = make_lines(replace(sample, corrections=(correction,)))
    [line] = content.corrections

    assert (line.cause.to_fill, line.measure.to_fill, line.state_zh) == (True, True, state)
    assert content.diagnosis[0].effect.text == effect


@pytest.mark.parametrize(
    ("how", "words"), [("line-changed", "标准已调整"), ("withdrawn", "绑定已撤回")]
)
def test_a_correction_whose_line_went_says_so_and_claims_no_effect(
    sample: Facts, how: str, words: str
) -> None:
    changed = replace(sample.corrections[0], how=how, effect=None)
    content = make_lines(replace(sample, corrections=(changed,)))
    [line] = content.corrections

    assert (line.cause.to_fill, line.state_zh) == (False, f"已销号（{words}）")
    assert content.diagnosis[0].effect.text == f"{words}，值为24%，未作纠偏"


def test_cause_and_measure_are_those_that_the_owner_stated(sample: Facts) -> None:
    stated = {"cause": "resources", "measure": "增设实训工位", "how": "verified"}
    [line] = make_lines(
        replace(sample, corrections=(replace(sample.corrections[0], **stated),))
    ).corrections

    assert (line.cause.text, line.cause.to_fill) == ("资源不足", False)
    assert (line.measure.text, line.measure.to_fill) == ("增设实训工位", False)


@pytest.mark.parametrize(
    ("how", "words"),
    [("false-alarm", "误报"), ("accepted", "偏差已接受"), ("carried", "转入阶段改进")],
)
def test_a_correction_of_an_alert_that_was_dismissed_claims_no_effect(
    sample: Facts, how: str, words: str
) -> None:
    stated = replace(sample.corrections[0], how=how, effect=None, measure="增设实训工位")
    content = make_lines(replace(sample, corrections=(stated,)))

    assert content.diagnosis[0].effect.text == f"{words}，值为24%"


def test_a_correction_without_a_cycle_says_so(sample: Facts) -> None:
    waiting = replace(sample.corrections[0], cycle=None)

    assert (
        make_lines(replace(sample, corrections=(waiting,))).corrections[0].cycle_zh
        == "尚未纳入诊改周期"
    )


def test_people_and_objects_are_called_by_name(sample: Facts) -> None:
    basics = {entry.label: entry.text for entry in make_lines(sample).basics}

    assert basics == {
        "诊改对象": "社会科学导论（2013 年秋）",
        "英文名称": "AAA 2013J",
        "对象编号": "AAA-2013J（教学班）",
        "所属层面": "课程",
        "诊改周期": "2013–2014学年第一学期",
        "上级对象": "社会科学导论、部门 SS",
        "责任人": "张伟",
        "“8”字螺旋": "2013–2014学年第一学期，当前环节：目标",
    }
    [goal] = make_lines(sample).goals
    assert (goal.owner.name, goal.deadline_zh) == ("张伟", "2014年1月31日")


def test_a_value_without_a_standard_is_shown_apart(sample: Facts) -> None:
    [value] = make_lines(sample).values

    assert (value.indicator_zh, value.current.shown) == ("平均分", "69.03分")


def test_a_value_newer_than_its_judgement_is_flagged_not_judged(sample: Facts) -> None:
    newer = replace(sample.measurements["withdrawn_rate"], value="0.2")
    [line] = make_lines(replace(sample, measurements={"withdrawn_rate": newer})).standards

    assert (line.current.value, line.state) == ("0.311688", "below_standard")
    assert line.flags == ["触及预警值", "新值待判定"]


def test_what_is_missing_is_said(sample: Facts) -> None:
    bare = replace(sample, judgements={}, measurements={}, indicators={}, alerts=(), corrections=())
    content = make_lines(bare)

    assert content.standards[0].state_zh == "未判定"
    assert content.statement.remarks == ["AAA-2013J 退学率：无数据（尚未测量）"]
    assert (content.statement.bound, content.statement.with_data) == (1, 0)


def test_the_statement_counts_and_names_the_weakest(sample: Facts) -> None:
    statement = make_lines(sample).statement

    assert statement.by_state == {"未达标准": 1}
    assert statement.lowest_coverage.value == "0.987"
    assert statement.oldest_data_at_zh == "2026年11月22日 16:00"
    assert statement.manual == ["平均分"]


def test_a_scope_without_data_has_no_report(sample: Facts) -> None:
    nothing = replace(
        sample, measurements={}, bindings=(), judgements={}, goals=(), alerts=(), corrections=()
    )
    with pytest.raises(NothingToReportError):
        make_lines(nothing)
