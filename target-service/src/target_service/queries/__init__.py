"""Read models, one module a resource. One function per screen; SQL in, response out, no rule."""

from target_service.queries.attainments import list_attainments, summarise_attainments
from target_service.queries.bindings import get_binding, list_bindings, read_binding
from target_service.queries.goals import get_goal, list_goals
from target_service.queries.pages import Listed
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
    "get_goal",
    "get_standard",
    "get_support",
    "lint_standard",
    "list_attainments",
    "list_bindings",
    "list_goals",
    "list_standards",
    "read_binding",
    "summarise_attainments",
]
