"""Definitions as data: what ships is whole, and a faulty one is refused with every fault."""

import copy
from typing import Any

import pytest

from shared.errors import DomainError
from spiral_service.domain.definition import (
    FaultyDefinitionError,
    IllegalMoveError,
    UnknownStepError,
    check_move,
    next_steps,
    read_definition,
    routine_step,
)
from spiral_service.repository.definitions import UnknownDefinitionError, find_definition

FIGURE_EIGHT = find_definition("figure_eight", 1)

SMALL: dict[str, Any] = {
    "definition": "small",
    "version": 1,
    "zh": "小",
    "en": "Small",
    "start": "goal",
    "phases": {"before": {"zh": "事前", "en": "Before"}},
    "gates": {"ready": {"zh": "就绪", "en": "Ready"}},
    "steps": [
        {"step": "goal", "zh": "目标", "en": "Goal", "phase": "before", "gates": ["ready"]},
        {"step": "do", "zh": "实施", "en": "Do", "phase": "before", "gates": []},
    ],
    "routine_loop": {
        "zh": "纠偏",
        "en": "Routine",
        "inside": "do",
        "back_to": ["do"],
        "steps": [{"step": "monitor", "zh": "监测", "en": "Monitor", "gates": [], "next": []}],
    },
}
SMALL["steps"][0]["next"], SMALL["steps"][1]["next"] = ["do"], []


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


def test_the_routine_loop_never_leads_back_to_a_goal_or_a_standard() -> None:
    assert FIGURE_EIGHT.routine_loop.back_to == ("design", "organise", "implement")
    assert FIGURE_EIGHT.routine_loop.inside == "implement"


def test_a_move_that_skips_a_step_is_refused_and_the_allowed_one_is_named() -> None:
    check_move(FIGURE_EIGHT, "goal", "standard")
    with pytest.raises(IllegalMoveError) as refusal:
        check_move(FIGURE_EIGHT, "goal", "implement")

    assert refusal.value.fixes == ["可进入 standard (move to standard)"]
    with pytest.raises(UnknownStepError, match="figure_eight@1 has no step party"):
        next_steps(FIGURE_EIGHT, "party")


def test_the_routine_loop_corrects_while_a_correction_is_open() -> None:
    assert [routine_step(0), routine_step(1)] == ["monitor", "correct"]


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("steps", 0, "gates"), ["nothing"], "goal: no gate nothing"),
        (("steps", 1, "phase"), "never", "do: no phase never"),
        (("steps", 0, "next"), ["gone"], "goal: no step gone"),
        (("steps", 0, "next"), [], "do: no way leads here"),
        (("start",), "nowhere", "no step nowhere"),
        (("routine_loop", "back_to"), ["gone"], "no step gone"),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(
    path: tuple[Any, ...], value: Any, fault: str
) -> None:
    document = copy.deepcopy(SMALL)
    place: Any = document
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value

    with pytest.raises(FaultyDefinitionError) as refusal:
        read_definition(document)

    assert fault in refusal.value.fields["$"]


def test_the_newest_version_is_meant_where_none_is_named() -> None:
    assert find_definition("figure_eight", None).reference == "figure_eight@1"
    with pytest.raises(UnknownDefinitionError) as refusal:
        find_definition("figure_nine", None)
    error: DomainError = refusal.value
    assert error.fields == {"$.definition": ["one of figure_eight@1"]}
