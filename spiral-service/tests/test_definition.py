"""Definitions as data: what ships is whole, and a faulty one is refused with every fault."""

import copy
from typing import Any

import pytest

from spiral_service.domain.crossing import CrossingRuleError
from spiral_service.domain.definitions.comparing import compare
from spiral_service.domain.definitions.forms import FormError, check_answer, json_schema
from spiral_service.domain.definitions.ways import (
    IllegalMoveError,
    UnknownStepError,
    next_steps,
    routine_step,
    steps_back,
    way_of,
)
from spiral_service.domain.linting import FaultyDefinitionError, by_path, lint, refuse_faulty
from spiral_service.repository.definitions import documents, shipped
from spiral_service.schemas.definitions import DefinitionBody
from spiral_service.schemas.examples import DEFINITION

FIGURE_EIGHT = shipped()["figure_eight", 1]


def faults_of(document: dict[str, Any]) -> dict[str, list[str]]:
    return by_path(lint(DefinitionBody.model_validate(document).to_rule(1)))


def changed(*changes: tuple[tuple[Any, ...], Any]) -> dict[str, Any]:
    document = copy.deepcopy(DEFINITION)
    for path, value in changes:
        place: Any = document
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = value
    return document


def test_the_figure_eight_has_ten_steps_in_three_phases_and_a_routine_loop_of_three() -> None:
    walked, step = [FIGURE_EIGHT.start], FIGURE_EIGHT.start
    while following := next_steps(FIGURE_EIGHT, step):
        [step] = [each.step for each in following]
        walked.append(step)

    assert walked == [
        "goal", "standard", "design", "organise", "implement",
        "diagnose", "incentive", "learn", "innovate", "improve",
    ]  # fmt: skip
    assert [each.zh for each in FIGURE_EIGHT.routine_loop.steps] == ["监测", "预警", "改进"]
    assert {each.phase.zh for each in FIGURE_EIGHT.steps if each.phase} == {"事前", "事中", "事后"}
    assert all(each.gates for each in FIGURE_EIGHT.steps)


def test_each_level_and_kind_of_the_plan_and_each_rule_of_the_engines_has_a_definition() -> None:
    kinds = {
        name: (tuple(each.kinds), tuple(each.periods)) for (name, _), each in shipped().items()
    }

    assert kinds == {
        "figure_eight": ((), ()),
        "school_year": (("school",), ("year",)),
        "department_year": (("unit",), ("year",)),
        "cadre_term": (("teacher", "unit"), ("span", "plan")),
        "major_construction": (("major",), ("span", "plan", "year")),
        "course_construction": (("course",), ("span", "ayear", "term")),
        "classroom_teaching": (("class",), ("term",)),
        "teacher_title": (("teacher",), ("span",)),
        "teacher_appointment": (("teacher",), ("span",)),
        "student_year": (("student",), ("ayear",)),
        "student_term": (("student",), ("term",)),
        "school_self_diagnosis": (("school", "unit"), ("year", "ayear")),
        "annual_assessment": (("unit",), ("year",)),
        "diagnosis_incentive": (("unit", "major", "course", "teacher"), ("year", "ayear")),
        "internal_control": (("unit", "school"), ("year",)),
        "major_assessed_diagnosis": (("major",), ("year", "ayear")),
        "course_timely_diagnosis": (("course", "class"), ("term",)),
        "teacher_realtime_diagnosis": (("teacher",), ("year", "ayear", "term")),
        "student_self_test": (("student",), ("term", "ayear")),
        "level_reports": (
            ("school", "unit", "major", "course", "teacher", "student"),
            ("year", "ayear", "term"),
        ),
    }
    assert all(each.basis and each.clocks and each.escalation for each in shipped().values())


def test_a_shipped_document_can_be_published_as_it_is() -> None:
    for (name, _), body in documents().items():
        said = DefinitionBody.model_validate(body.model_dump(mode="json"))
        assert (name, lint(said.to_rule(2))) == (name, [])


def test_the_routine_loop_never_leads_back_to_a_goal_or_a_standard() -> None:
    for each in shipped().values():
        assert not {"goal", "standard"} & set(each.routine_loop.back_to)
    assert FIGURE_EIGHT.routine_loop.back_to == ["design", "organise", "implement"]
    assert FIGURE_EIGHT.routine_loop.inside == "implement"
    with pytest.raises(CrossingRuleError) as refusal:
        way_of(FIGURE_EIGHT, "implement", "standard", in_routine=True)
    assert "阶段改进" in refusal.value.fixes[0]


