"""Alerts, and the corrections that answer them.

Source: design "Reports" 1. Cause and measure belong to people: they stay empty and say so.
"""

from dataclasses import replace
from typing import Final

from report_service.domain.content import AlertLine, Blank, CorrectionLine, Owner
from report_service.domain.facts import AlertNote, CorrectionNote, Facts
from report_service.domain.naming import owner_words
from report_service.domain.wording import (
    ALERT_PHASE_ZH,
    HOLD_ZH,
    HOW_ZH,
    SEVERITY_ZH,
    crossed_words,
    figure,
    instant_words,
    period_words,
    shown_change,
)
from shared.contracts.vocabulary import Severity

_GRAVITY: Final = [Severity.RED, Severity.ORANGE, Severity.YELLOW, Severity.BLUE]
_STATE_ZH: Final = {"open": "处理中", "closed": "已销号"}


def alert_lines(facts: Facts) -> list[AlertLine]:
    """Return the alerts, the gravest first."""
    return [
        _alert(facts, alert)
        for alert in sorted(
            facts.alerts,
            key=lambda each: (_GRAVITY.index(Severity(each.severity)), each.raised_at, each.alert),
        )
    ]


def correction_lines(facts: Facts) -> list[CorrectionLine]:
    """Return the corrections, in the order in which they were opened."""
    return [_correction(facts, each) for each in facts.corrections]


def owner_of(facts: Facts, owner: str) -> Owner:
    """Return an owner with the name that people know."""
    return Owner(key=owner, name=owner_words(owner, facts.names))


def effect_words(line: CorrectionLine) -> str:
    """Return what a correction has brought, in a sentence."""
    if line.state == "open":
        return "纠偏进行中，尚未复测"
    if line.effect.value is None:
        return line.state_zh
    how = "自行恢复，" if line.how == "recovered" else "纠偏后"
    return f"{how}由{line.before.shown}到{line.after.shown}，变化{line.effect.shown}"


def _alert(facts: Facts, alert: AlertNote) -> AlertLine:
    unit = facts.unit_of(alert.indicator)
    return AlertLine(
        alert=alert.alert,
        severity=alert.severity,
        severity_zh=SEVERITY_ZH[Severity(alert.severity)],
        title=alert.title,
        owner=owner_of(facts, alert.owner),
        line=alert.crossed["line"] if alert.crossed else None,
        line_zh=crossed_words(alert.crossed, unit),
        before=figure(alert.value_before, unit),
        current=figure(alert.value, unit),
        phase=alert.phase,
        phase_zh=_with_reason(
            ALERT_PHASE_ZH[alert.phase],
            HOW_ZH.get(alert.how or "") or HOLD_ZH.get(alert.hold_reason or ""),
        ),
        raised_at_zh=instant_words(alert.raised_at),
        due_at_zh=instant_words(alert.due_at),
    )


def _correction(facts: Facts, correction: CorrectionNote) -> CorrectionLine:
    unit = facts.unit_of(correction.indicator)
    state = "closed" if correction.is_closed else "open"
    # What came back by itself asks nobody for a cause.
    to_fill = correction.how != "recovered"
    period = facts.period_of(correction.cycle)
    return CorrectionLine(
        correction=correction.correction,
        alert=correction.alert,
        title=correction.title,
        owner=owner_of(facts, correction.owner),
        line_zh=crossed_words(correction.crossed, unit),
        cause=Blank(text=None, to_fill=to_fill),
        measure=Blank(text=None, to_fill=to_fill),
        before=figure(correction.value_before, unit),
        after=figure(correction.value_after, unit),
        effect=replace(
            figure(correction.effect, unit), shown=shown_change(correction.effect, unit)
        ),
        state=state,
        how=correction.how,
        state_zh=_with_reason(_STATE_ZH[state], HOW_ZH.get(correction.how or "")),
        cycle=correction.cycle,
        cycle_zh=period_words(period) if period else "尚未纳入诊改周期",
        opened_at_zh=instant_words(correction.opened_at),
    )


def _with_reason(words: str, reason: str | None) -> str:
    return f"{words}（{reason}）" if reason else words
