"""Corrections (纠偏): how one follows the facts about its alert.

One alert has one correction. Facts may come late, twice or in another order: each carries the
alert's ``version``, so the newest decides and the outcome does not depend on the order. Only
the raising tells the value before, so it is heard even when it comes last.
Source: design "Alert and correction".
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from shared.contracts.vocabulary import ClosedHow, CrossedLine, Severity, Worst

What = Literal["raised", "merged", "acknowledged", "settled"]

_WITHOUT_EFFECT: Final = {"line-changed", "withdrawn"}
"""Ends in which the value did not come back: nothing was gained."""


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
    indicator: str | None
    title: str
    owner: str
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
    line was changed or its binding withdrawn: nothing was gained."""

    state: Literal["open", "closed"]
    how: ClosedHow | None
    opened_at: datetime
    due_at: datetime | None
    """Until when its alert must be acknowledged."""

    acknowledged_by: str | None
    acknowledged_at: datetime | None
    closed_at: datetime | None


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
    if heard.state == "closed" and heard.effect is None and heard.how not in _WITHOUT_EFFECT:
        heard = replace(heard, effect=difference(heard.value_before, heard.value_after))
    return replace(heard, version=correction.version + 1)


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
    )
    if news.what != "settled":
        return heard
    return replace(
        heard,
        state="closed",
        how=news.how,
        value_after=news.value,
        effect=news.effect,
        closed_at=news.at,
    )