def test_a_move_that_skips_a_step_is_refused_and_the_allowed_ones_are_named() -> None:
    assert way_of(FIGURE_EIGHT, "goal", "standard", in_routine=False) == "forward"
    with pytest.raises(IllegalMoveError) as refusal:
        way_of(FIGURE_EIGHT, "goal", "implement", in_routine=False)

    assert refusal.value.fixes == ["可进入 standard (move to standard)"]
    with pytest.raises(UnknownStepError, match="figure_eight@1 has no step party"):
        next_steps(FIGURE_EIGHT, "party")


def test_work_is_sent_back_only_while_the_routine_loop_runs() -> None:
    assert steps_back(FIGURE_EIGHT, "implement", in_routine=True) == ("design", "organise")
    assert steps_back(FIGURE_EIGHT, "organise", in_routine=True) == ("design",)
    assert steps_back(FIGURE_EIGHT, "organise", in_routine=False) == ()
    assert steps_back(FIGURE_EIGHT, "diagnose", in_routine=False) == ()
    assert way_of(FIGURE_EIGHT, "implement", "design", in_routine=True) == "back"
    with pytest.raises(IllegalMoveError):
        way_of(FIGURE_EIGHT, "organise", "design", in_routine=False)


def test_the_routine_loop_corrects_warns_or_monitors() -> None:
    assert [routine_step(0), routine_step(1), routine_step(0, 2), routine_step(1, 2)] == [
        "monitor",
        "correct",
        "warn",
        "correct",
    ]


