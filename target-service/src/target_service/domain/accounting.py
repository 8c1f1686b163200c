"""Accountability cases (问责), internal controls (内控) and their dates.

Source: plan M066 (监督问责), M082 (内控 + 问责); what a case and a finding must say is our default.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from target_service.domain.units import Faults

CaseStatus = Literal["open", "decided", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case, and what was decided in it."""

    status: CaseStatus
    opened_on: date
    persons: Sequence[str]
    decision: str
    decided_by: str
    decided_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A point of an internal control, and what was found there."""

    key: str
    finding: str
    owner: str
    due_on: date | None
    done_on: date | None


def faults_of_case(case: Case) -> Faults:
    """Return a decision without its author or day, one before the case, one in one's own case."""
    told = {"decision": case.decision, "decided_by": case.decided_by, "decided_on": case.decided_on}
    found: Faults = [
        (f"$.{name}", "已决定的问责须写明 (a case that is decided says it)")
        for name, given in told.items()
        if case.status != "open" and not given
    ]
    if case.status == "open":
        found += [
            (f"$.{name}", "未决定的问责不写 (a case that is open says it not yet)")
            for name, given in told.items()
            if given
        ]
    if case.decided_on and case.decided_on < case.opened_on:
        found.append(("$.decided_on", f"不能早于立案日 {case.opened_on} (before the case)"))
    if case.decided_by and case.decided_by in case.persons:
        found.append(("$.decided_by", "当事人不能自行决定 (nobody decides in his own case)"))
    return found


def faults_of_controls(controls: Sequence[Control]) -> Faults:
    """Return points that stand there twice, and findings that nobody mends by a day."""
    keys = [each.key for each in controls]
    found: Faults = []
    for place, each in enumerate(controls):
        path = f"$.controls[{place}]"
        if each.key in keys[:place]:
            found.append((f"{path}.key", f"{each.key} 出现不止一次 (a point twice)"))
        needed = {"owner": each.owner, "due_on": each.due_on}
        found += [
            (f"{path}.{name}", "有问题的须写明责任人与期限 (a finding has an owner and a day)")
            for name, given in needed.items()
            if each.finding and not given
        ]
        if each.done_on and not each.finding:
            found.append((f"{path}.done_on", "没有问题便无须整改 (no finding to mend)"))
    return found


def open_findings(controls: Sequence[Control]) -> list[Control]:
    """Return the findings that are not mended, the earliest due first."""
    waiting = [each for each in controls if each.finding and each.done_on is None]
    return sorted(waiting, key=lambda each: (each.due_on or date.max, each.key))
