"""What contradicts itself in a rule is named at once, by its place; what is shipped does not."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from alert_service.domain.rules.linting import (
    MOST_SCOPES,
    FaultyRuleError,
    Known,
    lint,
    refuse_faulty,
)
from alert_service.domain.rules.model import Family
from alert_service.domain.rules.words import words_of
from alert_service.repository.rules import shipped
from alert_service.schemas.rules import RuleBody

UNITS = {"rate": "ratio", "hours": "hours", "score": "score"}
LOW = {"is": "value", "indicator": "rate", "op": "<", "value": "0.8"}
HIGH = {"is": "value", "indicator": "rate", "op": ">", "value": "0.9"}
CATALOGUE = Path(__file__).parents[2] / "datahub/src/datahub/indicators/catalogue"


def faults(condition: dict[str, Any], known: int = 10, **more: Any) -> list[str]:
    given = {"title": "规则", "family": "attendance", "scopes": {"kind": "course"}}
    body = RuleBody.model_validate({**given, "condition": condition, **more})
    return [path for path, _ in lint(body.to_rule("r", 1), body.unit, Known(UNITS, known))]


@pytest.mark.parametrize(
    ("condition", "more", "where"),
    [
        (LOW, {}, []),
        ({"is": "all", "of": [LOW, HIGH]}, {}, ["$.condition"]),
        ({"is": "any", "of": [LOW, {"is": "not", "of": LOW}]}, {}, ["$.condition"]),
        ({"is": "all", "of": [{"is": "absent", "indicator": "rate", "days": days}
                              for days in range(1, 17)]}, {}, []),
        (LOW | {"value": "1.5"}, {}, ["$.condition"]),
        (HIGH | {"value": "1"}, {}, ["$.condition"]),
        ({"is": "all", "of": [LOW, LOW | {"indicator": "score"}]}, {}, []),
        (LOW, {"unit": "percent"}, ["$.condition.value"]),
        (LOW | {"indicator": "nothing"}, {}, ["$.condition.indicator"]),
        (LOW | {"op": "between"}, {}, ["$.condition.value"]),
        (LOW | {"op": "between", "value": ["0.9", "0.8"]}, {}, ["$.condition.value"]),
        (LOW, {"ladder": [{"severity": "red", "when": HIGH}]}, ["$.ladder[0].when"]),
        (LOW, {"ladder": [{"severity": "blue", "when": LOW}]}, ["$.ladder[0].severity"]),
        ({"is": "absent", "indicator": "rate", "days": 3}, {"times": 2, "margin": "0.1"},
         ["$.times", "$.margin"]),
        (LOW | {"op": "=", "value": "0.5"}, {"margin": "0.1"}, ["$.margin"]),
        ({"is": "judged", "indicator": "rate"}, {}, ["$.condition"]),
        ({"is": "feed", "levels": ["late"]}, {}, ["$.condition"]),
        (LOW, {"scopes": {"kind": "feed"}}, ["$.condition"]),
        (LOW, {"scopes": {"kind": "course", "keys": ["major/M1"]}}, ["$.scopes.keys"]),
        (LOW, {"scopes": {"kind": "course", "keys": ["course/1"], "but": ["course/1"]}},
         ["$.scopes.but"]),
        (LOW, {"owner": {"by": "fixed", "kind": "unit"}}, ["$.owner.kind", "$.owner.owner"]),
        (LOW, {"scopes_known": MOST_SCOPES + 1}, ["$.scopes"]),
        ({"is": "deviation", "indicator": "rate", "among": "group", "beyond": "3"},
         {"scopes": {"kind": "course", "keys": ["course/1"]}}, ["$.condition.least"]),
    ],
)  # fmt: skip
def test_every_fault_is_named_at_its_place(
    condition: dict[str, Any], more: dict[str, Any], where: list[str]
) -> None:
    known = more.pop("scopes_known", 10)

    assert faults(condition, known, **more) == where


def test_a_condition_without_end_is_refused() -> None:
    deep: dict[str, Any] = LOW
    for _ in range(7):
        deep = {"is": "not", "of": deep}

    assert faults(deep) == ["$.condition"]
    assert faults({"is": "any", "of": [{"is": "all", "of": [LOW] * 20}] * 3}) == ["$.condition"]


def test_what_is_shipped_covers_every_family_and_contradicts_nothing_of_the_catalogue() -> None:
    units = {
        each["indicator"]: each["unit"]
        for file in sorted(CATALOGUE.rglob("*.toml"))
        for each in tomllib.loads(file.read_text(encoding="utf-8"))["indicators"]
    }

    for key, body in shipped().items():
        refuse_faulty(body.to_rule(key, 1), body.unit, Known(units, 1))
    assert {body.family for body in shipped().values()} == set(Family)
    assert words_of(shipped()["major-yellow-list"].to_rule("k", 1)) == (
        "major：（plan_fulfilment_ratio < 0.8 且 （destination_ratio < 0.85"
        " 或 graduation_ratio < 0.9））"
    )
    wrong = shipped()["incident-teaching"]
    with pytest.raises(FaultyRuleError, match="incident has 3 faults"):
        refuse_faulty(wrong.to_rule("incident", 1), "count", Known({}, MOST_SCOPES + 1))
