"""Who asks about values that people hand in, and what of them he gets to see."""

from typing import Annotated, Any, Final

from fastapi import Depends

from datahub.indicators.api.asking import PERSONAL
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.masking import HIDDEN, Mask
from datahub.indicators.domain.party import (
    About,
    Party,
    Standing,
    decides,
    hands_in,
    sees_evidence,
    sees_value,
)
from datahub.indicators.usecases.steps import APPROVE, HAND_IN
from shared.kit.identity import Caller, current_caller, require

EVERY_SCOPE: Final = "datahub:every-scope"
"""Permission to be bound to no scope: the quality office."""

BEHIND: Final = ("evidence_name", "link", "note")
"""What tells of the evidence."""

Writer = Annotated[Caller, Depends(require(HAND_IN))]
Approver = Annotated[Caller, Depends(require(APPROVE))]
Reader = Annotated[Caller, Depends(current_caller)]


def party_of(caller: Caller) -> Party:
    """Return who asks, as the rules know him."""
    return Party(
        subject=caller.subject,
        hands_in=caller.may(HAND_IN),
        decides=caller.may(APPROVE),
        is_everywhere=caller.may(EVERY_SCOPE),
        sees_persons=caller.may(PERSONAL),
    )


class Showing:
    """Shows values to one person: the indicators in force say what their classes close."""

    def __init__(self, caller: Caller, indicators: list[Indicator]) -> None:
        self.party = party_of(caller)
        self._mask = Mask.of(indicators, sees_persons=False)
        self._versions = {each.id: each.version for each in indicators}

    def show(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a value as he may see it, with what he may do with it."""
        told = {name: each for name, each in row.items() if name not in {"answers", "leads"}}
        standing, about = _standing(row), self._about(row)
        if not sees_value(self.party, standing, about):
            told |= dict.fromkeys(HIDDEN)
        may_open = self.sees_evidence(row)
        if not may_open:
            told |= dict.fromkeys(BEHIND)
        may = self._may(row, standing) | {"evidence": may_open and row["evidence"] is not None}
        return {**told, "may": may}

    def sees_evidence(self, row: dict[str, Any]) -> bool:
        """Return whether he may read the evidence of a value."""
        return sees_evidence(self.party, _standing(row), self._about(row))

    def _about(self, row: dict[str, Any]) -> About:
        """Return what is asked of a value: it is masked as it would be when it is approved."""
        version = self._versions.get(row["indicator"])
        approved = row | {"manual": True, "formula_version": version}
        return About(row["entered_by"], self._mask.hides(approved, row))

    def _may(self, row: dict[str, Any], standing: Standing) -> dict[str, bool]:
        state, by = row["state"], row["entered_by"]
        decides_on = decides(self.party, standing, by)
        writes = hands_in(self.party, standing)
        is_his = self.party.hands_in and self.party.subject == by
        is_approved = state == "approved"
        return {
            "approve": decides_on and state == "waiting",
            "reject": decides_on and state == "waiting",
            "revise": writes and state in {"waiting", "rejected", "approved"},
            "withdraw": (decides_on and is_approved)
            or ((writes or is_his) and state in {"waiting", "rejected"}),
        }


def _standing(row: dict[str, Any]) -> Standing:
    return Standing(answers=row["answers"], leads=row["leads"])
