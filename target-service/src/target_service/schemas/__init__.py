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
from target_service.schemas.lines import LinesBody, TiersBody
from target_service.schemas.standards import (
    ComparisonView,
    CriterionChangeView,
    DecisionBody,
    LineChangeView,
    StandardBody,
    StandardFilter,
    StandardView,
    Tag,
)
from target_service.schemas.training_plans import (
    FindingView,
    LintView,
    PlanBody,
    PlanFiguresView,
    ShareView,
    SupportedView,
    SupportView,
)

__all__ = [
    "AttainmentFilter",
    "AttainmentSummary",
    "AttainmentView",
    "BindingBody",
    "BindingDetail",
    "BindingView",
    "ComparisonView",
    "CriterionChangeView",
    "DecisionBody",
    "FindingView",
    "GoalBody",
    "GoalDetail",
    "GoalView",
    "Indicator",
    "Key",
    "LimitBody",
    "LineChangeView",
    "LinesBody",
    "LintView",
    "PlanBody",
    "PlanFiguresView",
    "Rates",
    "Share",
    "ShareView",
    "StandardBody",
    "StandardFilter",
    "StandardView",
    "SupportView",
    "SupportedView",
    "Tag",
    "TiersBody",
]
