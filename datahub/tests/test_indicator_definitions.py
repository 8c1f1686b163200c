"""A definition that cannot be measured is refused with every fault."""

from typing import Any

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.document import IndicatorInvalidError, parse_indicator
from datahub.tests.measuring import PASS_RATE


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"indicator": "Bad Id|"}, "$.indicator"),
        ({"direction": "up"}, "$.direction"),
        ({"colour": "red"}, "$.colour"),
        ({"entity": "nothing"}, "$.numerator.entity"),
        ({"minimum_sample": "3"}, "$.minimum_sample"),
        ({"numerator": 5}, "$.numerator"),
        ({"numerator": {"count": True, "sum": "studied_credits"}}, "$.numerator"),
        ({"numerator": {"sum": "class_no"}}, "$.numerator.sum"),
        ({"numerator": {"count": True, "where": {"a": 1}}}, "$.numerator.where"),
        ({"scopes": []}, "$.scopes"),
        ({"scopes": [PASS_RATE["scopes"][0]] * 2}, "$.scopes[1]"),
        ({"scopes": [PASS_RATE["scopes"][0] | {"kind": "planet"}]}, "$.scopes[0].kind"),
        ({"scopes": [PASS_RATE["scopes"][0] | {"key": "major.name"}]}, "$.scopes[0].key"),
        (
            {
                "scopes": [
                    PASS_RATE["scopes"][0]
                    | {"period": {"kind": "term", "from": {"constant": "autumn"}}}
                ]
            },
            "$.scopes[0].period.from",
        ),
        (
            {
                "scopes": [
                    PASS_RATE["scopes"][0] | {"period": {"kind": "term", "from": "registered_on"}}
                ]
            },
            "$.scopes[0].period.from",
        ),
    ],
)
def test_a_definition_that_cannot_be_measured_is_refused(
    dictionary: Dictionary, change: dict[str, Any], place: str
) -> None:
    with pytest.raises(IndicatorInvalidError) as refusal:
        parse_indicator(PASS_RATE | change, dictionary, 1)

    assert place in refusal.value.fields


@pytest.mark.parametrize(
    "condition",
    [
        ["nothing", "=", 1],
        ["final_result", "=", "passed"],
        ["final_result", "in", "pass"],
        ["final_result", "like", "p%"],
        ["final_result"],
        ["previous_attempts", ">", "many"],
        ["previous_attempts", ">", None],
        ["registered_on", ">=", "2026-02-30"],
        ["registered_on", ">", {"field": "class_no"}],
        ["registered_on", ">", {"field": "teaching_class.nothing"}],
        ["class_no", "=", {"a": 1}],
        ["class_no", "=", "a\0b"],
        "final_result = pass",
    ],
)
def test_a_comparison_that_the_database_would_refuse_is_refused_at_once(
    dictionary: Dictionary, condition: Any
) -> None:
    definition = PASS_RATE | {"numerator": {"count": True, "where": [condition]}}

    with pytest.raises(IndicatorInvalidError) as refusal:
        parse_indicator(definition, dictionary, 1)

    assert list(refusal.value.fields) == ["$.numerator.where[0]"]


@pytest.mark.asyncio(loop_scope="module")
async def test_all_faults_of_a_definition_are_told_at_once(hub: Any) -> None:
    answer = await hub.client.put(
        "/v1/indicators/wrong", json=PASS_RATE | {"indicator": "wrong", "direction": 1, "scopes": 2}
    )

    assert answer.status_code == 422
    assert set(answer.json()["validationErrors"]) == {"$.direction", "$.scopes"}
