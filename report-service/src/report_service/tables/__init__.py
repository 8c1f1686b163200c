"""Tables of the report service: the read model, reports, the work on them, orders, templates."""

from report_service.tables.base import Base, Known
from report_service.tables.known import (
    AlertRow,
    AssessmentRow,
    BindingRow,
    CampaignRow,
    CorrectionRow,
    CycleRow,
    DiagnosisRow,
    GoalRow,
    IndicatorRow,
    JudgementRow,
    LessonRow,
    MeasurementRow,
    MeasureRow,
    PastRow,
    ScopeRow,
    StandingRow,
    SurveyRow,
    TaskRow,
)
from report_service.tables.orders import BatchRow, OrderRow, ProducedRow, ScheduleRow
from report_service.tables.reports import (
    CommentRow,
    RenditionRow,
    ReportRow,
    SignatureRow,
    TemplateRow,
    TextRow,
    WorkRow,
)
from shared.calendar.table import add_calendar
from shared.kit.tables import add_handed_over, add_plumbing, add_timers

add_plumbing(Base)
add_calendar(Base)
add_handed_over(Base)
add_timers(Base)

__all__ = [
    "AlertRow",
    "AssessmentRow",
    "Base",
    "BatchRow",
    "BindingRow",
    "CampaignRow",
    "CommentRow",
    "CorrectionRow",
    "CycleRow",
    "DiagnosisRow",
    "GoalRow",
    "IndicatorRow",
    "JudgementRow",
    "Known",
    "LessonRow",
    "MeasureRow",
    "MeasurementRow",
    "OrderRow",
    "PastRow",
    "ProducedRow",
    "RenditionRow",
    "ReportRow",
    "ScheduleRow",
    "ScopeRow",
    "SignatureRow",
    "StandingRow",
    "SurveyRow",
    "TaskRow",
    "TemplateRow",
    "TextRow",
    "WorkRow",
]
