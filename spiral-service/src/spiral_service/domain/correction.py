"""Corrections (纠偏): how one follows the facts about its alert, and its value.

One alert has one correction. Facts may come late, twice or in another order: each carries the
alert's ``version``, so the newest decides and the outcome does not depend on the order. Only
the raising tells the value before, so it is heard even when it comes last. What people do with a
correction is in ``correcting``.
Source: design "Alert and correction".
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from shared.contracts.causes import Cause
from shared.contracts.lines import improves, lies_beyond
from shared.contracts.vocabulary import (
    ClosedHow,
    CorrectionStage,
    CrossedLine,
    Severity,
    State,
    Worst,
)

What = Literal["raised", "merged", "held", "acknowledged", "reopened", "settled"]
BackTo = Literal["design", "organise", "implement"]
"""The steps that both loops share."""

_GAINED: Final = {"recovered", "verified"}
"""Ends in which the value came back."""

_IN_ORDER: Final = {State.MET_STANDARD, State.MET_TARGET, State.NO_STANDARD}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertNews:
    """A fact about an alert, as far as corrections care."""

    what: What
    alert: str
    version: int
    """Grows with every fact about the alert."""

    scope: str
    period: str
    severity: Severity
    family: str = "indicator"
    indicator: str | None
    title: str
    owner: str
    crossed: CrossedLine | None
    """The line that was crossed."""

    worst: Worst | None
    """The gravest colour it ever had; None where the publisher does not say."""

    value: str | None
    """Decimal string; None where there is no value."""

    raised_at: datetime
    due_at: datetime | None
    """Until when it must be acknowledged."""

    at: datetime
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    how: ClosedHow | None = None
    """For ``settled`` only."""

    effect: str | None = None
    """Value after minus value before, where the publisher says so."""

    cleared: bool | None = None
    """Whether nothing is broken any more, as the alert waits to be verified; None: not said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the owner does about it (整改措施)."""

    cause_text: str
    measure: str
    due_on: date
    """Campus date until which it is done."""

    started_at: datetime
    """A value that was measured later is one measured again."""

    back_to: BackTo | None
    """The step of the stage loop to which the work goes back."""

    tasks: tuple[str, ...]
    """Tasks that it changes."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile:
    """A file of evidence (佐证)."""

    digest: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What shows that the measure was carried out."""

    said: str
    files: tuple[EvidenceFile, ...]
    by: str
    at: datetime
    others: tuple[str, ...] = ()
    """Who handed some of it in before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remeasured:
    """The value that was measured again (复测值)."""

    value: str | None
    """None where its alert is about no value: of a task, of a step that is late."""

    state: State
    at: datetime
    """When it was measured."""

    seq: int
    """Of the judgement; `BY_ALERT` where the alert itself says that nothing is broken any more."""


