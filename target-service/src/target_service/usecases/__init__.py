"""What the target service can do: one function, one transaction.

Use cases decide nothing. They load, ask ``domain``, store and publish. Every event of a scope
has the scope as its partition key, so that a changed binding is known before its judgement.
"""

from target_service.repository.measured import JUDGEMENT
from target_service.usecases.checks import Precondition, Put, Turn
from target_service.usecases.goal_steps import comment_on_goal, take_step, waive_letter
from target_service.usecases.goals import decompose_goal, put_goal
from target_service.usecases.hearing import knows, knows_what_is_bound, learn_names
from target_service.usecases.judging import follow_calendar, judge_due, judge_measured
from target_service.usecases.placing import place_missing
from target_service.usecases.plan_importing import import_plan
from target_service.usecases.plans import put_plan, take_plan_step, withdraw_plan
from target_service.usecases.putting import put_binding
from target_service.usecases.registers import Registrar
from target_service.usecases.selecting import put_selector, withdraw_selector
from target_service.usecases.standards import adopt_standards, decide_standard, put_standard
from target_service.usecases.what_if import Supposed, what_if
from target_service.usecases.withdrawing import withdraw_binding, withdraw_goal, withdraw_standard

__all__ = [
    "JUDGEMENT",
    "Precondition",
    "Put",
    "Registrar",
    "Supposed",
    "Turn",
    "adopt_standards",
    "comment_on_goal",
    "decide_standard",
    "decompose_goal",
    "follow_calendar",
    "import_plan",
    "judge_due",
    "judge_measured",
    "knows",
    "knows_what_is_bound",
    "learn_names",
    "place_missing",
    "put_binding",
    "put_goal",
    "put_plan",
    "put_selector",
    "put_standard",
    "take_plan_step",
    "take_step",
    "waive_letter",
    "what_if",
    "withdraw_binding",
    "withdraw_goal",
    "withdraw_plan",
    "withdraw_selector",
    "withdraw_standard",
]
