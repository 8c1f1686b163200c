"""Requests and responses of the REST API, one module a resource."""

from target_service.schemas.attainments import (
    AttainmentFilter,
    AttainmentSummary,
    AttainmentView,
    Rates,
    Share,
)
from target_service.schemas.bindings import BindingBody, BindingDetail, BindingView
from target_service.schemas.chain_view import (
    ChainNode,
    CostlyPart,
    ForecastView,
    GoalStanding,
    JudgedAt,
    Trend,
    WhatIf,
    WhatIfAnswer,
    WouldStand,
)
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
    "ChainNode",
    "CostlyPart",
    "ForecastView",
    "GoalBody",
    "GoalDetail",
    "GoalStanding",
    "GoalView",
    "Indicator",
    "JudgedAt",
    "Key",
    "LimitBody",
    "Rates",
    "Share",
    "StandardBody",
    "StandardView",
    "TiersBody",
    "Trend",
    "WhatIf",
    "WhatIfAnswer",
    "WouldStand",
]
