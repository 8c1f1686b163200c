"""Tables of the target service, one module a resource. No rule lives here: see ``domain``."""

from shared.calendar.table import add_calendar
from shared.kit.tables import add_plumbing, add_timers
from target_service.tables.attainments import AttainmentRow, MeasuredValueRow
from target_service.tables.base import Base
from target_service.tables.bindings import BindingRow
from target_service.tables.goals import GoalRow
from target_service.tables.names import IndicatorRow, ScopeRow
from target_service.tables.standards import StandardRow
from target_service.tables.standing import AttainmentHistoryRow, GoalAttainmentRow

__all__ = [
    "AttainmentHistoryRow",
    "AttainmentRow",
    "Base",
    "BindingRow",
    "GoalAttainmentRow",
    "GoalRow",
    "IndicatorRow",
    "MeasuredValueRow",
    "ScopeRow",
    "StandardRow",
]

add_plumbing(Base)
add_calendar(Base)
add_timers(Base)
