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
        ({"formula": "count(nothing)"}, "$.formula"),
        ({"formula": 5}, "$.formula"),
        ({"formula": "sum(class_no of enrolment)"}, "$.formula"),
        ({"minimum_sample": "3"}, "$.minimum_sample"),
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
        ({"scopes": [PASS_RATE["scopes"][0] | {"period": "aeon"}]}, "$.scopes[0].period"),
        ({"scopes": [{"kind": "class", "period": "month"}]}, "$.scopes[0].period.from"),
        (
            {"formula": "count(room)", "scopes": [{"kind": "course", "period": "term"}]},
            "$.scopes[0].key",
        ),
    ],
)
def test_a_definition_that_cannot_be_measured_is_refused(
    dictionary: Dictionary, change: dict[str, Any], place: str
) -> None:
    with pytest.raises(IndicatorInvalidError) as refusal:
        parse_indicator(PASS_RATE | change, dictionary, 1)

    assert place in refusal.value.fields


@pytest.mark.asyncio(loop_scope="module")
async def test_all_faults_of_a_definition_are_told_at_once(hub: Any) -> None:
    faults = {"indicator": "wrong", "direction": 1, "scopes": 2, "type": "share", "level": "room"}
    answer = await hub.client.put("/v1/indicators/wrong", json=PASS_RATE | faults)

    assert answer.status_code == 422
    places = {f"$.{each}" for each in ("direction", "scopes", "type", "level")}
    assert set(answer.json()["validationErrors"]) == places
