"""Requests and responses of the REST API, one module a resource."""

from target_service.schemas.attainments import (
    AttainmentFilter,
    AttainmentSummary,
    AttainmentView,
    Rates,
    Share,
)
from target_service.schemas.bindings import BindingBody, BindingDetail, BindingView
from target_service.schemas.common import Indicator, Key, LimitBody
from target_service.schemas.goals import GoalBody, GoalDetail, GoalView
from target_service.schemas.standards import StandardBody, StandardView, TiersBody

__all__ = [
    "AttainmentFilter",
    "AttainmentSummary",
    "AttainmentView",
    "BindingBody",
    "BindingDetail",
    "BindingView",
    "GoalBody",
    "GoalDetail",
    "GoalView",
    "Indicator",
    "Key",
    "LimitBody",
    "Rates",
    "Share",
    "StandardBody",
    "StandardView",
    "TiersBody",
]
