"""What people do with an alert, and what the clock does where they do nothing.

Source: design "Alerts" 2 and 4.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final

from alert_service.domain.life import (
    DISMISSALS,
    Acknowledgement,
    Alert,
    Assignment,
    Clocks,
    Finding,
    How,
    Settlement,
    at_least,
    due_after,
    hand_on,
)
from alert_service.domain.parties import person_of
from alert_service.domain.severity import rank_of
from shared.contracts.vocabulary import Severity, Worst
from shared.errors import DomainError, ErrorKind

LADDER: Final = ("unit", "role/qa_office", "role/school_leader")
"""Who is called when an alert is not answered in time, one after the other: the head of the unit,
the QA office, the leader of the school. Source: design "Alerts" 5."""


class AlertSettledError(DomainError):
    """The alert is over."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "alert-settled"
    title_zh: ClassVar = "预警已销号"
    title_en: ClassVar = "The alert is settled"


class DismissalError(DomainError):
    """An alert cannot be dismissed so."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "dismissal"
    title_zh: ClassVar = "不能这样撤销预警"
    title_en: ClassVar = "The alert cannot be dismissed so"


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """Which alerts a caller may acknowledge: all, or those that he answers for."""

    subject: str
    writer: bool
    hidden: frozenset[str] = frozenset()
    """Families that he sees only where he answers for the alert."""

    roles: frozenset[str] = frozenset()
    """Roles that he holds, as owners are named: ``role/qa_office``."""

    @property
    def parties(self) -> list[str]:
        """How the caller is named as an owner, in person and by his roles."""
        return [*self.names(), *sorted(self.roles)]

    def names(self) -> list[str]:
        """Return how the caller is named as an owner."""
        kind, _, key = self.subject.partition("/")
        return [key, f"teacher/{key}", self.subject] if kind == "person" else []

    def covers(self, owner: str) -> bool:
        """Return whether those of an owner are among them.

        A person is named as one, as a teacher, or by the number alone; a role is whoever holds it.
        """
        return self.writer or owner in self.parties

    def answers_for(self, owner: str, supervisor: str | None) -> bool:
        """Return whether they are its owner's, or its supervisor's once it was escalated (督办)."""
        return self.covers(owner) or (supervisor is not None and self.covers(supervisor))


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """What was dismissed does not warn again (豁免), in its colour and milder ones.

    That of an accepted deviation ends with its day, the others when the value is back in order.
    """

    cell: str
    alert: str
    how: How
    severity: Severity
    by: str
    reason: str
    until: datetime | None

    def covers(self, severity: Severity, at: datetime) -> bool:
        """Return whether it keeps an alert of a colour from being raised."""
        is_over = self.until is not None and self.until <= at
        return not is_over and rank_of(severity) <= rank_of(self.severity)

    def ends_with(self, finding: Finding) -> bool:
        """Return whether it is over because the value is back in order."""
        is_back = finding.severity is None and finding.hold is None
        return finding.withdrawn or (is_back and self.how is not How.ACCEPTED)


def acknowledge(alert: Alert, by: str, note: str, at: datetime) -> Alert:
    """Return the alert as acknowledged in its colour; one that already is stays as it is.

    Raises:
        AlertSettledError: it is over.
    """
    _refuse_settled(alert, "签收", "acknowledged")
    if alert.acknowledged:
        return alert
    seen = Acknowledgement(by=by, at=at, note=note, severity=alert.severity)
    return replace(alert, version=alert.version + 1, acknowledged=seen)


def assign(alert: Alert, owner: str, assigned: Assignment, clocks: Clocks) -> Alert:
    """Return the alert with another owner, who must acknowledge it anew; his own changes nothing.

    Raises:
        AlertSettledError: it is over.
    """
    _refuse_settled(alert, "指派", "assigned")
    if alert.assigned and alert.owner == owner:
        return alert
    named = alert if alert.owner == owner else hand_on(alert, owner, assigned.at, clocks)
    return replace(named, version=alert.version + 1, assigned=assigned)


def escalate(alert: Alert, at: datetime, clocks: Clocks, head: str | None) -> Alert | None:
    """Return the alert as the next one is called, at least orange; None where nobody is due.

    Args:
        head: who leads the unit that its scope is or lies in; None: the next one is called at once.
    """
    if alert.settled or alert.acknowledged or alert.due_at > at:
        return None
    if alert.escalated >= len(LADDER):
        return None
    called, supervisor = _next_rung(alert, head)
    later = replace(alert, version=alert.version + 1, escalated=called, supervisor=supervisor)
    severity = at_least(alert.severity, later)
    worst = alert.worst
    if rank_of(severity) > rank_of(worst.severity):
        value = None if alert.value is None else format(alert.value, "f")
        worst = Worst(severity=severity, value=value, crossed=alert.crossed, at=at)
    return replace(
        later, severity=severity, worst=worst, due_at=due_after(None, severity, at, clocks)
    )


def _next_rung(alert: Alert, head: str | None) -> tuple[int, str]:
    """Return who is called next: not whoever answers already, as long as there is another."""
    owner = person_of(alert.owner, head)
    for called in range(alert.escalated + 1, len(LADDER)):
        who = head if called == 1 else LADDER[called - 1]
        if who is not None and person_of(who, None) != owner:
            return called, who
    return len(LADDER), LADDER[-1]


def dismiss(
    alert: Alert, how: How, by: str, reason: str, until: datetime | None, at: datetime
) -> tuple[Alert, Exemption]:
    """Return the alert as somebody ended it, and what keeps it from being raised at once again.

    Raises:
        AlertSettledError: it is over.
        DismissalError: an accepted deviation has no day until which it is accepted, or that is not
            in the future; or another one has one.
    """
    _refuse_settled(alert, "撤销", "dismissed")
    assert how in DISMISSALS
    accepted = how is How.ACCEPTED
    if accepted and (until is None or until <= at):
        raise DismissalError(
            "接受偏差须给出将来的截止时间 until",
            "an accepted deviation needs `until`, in the future",
        )
    if not accepted and until is not None:
        raise DismissalError(
            "只有接受偏差（accepted）才有截止时间 until", "only an accepted deviation has `until`"
        )
    over = Settlement(how=how, at=at, effect=None, by=by, reason=reason, until=until)
    exemption = Exemption(
        cell=alert.cell,
        alert=alert.id,
        how=how,
        severity=alert.severity,
        by=by,
        reason=reason,
        until=until,
    )
    return replace(alert, version=alert.version + 1, hold=None, settled=over), exemption


def _refuse_settled(alert: Alert, zh: str, en: str) -> None:
    if alert.settled:
        raise AlertSettledError(f"预警已销号，不能再{zh}", f"a settled alert cannot be {en}")
