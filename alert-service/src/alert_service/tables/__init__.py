"""Tables of the alert service, one module a subject. No rule lives here: see ``domain``."""

from alert_service.tables.alerts import AlertRow, AlertStepRow
from alert_service.tables.base import Base
from alert_service.tables.names import IndicatorRow, ScopeRow
from alert_service.tables.notifying import (
    AlertLabelRow,
    AttemptRow,
    ChannelRow,
    ForeignAlertRow,
    GroupRow,
    LetterRow,
    MemberRow,
    NotedRow,
    NotificationRow,
    PolicyRow,
    ReadingRow,
    SilenceRow,
    ToldRow,
    UntoldRow,
)
from alert_service.tables.rules import (
    ExemptionRow,
    HeardRow,
    RuleCellRow,
    RuleRow,
    RuleVersionRow,
    SignalRow,
)
from alert_service.tables.steps import ToldStepRow
from alert_service.tables.watching import StandingRow, WatchRow
from shared.calendar.table import add_calendar
from shared.kit.tables import add_handed_over, add_plumbing, add_timers

__all__ = [
    "AlertLabelRow",
    "AlertRow",
    "AlertStepRow",
    "AttemptRow",
    "Base",
    "ChannelRow",
    "ExemptionRow",
    "ForeignAlertRow",
    "GroupRow",
    "HeardRow",
    "IndicatorRow",
    "LetterRow",
    "MemberRow",
    "NotedRow",
    "NotificationRow",
    "PolicyRow",
    "ReadingRow",
    "RuleCellRow",
    "RuleRow",
    "RuleVersionRow",
    "ScopeRow",
    "SignalRow",
    "SilenceRow",
    "StandingRow",
    "ToldRow",
    "ToldStepRow",
    "UntoldRow",
    "WatchRow",
]

add_plumbing(Base)
add_calendar(Base)
add_handed_over(Base)
add_timers(Base)