BY_ALERT: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What another person found about the effect."""

    is_effective: bool
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """The answer to one alert: colour, line, value and date are those of the alert now."""

    id: UUID
    version: int
    """Grows with every change; what it publishes carries it."""

    cycle: str | None
    """None while no cycle of the scope is open."""

    alert: str
    alert_version: int
    """Version of the newest fact that was heard."""

    scope: str
    period: str
    severity: Severity
    family: str
    indicator: str | None
    title: str
    owner: str
    """Owner of the alert; see `responsible`."""

    crossed: CrossedLine | None
    worst: Worst | None
    value_before: str | None
    """Value that raised the alert; None until the raising was heard."""

    is_raising_heard: bool
    value: str | None
    """Value of the newest fact: the present one, or the one at settling."""

    value_after: str | None
    effect: str | None
    """Value after minus value before; None while open, where one of them is missing, and where the
    value did not come back: nothing was gained."""

    state: Literal["open", "closed"]
    how: ClosedHow | None
    opened_at: datetime
    due_at: datetime | None
    """Until when its alert must be acknowledged."""

    acknowledged_by: str | None
    acknowledged_at: datetime | None
    closed_at: datetime | None
    assigned_to: str | None = None
    """Whom somebody named as its owner."""

    joined: UUID | None = None
    """Id that those of one cause share: people deal with them as one."""

    cause: Cause | None = None
    """The cause that its owner named last."""

    plan: Plan | None = None
    evidence: Evidence | None = None
    remeasured: Remeasured | None = None
    verdict: Verdict | None = None
    """The last one; after one without effect it is planned anew."""

    reopened: int = 0
    """How often its measure had no effect."""

    @property
    def responsible(self) -> str:
        """Return who answers for it."""
        return self.assigned_to or self.owner

    @property
    def stage(self) -> CorrectionStage:
        """Return how far the work on it has come; a role is nobody in particular."""
        if self.state == "closed":
            return "closed"
        if self.evidence:
            return "evidenced"
        if self.plan:
            return "planned"
        return "opened" if self.responsible.startswith("role/") else "assigned"


def open_correction(id_: UUID, news: AlertNews, cycle: str | None) -> Correction:
    """Return the correction that the first fact heard about an alert opens.

    A fact that settles opens it too; `hear` then closes it with the same fact.
    """
    is_settling = news.what == "settled"
    is_raising = news.what == "raised"
    return Correction(
        id=id_,
        version=1,
        cycle=cycle,
        alert=news.alert,
        alert_version=0 if is_settling else news.version,
        scope=news.scope,
        period=news.period,
        severity=news.severity,
        family=news.family,
        indicator=news.indicator,
        title=news.title,
        owner=news.owner,
        crossed=news.crossed,
        worst=news.worst,
        value_before=news.value if is_raising else None,
        is_raising_heard=is_raising,
        value=None if is_settling else news.value,
        value_after=None,
        effect=None,
        state="open",
        how=None,
        opened_at=news.raised_at,
        due_at=news.due_at,
        acknowledged_by=news.acknowledged_by,
        acknowledged_at=news.acknowledged_at,
        closed_at=None,
    )


def hear(correction: Correction, news: AlertNews) -> Correction:
    """Return the correction after a fact about its alert; the same one if it says nothing new."""
    heard = correction
    if news.what == "raised" and not heard.is_raising_heard:
        heard = replace(heard, value_before=news.value, is_raising_heard=True)
    if news.version > heard.alert_version:
        heard = _follow(heard, news)
    if heard == correction:
        return correction
    if heard.effect is None and heard.how in _GAINED:
        heard = replace(heard, effect=difference(heard.value_before, heard.value_after))
    return replace(heard, version=correction.version + 1)


def remeasure(correction: Correction, found: Remeasured) -> Correction:
    """Return the correction with a value measured again; the same one if it is none, or older.

    Only what was measured since the work began shows what it brought.
    """
    plan, known = correction.plan, correction.remeasured
    if correction.state == "closed" or plan is None or found.at <= plan.started_at:
        return correction
    is_judged = known is not None and known.seq != BY_ALERT
    if known and is_judged and (known.at, known.seq) >= (found.at, found.seq):
        return correction
    return replace(correction, remeasured=found, version=correction.version + 1)


def is_effective(correction: Correction) -> bool:
    """Return whether the value measured again is back within its line, and better than before.

    Where no line is known it is the judgement that tells. Source: our default.
    """
    found, line, before = correction.remeasured, correction.crossed, correction.value_before
    if found is None:
        return False
    if line is None or found.value is None:
        return found.state in _IN_ORDER
    after = Decimal(found.value)
    better = before is None or improves(Decimal(before), after, line)
    return better and not lies_beyond(after, line)


def attach(correction: Correction, cycle: str | None) -> Correction:
    """Return the correction inside another cycle; None: it waits until one opens."""
    return replace(correction, cycle=cycle, version=correction.version + 1)


def difference(before: str | None, after: str | None) -> str | None:
    """Return after minus before as a decimal string; None where one of them is missing."""
    if before is None or after is None:
        return None
    return f"{Decimal(after) - Decimal(before):f}"


def _follow(correction: Correction, news: AlertNews) -> Correction:
    heard = replace(
        correction,
        alert_version=news.version,
        severity=news.severity,
        title=news.title,
        owner=news.owner,
        crossed=news.crossed,
        worst=news.worst,
        value=news.value,
        due_at=news.due_at,
        acknowledged_by=news.acknowledged_by,
        acknowledged_at=news.acknowledged_at,
        remeasured=_cleared(correction, news),
    )
    if news.what != "settled" or heard.state == "closed":
        return heard
    return replace(
        heard,
        state="closed",
        how=news.how,
        # What was measured meanwhile may have come before or after: the alert tells the value.
        remeasured=None,
        value_after=news.value,
        effect=news.effect,
        closed_at=news.at,
    )


def _cleared(correction: Correction, news: AlertNews) -> Remeasured | None:
    """Return the value measured again, after a word of the alert.

    Not every alert is about a value that is judged: there it is the alert that says whether
    something is broken still.
    """
    known, plan = correction.remeasured, correction.plan
    if news.cleared is False and known and known.seq == BY_ALERT:
        return None
    if not news.cleared or known or plan is None or news.at <= plan.started_at:
        return known
    return Remeasured(value=news.value, state=State.MET_STANDARD, at=news.at, seq=BY_ALERT)
