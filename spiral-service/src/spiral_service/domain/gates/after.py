"""Gates of the steps after the work: diagnoses, lessons, proposals, measures.

Source: design "The spiral", steps and gates.
"""

from collections.abc import Mapping
from typing import Any, Final

from spiral_service.domain.gates.base import Blocker, Check, Facts, blocks, none_of
from spiral_service.domain.gates.results import is_missed, result_of
from spiral_service.domain.lowering import is_lower


def diagnoses_are_signed(facts: Facts, _: Mapping[str, Any]) -> list[Blocker]:
    """Each goal has a signed conclusion, with a coded cause where it was missed."""
    if not facts.goals:
        return [none_of("goal", facts, "目标", "goal")]
    known = {each.key: each.document for each in facts.diagnoses}
    found = []
    for goal in facts.goals:
        said = known.get(goal.key)
        result = result_of(goal, facts.attainments)
        if said is None:
            found.append(blocks("diagnosis", goal, "尚未诊断", "it has no diagnosis"))
        elif said["state"] != "signed":
            found.append(blocks("diagnosis", goal, "诊断结论未签署", "its diagnosis is not signed"))
        elif said["cause"] is None and is_missed(goal, result):
            found.append(blocks("diagnosis", goal, "未达成而没有归因", "a miss without a cause"))
    return found


def lesson_is_linked(facts: Facts, _: Mapping[str, Any]) -> list[Blocker]:
    """There is a lesson, and one for each cause that was found."""
    if not facts.lessons:
        return [none_of("lesson", facts, "经验教训", "lesson")]
    learnt = {each.document["cause"] for each in facts.lessons}
    return [
        blocks(
            "lesson",
            each,
            f"原因 {each.document['cause']} 没有经验教训",
            f"no lesson is linked to the cause {each.document['cause']}",
        )
        for each in facts.diagnoses
        if each.document["cause"] not in {None, *learnt}
    ]


def proposal_is_made(facts: Facts, _: Mapping[str, Any]) -> list[Blocker]:
    """There is a proposal, or a change request to a standard, that was not withdrawn."""
    if any(each.document["state"] != "withdrawn" for each in facts.proposals):
        return []
    return [none_of("proposal", facts, "创新建议或标准变更申请", "proposal or change request")]


def measures_are_accepted(facts: Facts, _: Mapping[str, Any]) -> list[Blocker]:
    """A measure is accepted, none waits, and each lower target of a later goal has its reason."""
    found = [
        blocks("measure", each, "尚未决定是否采纳", "nobody has decided on it")
        for each in facts.measures
        if each.document["state"] == "proposed"
    ]
    if all(each.document["state"] in {"proposed", "rejected"} for each in facts.measures):
        found.append(none_of("measure", facts, "已采纳的改进措施", "accepted measure"))
    old = {each.document["indicator"]: each for each in facts.goals}
    for goal in facts.next_goals:
        before = old[goal.document["indicator"]].document["target"]
        if is_lower(goal.document["target"], before) and goal.document["reason"] is None:
            said = (
                "新目标低于旧目标而没有理由",
                "its target is below the old one without a reason",
            )
            found.append(blocks("next_goal", goal, *said))
    return found


CHECKS: Final = {
    "diagnoses_are_signed": Check(
        judge=diagnoses_are_signed, reads=("goals", "attainments", "diagnoses")
    ),
    "lesson_is_linked": Check(judge=lesson_is_linked, reads=("diagnoses", "lessons")),
    "proposal_is_made": Check(judge=proposal_is_made, reads=("proposals",)),
    "measures_are_accepted": Check(
        judge=measures_are_accepted, reads=("measures", "goals", "next_goals")
    ),
}
