"""Read models, one module a resource. One function per screen; SQL in, response out, no rule."""

from target_service.queries.attainments import list_attainments, summarise_attainments
from target_service.queries.bindings import get_binding, list_bindings, read_binding
from target_service.queries.goal_lint import get_coverage, list_findings, list_transfer_rates
from target_service.queries.goals import (
    ROOTS,
    get_decomposition,
    get_goal,
    list_comments,
    list_goals,
)
from target_service.queries.pages import Listed
from target_service.queries.plans import get_plan, list_plans
from target_service.queries.standards import get_standard, list_standards

__all__ = [
    "ROOTS",
    "Listed",
    "get_binding",
    "get_coverage",
    "get_decomposition",
    "get_goal",
    "get_plan",
    "get_standard",
    "list_attainments",
    "list_bindings",
    "list_comments",
    "list_findings",
    "list_goals",
    "list_plans",
    "list_standards",
    "list_transfer_rates",
    "read_binding",
    "summarise_attainments",
]
