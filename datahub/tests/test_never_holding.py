"""What of a formula can never hold is told when it is saved."""

from typing import Any

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.document import parse_indicator
from datahub.indicators.domain.never import never_holding

BASE: dict[str, Any] = {
    "indicator": "never",
    "zh": "某项",
    "en": "Some",
    "unit": "count",
    "direction": "higher",
    "scopes": [{"kind": "school", "period": "term"}],
}


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("number > 999", ["number > 999 永不成立：字典规定它最大为 100"]),
        ("number > 100", ["number > 100 永不成立：字典规定它最大为 100"]),
        ("number >= 100", []),
        ("number = 100.5", ["number = 100.5 永不成立：字典规定它最大为 100"]),
        ("number < 0", ["number < 0 永不成立：字典规定它最小为 0"]),
        ("number <= 0", []),
        ("number < 999", []),
        ("999 < number", ["number > 999 永不成立：字典规定它最大为 100"]),
        ("passed or not number >= 101", ["number >= 101 永不成立：字典规定它最大为 100"]),
        ("attempt > 20 and number > 999", ["attempt > 20", "number > 999"]),
        ("grade_type = 'mid'", []),
    ],
)
def test_a_comparison_beyond_what_the_dictionary_allows_is_told(
    dictionary: Dictionary, where: str, told: list[str]
) -> None:
    formula = f"count(score where {where})"
    found = never_holding(parse_indicator(BASE | {"formula": formula}, dictionary, 1))

    assert [each.startswith(start) for each, start in zip(found, told, strict=True)] == [
        True for _ in told
    ]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_warning_does_not_keep_a_definition_from_being_saved(hub: Any) -> None:
    document = BASE | {"formula": "count(score where number > 999)"}
    answer = await hub.client.put("/v1/indicators/never", json=document)
    waiting = await hub.client.get("/v1/indicators/never")
    await hub.settled()
    measured = await hub.get("indicators/never")

    assert answer.status_code == 201, answer.text
    assert answer.json()["warnings"] == [
        (
            "number > 999 永不成立：字典规定它最大为 100"
            " (it can never hold: the greatest that the dictionary allows is 100)"
        )
    ]
    assert (waiting.json()["waiting"], measured["waiting"]) == (True, False)
    assert waiting.headers["cache-control"] == "no-store", "its tag is that of the measured one"
