"""Gates on assessments, alerts, corrections and forms.

Source: design "The spiral", steps and gates, and rule 4.
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.contracts.vocabulary import Severity
from spiral_service.domain.gates.base import (
    Blocker,
    Check,
    Facts,
    Parameter,
    blocks,
    none_of,
)

PURPOSES: Final = (
    "department", "cadre", "selection", "evaluation", "honour", "progress", "adjustment",
)  # fmt: skip
_GRAVITY: Final = list(Severity)


def assessment_is_recorded(facts: Facts, parameters: Mapping[str, Any]) -> list[Blocker]:
    """The scope has a published result of an assessment, of the purpose that is asked for."""
    wanted = parameters.get("purpose")
    if any(wanted in {None, each.document["purpose"]} for each in facts.assessments):
        return []
    return [none_of("assessment", facts, "已发布的考核结果", "published result of an assessment")]


def alerts_are_settled(facts: Facts, parameters: Mapping[str, Any]) -> list[Blocker]:
    """No alert is open that has the colour given, or a graver one; orange where none is given."""
    least = _GRAVITY.index(Severity(parameters.get("severity", Severity.ORANGE)))
    return [
        blocks("alert", alert, f"{_ZH[severity]}预警未销号", f"the {severity} alert is not settled")
        for alert in facts.alerts
        if not alert.document["settled"]
        and _GRAVITY.index(severity := Severity(alert.document["severity"])) >= least
    ]


def corrections_are_closed(facts: Facts, _: Mapping[str, Any]) -> list[Blocker]:
    """No correction of the cycle is open."""
    return [
        blocks("correction", each, "纠偏未完成（尚无复测值）", "the correction is not closed")
        for each in facts.corrections
    ]


def form_is_filed(facts: Facts, parameters: Mapping[str, Any]) -> list[Blocker]:
    """A form was filled in."""
    form = parameters["form"]
    if any(each.key == form for each in facts.forms):
        return []
    return [Blocker(kind="form", key=form, zh=f"表单 {form} 未填写", en=f"{form} is not filed")]


_ZH: Final = {
    Severity.BLUE: "蓝色",
    Severity.YELLOW: "黄色",
    Severity.ORANGE: "橙色",
    Severity.RED: "红色",
}
CHECKS: Final = {
    "assessment_is_recorded": Check(
        judge=assessment_is_recorded,
        reads=("assessments",),
        parameters={"purpose": Parameter(type=str, choices=PURPOSES)},
    ),
    "alerts_are_settled": Check(
        judge=alerts_are_settled,
        reads=("alerts",),
        parameters={"severity": Parameter(type=str, choices=tuple(Severity))},
    ),
    "corrections_are_closed": Check(judge=corrections_are_closed, reads=("corrections",)),
    "form_is_filed": Check(
        judge=form_is_filed,
        reads=("forms",),
        parameters={"form": Parameter(type=str, required=True)},
    ),
}
