"""Read models, one module a resource. One function per screen; SQL in, response out, no rule."""

from target_service.queries.attainments import list_attainments, summarise_attainments
from target_service.queries.bindings import get_binding, list_bindings, read_binding
from target_service.queries.chain_view import list_level, read_node
from target_service.queries.forecasting import forecast_of
from target_service.queries.goals import get_goal, list_goals
from target_service.queries.history import list_history
from target_service.queries.pages import Listed
from target_service.queries.standards import get_standard, list_standards

__all__ = [
    "Listed",
    "forecast_of",
    "get_binding",
    "get_goal",
    "get_standard",
    "list_attainments",
    "list_bindings",
    "list_goals",
    "list_history",
    "list_level",
    "list_standards",
    "read_binding",
    "read_node",
    "summarise_attainments",
]
