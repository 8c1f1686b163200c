"""Read models, one module a resource. One function per screen; SQL in, response out, no rule."""

from target_service.queries.attainments import list_attainments, summarise_attainments
from target_service.queries.bindings import get_binding, list_bindings, read_binding
from target_service.queries.goals import get_goal, list_goals
from target_service.queries.next_tier import get_next_tier
from target_service.queries.pages import Listed
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
    "Listed",
    "compare_standards",
    "get_binding",
    "get_entry",
    "get_goal",
    "get_next_tier",
    "get_selector",
    "get_standard",
    "get_support",
    "lint_standard",
    "list_attainments",
    "list_bindings",
    "list_entries",
    "list_goals",
    "list_selectors",
    "list_standards",
    "read_binding",
    "summarise_attainments",
    "view_entry",
    "view_selection",
]
