"""Corrections (纠偏): they follow their alerts, find their cycles, and people work on them."""

from spiral_service.usecases.corrections.acting import (
    Act,
    assign,
    hand_in_evidence,
    plan,
    verify,
)
from spiral_service.usecases.corrections.following import (
    Cell,
    follow_alerts,
    hand_over_page,
    let_go,
    remeasure_all,
    take_in_waiting,
    tell_earlier_steps,
)
from spiral_service.usecases.corrections.joining import join, split
from spiral_service.usecases.corrections.reminding import change_ladder, look_at_steps

__all__ = [
    "Act",
    "Cell",
    "assign",
    "change_ladder",
    "follow_alerts",
    "hand_in_evidence",
    "hand_over_page",
    "join",
    "let_go",
    "look_at_steps",
    "plan",
    "remeasure_all",
    "split",
    "take_in_waiting",
    "tell_earlier_steps",
    "verify",
]
