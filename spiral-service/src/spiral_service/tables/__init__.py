"""Tables of the spiral service, one module a subject. No rule lives here: see ``domain``."""

from shared.calendar.table import add_calendar
from shared.kit.tables import add_files, add_handed_over, add_plumbing, add_timers
from spiral_service.tables.base import Base
from spiral_service.tables.corrections import CorrectionHistoryRow, CorrectionRow
from spiral_service.tables.culture import AdviceRow, CampaignRow, SignInRow, SurveyRow
from spiral_service.tables.cycle_proposals import CycleProposalRow
from spiral_service.tables.cycles import CycleEntryRow, CycleRow, FilingRow
from spiral_service.tables.deadlines import DeadlineRow, LitStepRow
from spiral_service.tables.definitions import DefinitionRow
from spiral_service.tables.diagnoses import AskedVoiceRow, ContributionRow, DiagnosisRow
from spiral_service.tables.evidence import EvidenceUploadRow
from spiral_service.tables.facts import OutsideFactRow
from spiral_service.tables.innovations import ProposalRow
from spiral_service.tables.lessons import LessonRow, LessonUseRow
from spiral_service.tables.measures import LoweredTargetRow, MeasureRow
from spiral_service.tables.owners import GrantedRoleRow
from spiral_service.tables.programmes import ProgrammeRow, SweepRow
from spiral_service.tables.reviews import ReviewCommentRow, ReviewRoundRow, ReviewVoteRow
from spiral_service.tables.scopes import ScopeRow
from spiral_service.tables.steps import ToldStepRow
from spiral_service.tables.work import WorkCallRow, WorkItemRow

__all__ = [
    "AdviceRow",
    "AskedVoiceRow",
    "Base",
    "CampaignRow",
    "ContributionRow",
    "CorrectionHistoryRow",
    "CorrectionRow",
    "CycleEntryRow",
    "CycleProposalRow",
    "CycleRow",
    "DeadlineRow",
    "DefinitionRow",
    "DiagnosisRow",
    "EvidenceUploadRow",
    "FilingRow",
    "GrantedRoleRow",
    "LessonRow",
    "LessonUseRow",
    "LitStepRow",
    "LoweredTargetRow",
    "MeasureRow",
    "OutsideFactRow",
    "ProgrammeRow",
    "ProposalRow",
    "ReviewCommentRow",
    "ReviewRoundRow",
    "ReviewVoteRow",
    "ScopeRow",
    "SignInRow",
    "SurveyRow",
    "SweepRow",
    "ToldStepRow",
    "WorkCallRow",
    "WorkItemRow",
]

add_plumbing(Base)
add_calendar(Base)
add_handed_over(Base)
add_files(Base)
add_timers(Base)
