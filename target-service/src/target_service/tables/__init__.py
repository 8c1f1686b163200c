"""Tables of the target service, one module a resource. No rule lives here: see ``domain``."""

from shared.calendar.table import add_calendar
from shared.kit.tables import add_files, add_plumbing, add_timers
from target_service.tables.assessments import (
    AssessmentActRow,
    AssessmentConsentRow,
    AssessmentMarkRow,
    AssessmentObjectionRow,
    AssessmentResultRow,
    AssessmentRunRow,
    AssessmentSchemeRow,
    AssessmentTallyRow,
)
from target_service.tables.attainments import AttainmentRow, MeasuredValueRow
from target_service.tables.base import Base
from target_service.tables.bindings import BindingRow
from target_service.tables.goals import GoalCommentRow, GoalRow, KeptVersionRow
from target_service.tables.names import IndicatorRow, ScopeRow
from target_service.tables.plan_imports import PlanImportRow
from target_service.tables.plans import PlanRow
from target_service.tables.registers import RegisterEntryRow
from target_service.tables.selectors import SelectorRow
from target_service.tables.sheets import SheetRow
from target_service.tables.standards import StandardRow
from target_service.tables.standing import AttainmentHistoryRow, GoalAttainmentRow
from target_service.tables.tasks import EvidenceUploadRow, TaskNoteRow, TaskReportRow, TaskRow

__all__ = [
    "AssessmentActRow",
    "AssessmentConsentRow",
    "AssessmentMarkRow",
    "AssessmentObjectionRow",
    "AssessmentResultRow",
    "AssessmentRunRow",
    "AssessmentSchemeRow",
    "AssessmentTallyRow",
    "AttainmentHistoryRow",
    "AttainmentRow",
    "Base",
    "BindingRow",
    "EvidenceUploadRow",
    "GoalAttainmentRow",
    "GoalCommentRow",
    "GoalRow",
    "IndicatorRow",
    "KeptVersionRow",
    "MeasuredValueRow",
    "PlanImportRow",
    "PlanRow",
    "RegisterEntryRow",
    "ScopeRow",
    "SelectorRow",
    "SheetRow",
    "StandardRow",
    "TaskNoteRow",
    "TaskReportRow",
    "TaskRow",
]

add_plumbing(Base)
add_calendar(Base)
add_timers(Base)
add_files(Base)