@pytest.mark.parametrize(
    ("path", "value", "place", "fault"),
    [
        (("steps", 0, "gates"), ["nothing"], "$.steps[0].gates[0]", "no such gate"),
        (("steps", 1, "phase"), "never", "$.steps[1].phase", "no such phase"),
        (("steps", 0, "next"), ["gone"], "$.steps[0].next[0]", "no such step"),
        (("steps", 0, "next"), [], "$.steps[1]", "no way leads here"),
        (("steps", 1, "next"), ["plan"], "$.steps[0].next", "loop without exit"),
        (("steps", 1, "step"), "plan", "$.steps[1].step", "given twice"),
        (("steps", 0, "roles"), ["king"], "$.steps[0].roles[0]", "no such role"),
        (("steps", 0, "form"), "none", "$.steps[0].form", "no such form"),
        (("steps", 1, "evidence"), ["film"], "$.steps[1].evidence[0]", "no such kind"),
        (("steps", 0, "form"), None, "$.steps[0].gates[0]", "it can never hold"),
        (("start",), "nowhere", "$.start", "no such step"),
        (("kinds",), ["planet"], "$.kinds[0]", "one of these"),
        (("periods",), ["day"], "$.periods[0]", "one of these"),
        (("roles", "lead", "held_by"), ["king"], "$.roles.lead.held_by[0]", "no such role"),
        (("clocks", 0, "role"), "", "$.clocks[0].role", "a clock without an owner"),
        (("clocks", 0, "role"), "king", "$.clocks[0].role", "a clock without an owner"),
        (("clocks", 0, "step"), "gone", "$.clocks[0].step", "no such step"),
        (("routine_loop", "back_to"), ["gone"], "$.routine_loop.back_to[0]", "no such step"),
        (("routine_loop", "inside"), "gone", "$.routine_loop.inside", "no such step"),
        (("routine_loop", "steps"), [], "$.routine_loop.steps", "it has no steps"),
        (("gates", "plan_is_filed", "parameters"), {}, "$.steps[0].gates[0]", "must be given"),
        (("gates", "plan_is_filed", "check"), "magic", "$.steps[0].gates[0]", "no such gate"),
        (
            ("gates", "plan_is_filed", "parameters"),
            {"form": "plan", "colour": "red"},
            "$.steps[0].gates[0]",
            "no such parameter",
        ),
        (
            ("gates", "plan_is_filed"),
            {
                "zh": "z",
                "en": "e",
                "check": "alerts_are_settled",
                "parameters": {"severity": "mauve"},
            },
            "$.steps[0].gates[0]",
            "it can never hold",
        ),
        (
            ("gates", "plan_is_filed"),
            {"zh": "z", "en": "e", "check": "standard_is_approved", "parameters": {"floor": "no"}},
            "$.steps[0].gates[0]",
            "wrong type",
        ),
        (
            ("escalation",),
            [{"after": 3, "unit": "working_day", "role": "king"}],
            "$.escalation[0].role",
            "no such role",
        ),
        (
            ("escalation",),
            [{"after": after, "unit": "working_day", "role": "lead"} for after in (3, 3)],
            "$.escalation[1].after",
            "later than the rungs before",
        ),
        (
            ("escalation",),
            [
                {"after": after, "unit": unit, "role": "lead"}
                for after, unit in ((3, "working_day"), (7, "calendar_day"), (8, "working_hour"))
            ],
            "$.escalation[2].after",
            "later than the rungs before",
        ),
        (
            ("escalation",),
            [
                {"after": after, "unit": unit, "role": "lead"}
                for after, unit in ((2, "working_day"), (4, "calendar_day"), (2, "working_day"))
            ],
            "$.escalation[2].after",
            "later than the rungs before",
        ),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(
    path: tuple[Any, ...], value: Any, place: str, fault: str
) -> None:
    faults = faults_of(changed((path, value)))

    assert any(fault in reason for reason in faults[place]), faults


def test_all_faults_of_a_definition_are_named_at_once() -> None:
    assert faults_of(DEFINITION) == {}
    document = changed((("start",), "nowhere"), (("clocks", 0, "role"), ""), (("kinds",), ["x"]))
    with pytest.raises(FaultyDefinitionError) as refusal:
        refuse_faulty(DefinitionBody.model_validate(document).to_rule(1))

    assert {"$.start", "$.clocks[0].role", "$.kinds[0]"} <= set(refusal.value.fields)


def test_a_routine_loop_never_has_a_goal_to_go_back_to() -> None:
    document = changed((("steps", 0, "step"), "goal"), (("routine_loop", "back_to"), ["goal"]))
    document["start"] = "goal"

    assert any(
        "never goes back" in each for each in faults_of(document)["$.routine_loop.back_to[0]"]
    )


def test_versions_are_compared_part_by_part() -> None:
    after = changed((("steps", 0, "zh"), "计划书"), (("clocks",), []))

    assert [(each.path, each.before, each.after) for each in compare(DEFINITION, after)] == [
        ("$.clocks", DEFINITION["clocks"], []),
        ("$.steps.plan.zh", "计划", "计划书"),
    ]


def test_another_order_of_steps_is_told_also_where_one_is_new() -> None:
    first, *others = DEFINITION["steps"]
    new = first | {"step": "new", "next": []}
    after = changed((("steps",), [*others, first, new]))
    names = [each["step"] for each in DEFINITION["steps"]]

    assert [(each.path, each.before, each.after) for each in compare(DEFINITION, after)] == [
        ("$.steps", names, [*names[1:], names[0], "new"]),
        ("$.steps.new", None, new),
    ]
    assert [
        each.path for each in compare(DEFINITION, changed((("steps",), [new, first, *others])))
    ] == ["$.steps.new"]


def test_two_clocks_of_a_step_are_compared_apart() -> None:
    clock = DEFINITION["clocks"][0]
    second = clock | {"clock": "second_due"}
    before, after = (
        changed((("clocks",), [first, second])) for first in (clock, clock | {"role": "other"})
    )

    assert [(each.path, each.before, each.after) for each in compare(before, after)] == [
        (f"$.clocks.{clock['clock']}.role", clock["role"], "other")
    ]


def test_a_form_is_a_json_schema_and_an_answer_is_held_against_it() -> None:
    form = shipped()["student_self_test", 1].forms["diagnosis"]
    schema = json_schema(form)

    assert schema["required"] == ["result", "cause", "conclusion"]
    assert schema["properties"]["cause"]["enum"][0] == "target-too-high"
    check_answer(form, {"result": "0.86", "cause": "data", "conclusion": "未达"})
    with pytest.raises(FormError) as refusal:
        check_answer(form, {"result": " ", "cause": "fate", "more": 1})
    assert {path: "".join(each) for path, each in refusal.value.fields.items()} == {
        "$.data.cause": "target-too-high、resources、execution、data、external、none 之一"
        " (one of these)",
        "$.data.conclusion": "请填写结论 (fill in: Conclusion)",
        "$.data.more": "没有这一项 (no such field)",
        "$.data.result": "非空文字，至多 20000 字 (a text that says something)",
    }
