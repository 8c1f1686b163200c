"""Read models, one module a resource. One function per screen; SQL in, response out, no rule."""

from target_service.queries.attainments import list_attainments, summarise_attainments
from target_service.queries.bindings import get_binding, list_bindings, read_binding
from target_service.queries.chain_view import list_level, read_node
from target_service.queries.forecasting import forecast_of
from target_service.queries.goal_lint import get_coverage, list_findings, list_transfer_rates
from target_service.queries.goals import (
    ROOTS,
    check_goal,
    get_decomposition,
    get_goal,
    list_comments,
    list_goals,
)
from target_service.queries.history import list_history
from target_service.queries.next_tier import get_next_tier
from target_service.queries.pages import Listed
from target_service.queries.plans import get_import, get_plan, list_plans
from target_service.queries.rates import list_rates
from target_service.queries.registers import get_entry, list_entries, view_entry
from target_service.queries.selectors import get_selector, list_selectors, view_selection
from target_service.queries.standards import (
    compare_standards,
    get_standard,
    get_support,
    lint_standard,
    list_standards,
)

__all__ = [
    "ROOTS",
    "Listed",
    "check_goal",
    "compare_standards",
    "forecast_of",
    "get_binding",
    "get_coverage",
    "get_decomposition",
    "get_entry",
    "get_goal",
    "get_import",
    "get_next_tier",
    "get_plan",
    "get_selector",
    "get_standard",
    "get_support",
    "lint_standard",
    "list_attainments",
    "list_bindings",
    "list_comments",
    "list_entries",
    "list_findings",
    "list_goals",
    "list_history",
    "list_level",
    "list_plans",
    "list_rates",
    "list_selectors",
    "list_standards",
    "list_transfer_rates",
    "read_binding",
    "read_node",
    "summarise_attainments",
    "view_entry",
    "view_selection",
]
