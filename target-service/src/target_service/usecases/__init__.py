"""What the target service can do: one function, one transaction.

Use cases decide nothing. They load, ask ``domain``, store and publish. Every event of a scope
has the scope as its partition key, so that a changed binding is known before its judgement.
"""

from target_service.usecases.checks import Precondition, Put
from target_service.usecases.goals import put_goal
from target_service.usecases.hearing import knows, knows_what_is_bound, learn_names
from target_service.usecases.judging import JUDGEMENT, follow_calendar, judge_due, judge_measured
from target_service.usecases.placing import place_missing
from target_service.usecases.putting import (
    adopt_standards,
    put_binding,
    put_standard,
)
from target_service.usecases.what_if import Supposed, what_if
from target_service.usecases.withdrawing import withdraw_binding, withdraw_goal, withdraw_standard

__all__ = [
    "JUDGEMENT",
    "Precondition",
    "Put",
    "Supposed",
    "adopt_standards",
    "follow_calendar",
    "judge_due",
    "judge_measured",
    "knows",
    "knows_what_is_bound",
    "learn_names",
    "place_missing",
    "put_binding",
    "put_goal",
    "put_standard",
    "what_if",
    "withdraw_binding",
    "withdraw_goal",
    "withdraw_standard",
]
