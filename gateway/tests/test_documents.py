"""Documents described field by field: what a form shows, says, and where a fault belongs."""

from typing import Any

import pytest

from gateway.portal.domain import documents, policy_forms
from gateway.portal.domain.documents import Difference, Part
from gateway.portal.domain.radar import Web, draw_radar
from gateway.portal.domain.registering import Register
from gateway.portal.domain.registers import REGISTERS
from gateway.portal.domain.registers_of_assessments import SCHEMES
from gateway.portal.domain.registers_of_goals import STANDARDS
from gateway.portal.domain.texts import choice_text, route_text
from gateway.portal.domain.words import WORDS, Words

STANDARD: dict[str, Any] = {
    "key": "course-2026",
    "title": "课程标准",
    "kind": "course_building",
    "scope": "school/19001",
    "applies_to": {"kind": "course", "tags": ["standing:benchmark"]},
    "tiers": {},
    "sections": [{"title": "总则", "text": "第一\n第二"}],
    "criteria": [
        {
            "indicator": "attendance",
            "tiers": {
                "floor": {"op": ">=", "value": "0.8"},
                "qualified": {"op": "between", "value": "0.9", "upper": "1"},
            },
            "warning": {"op": "<", "value": "0.85"},
            "weight": "1",
            "source": "own",
            "classes": [{"object_class": "standing:benchmark", "tiers": {}}],
        }
    ],
}


def all_parts(register: Register) -> list[Part]:
    return [each for part in register.parts for each in (part, *part.columns)]


def test_a_document_comes_back_as_it_was_with_what_the_form_does_not_ask() -> None:
    filled = documents.fill(STANDARDS.parts, STANDARD)

    assert filled["criteria.0.tiers.floor"] == "≥ 0.8"
    assert filled["criteria.0.tiers.qualified"] == "0.9 ~ 1"
    assert filled["applies_to.tags"] == "standing:benchmark"
    assert documents.read(STANDARDS.parts, filled, STANDARD) == STANDARD


def test_a_form_reads_what_people_write() -> None:
    scheme = {
        "key": "dept",
        "title": "部门考核",
        "items.0.key": "marks",
        "items.0.takes": "marks",
        "items.0.sources": "peers 0.5 2；leader 0.5",
        "items.0.rule": "relative_to_best best=96",
        "items.0.veto": "<60",
        "items.1.takes": "goals",
        "conditions": "no json",
        "ranked": "1",
        "quota": "3",
    }
    said = documents.read(SCHEMES.parts, documents.compact(SCHEMES.parts, scheme))

    assert said["items"] == [
        {
            "key": "marks",
            "takes": "marks",
            "sources": [
                {"rater": "peers", "weight": "0.5", "minimum": 2},
                {"rater": "leader", "weight": "0.5"},
            ],
            "rule": {"rule": "relative_to_best", "best": "96"},
            "veto": {"op": "<", "value": "60"},
            "lower_is_better": False,
        }
    ]
    assert (said["conditions"], said["ranked"], said["opt_in"]) == ("no json", True, False)
    assert (said["quota"], said["grades"]) == (3, [])


def test_a_fault_stands_at_its_field_though_empty_rows_lie_between() -> None:
    given = {
        "criteria.0.source": "own",
        "criteria.2.indicator": "attendance",
        "criteria.2.tiers.floor": "≥ viel",
    }
    compact = documents.compact(STANDARDS.parts, given)
    faults = {
        "$.criteria[0].tiers.floor.value": ["一"],
        "$.applies_to": ["二"],
        "$.nowhere": ["三"],
    }

    assert compact["criteria.0.tiers.floor"] == "≥ viel"
    assert documents.place_faults(STANDARDS.parts, compact, faults) == {
        "$.criteria.0.tiers.floor": ["一"],
        "$.applies_to.kind": ["二"],
        "$.nowhere": ["三"],
    }


def test_two_versions_differ_where_they_differ() -> None:
    other = {**STANDARD, "title": "课程建设标准", "sections": []}

    assert list(documents.differences(STANDARDS.parts, STANDARD, other)) == [
        Difference("d-title", 0, "", "课程标准", "课程建设标准"),
        Difference("d-sections", 1, "d-text", "第一\n第二", ""),
        Difference("d-sections", 1, "d-title", "总则", ""),
    ]


@pytest.mark.parametrize("register", REGISTERS.values(), ids=lambda each: each.name)
def test_every_field_and_choice_has_a_name_in_both_languages(register: Register) -> None:
    words = [each.word for each in all_parts(register)] + [register.name, f"{register.name}-lead"]
    words += [f"act-{each.name}" for each in register.steps]
    choices = [(part.word, each) for part in all_parts(register) for each in part.choices if each]

    assert [each for each in words if each not in WORDS] == []
    assert [
        (word, each) for word, each in choices if choice_text(word, each, Words("zh")) == each
    ] == []


POLICY: dict[str, Any] = {
    "root": {
        "name": "root",
        "receivers": [{"channel": "inbox", "to": "owner"}],
        "group_by": ["owner"],
        "wait_seconds": 10.0,
        "routes": [
            {
                "name": "red",
                "matchers": [{"label": "severity", "op": "=", "value": "red"}],
                "receivers": [{"channel": "inbox", "to": "role/qa_office"}],
                "quiet": {"since": "22:00", "until": "06:00"},
                "routes": [{"name": "night"}],
            }
        ],
    },
    "inhibitions": [
        {
            "name": "late",
            "source": [{"label": "family", "op": "=", "value": "data"}],
            "target": [{"label": "hold", "op": "=~", "value": "stale|no-data"}],
            "beneath": True,
        }
    ],
    "note": "试行",
}


def test_a_policy_is_a_table_and_a_tree_again_and_keeps_what_the_table_does_not_ask() -> None:
    filled = documents.fill(policy_forms.POLICY, policy_forms.flat(POLICY))
    said = policy_forms.policy(filled, POLICY)

    assert filled["routes.1.path"] == "root/red"
    assert filled["routes.1.matchers"] == "severity = red"
    assert said["root"]["routes"][0]["quiet"] == {"since": "22:00", "until": "06:00"}
    assert said["root"]["routes"][0]["routes"] == [{"name": "night", "continue": False}]
    assert said["root"]["group_by"] == ["owner"]
    assert said["inhibitions"][0]["target"] == POLICY["inhibitions"][0]["target"]
    assert policy_forms.place_of("$.root.routes[0].routes[0].receivers", filled) == (
        "$.routes[2].receivers"
    )


def test_a_route_goes_by_its_name() -> None:
    assert route_text("root/red", Words("zh")) == "红色预警"
    assert route_text("root", Words("en")) == "all"
    assert route_text("root/our-own/red", Words("en")) == "our-own / red alerts"


def test_a_radar_is_drawn_from_three_axes_and_says_its_texts_escaped() -> None:
    web = Web("value", "<b>现值</b>", [1.0, 0.5, 9.0])
    svg = draw_radar(["课程及格率（期中）", "<i>", "a long name in English"], [web], "说")

    assert svg.count("<polygon") == 5
    assert "&lt;b&gt;" in svg
    assert "<b>" not in svg
    # What reaches beyond is drawn at most 1.2 far: 122 × 1.2 = 146.4, down to the left.
    assert 'cx="133.2" cy="263.2"' in svg
    # A name is broken before its brackets.
    assert ">课程及格率</tspan>" in svg
    assert ">（期中）</tspan>" in svg
