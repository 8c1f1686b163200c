"""The content of the self-diagnosis report: facts, and nothing added."""

import json
from dataclasses import asdict, replace
from hashlib import sha256

import pytest

from report_service.domain.facts import Facts
from report_service.domain.self_diagnosis import NothingToReportError, canonical, make_content


def test_the_table_holds_the_judged_value_with_everything_behind_it(sample: Facts) -> None:
    [line] = make_content(sample).standards

    assert asdict(line) == {
        "binding": "B1",
        "title": "AAA-2013J 退学率",
        "indicator": "withdrawn_rate",
        "indicator_zh": "退学率",
        "owner": "T001",
        "target": "≤ 15%",
        "standard": "≤ 25%",
        "floor": "≤ 40%",
        "warning": "≥ 22%",
        "marks": {"target": "0.15", "standard": "0.25", "floor": "0.40"},
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
        "freshest_at_zh": "2026-11-23 14:00",
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


def test_cause_and_measure_are_left_to_people_and_the_effect_is_told(sample: Facts) -> None:
    [line] = make_content(sample).diagnosis

    assert line.result == (
        "未达标准：现值 31.17%，标准 ≤ 25%，目标 ≤ 15%，与标准相差 6.17 个百分点"
    )
    assert (line.cause.text, line.cause.to_fill) == (None, True)
    assert (line.measure.text, line.measure.to_fill) == (None, True)
    assert line.effect.text == "纠偏后由 31.17% 到 24%，变化 −7.17 个百分点"


def test_a_met_standard_asks_for_no_cause(sample: Facts) -> None:
    met = replace(sample.judgements["B1"], state="met_standard", warning=False)
    [line] = make_content(replace(sample, judgements={"B1": met})).diagnosis

    assert (line.cause.to_fill, line.measure.to_fill) == (False, False)


def test_an_alert_stands_with_its_correction(sample: Facts) -> None:
    [line] = make_content(sample).alerts

    assert (line.severity_zh, line.phase_zh, line.cycle) == ("橙", "已销号（自行恢复）", "C1")
    assert [line.before.value, line.after.value, line.effect.value] == [
        "0.311688",
        "0.24",
        "-0.071688",
    ]
    lone = make_content(replace(sample, alerts=()))
    assert (lone.alerts[0].correction, lone.alerts[0].phase) == ("K1", "settled")


def test_a_value_without_a_standard_is_shown_apart(sample: Facts) -> None:
    [value] = make_content(sample).values

    assert (value.indicator_zh, value.current.shown) == ("平均分", "69.03 分")


def test_a_value_newer_than_its_judgement_is_flagged_not_judged(sample: Facts) -> None:
    newer = replace(sample.measurements["withdrawn_rate"], value="0.2")
    [line] = make_content(replace(sample, measurements={"withdrawn_rate": newer})).standards

    assert (line.current.value, line.state) == ("0.311688", "below_standard")
    assert line.flags == ["触及预警值", "新值待判定"]


def test_what_is_missing_is_said(sample: Facts) -> None:
    bare = replace(sample, judgements={}, measurements={}, indicators={}, alerts=(), corrections=())
    content = make_content(bare)

    assert content.standards[0].state_zh == "未判定"
    assert content.statement.remarks == ["AAA-2013J 退学率：无数据（尚未测量）"]
    assert (content.statement.bound, content.statement.with_data) == (1, 0)


def test_the_statement_counts_and_names_the_weakest(sample: Facts) -> None:
    statement = make_content(sample).statement

    assert statement.by_state == {"未达标准": 1}
    assert statement.lowest_coverage.value == "0.987"
    assert statement.oldest_data_at_zh == "2026-11-22 16:00"
    assert statement.manual == ["平均分"]


def test_the_number_comes_from_the_facts_alone(sample: Facts) -> None:
    content = make_content(sample)
    bare = replace(content, cover=replace(content.cover, number="", digest=""))

    assert content.cover.digest == sha256(canonical(bare).encode()).hexdigest()
    assert content.cover.number == f"ZZ-20261123-{content.cover.digest[:8].upper()}"
    assert content.cover.as_of == "2026-11-23T11:00:00Z"
    assert json.loads(canonical(content)) == asdict(content)
    assert make_content(sample) == content


def test_a_scope_without_data_has_no_report(sample: Facts) -> None:
    nothing = replace(
        sample, measurements={}, bindings=(), judgements={}, goals=(), alerts=(), corrections=()
    )
    with pytest.raises(NothingToReportError):
        make_content(nothing)
