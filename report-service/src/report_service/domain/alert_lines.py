"""Alerts, and the corrections that answer them.

Source: design "Reports" 1. Cause and measure belong to people: they stay empty and say so until
somebody stated them.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from report_service.domain.facts import AlertNote, CorrectionNote, Facts
from report_service.domain.lines import AlertLine, Blank, CorrectionLine, Owner, Worst
from report_service.domain.naming import owner_words
from report_service.domain.wording import (
    ALERT_PHASE_ZH,
    HOLD_ZH,
    HOW_ZH,
    SEVERITY_ZH,
    crossed_words,
    figure,
    instant_words,
    left_words,
    period_words,
)
from shared.contracts.causes import CAUSE_ZH, Cause
from shared.contracts.vocabulary import Severity
from shared.contracts.wording import change_words

_GRAVITY: Final = [Severity.RED, Severity.ORANGE, Severity.YELLOW, Severity.BLUE]
_NOTHING_GAINED: Final = {"line-changed", "withdrawn", "false-alarm", "accepted", "carried"}
"""Ends in which the value did not come back."""

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
    if line.how in _NOTHING_GAINED:
        undone = "" if line.measure.text else "，未作纠偏"
        return f"{HOW_ZH[line.how]}，值为{line.after.shown}{undone}"
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
        current_zh=_value_words(over=alert.phase == "settled"),
        worst=_worst(alert.worst, alert.severity, unit),
        phase=alert.phase,
        phase_zh=_with_reason(
            ALERT_PHASE_ZH[alert.phase],
            HOW_ZH.get(alert.how or "") or HOLD_ZH.get(alert.hold_reason or ""),
        ),
        raised_at_zh=instant_words(alert.raised_at),
        due_at_zh=instant_words(alert.due_at),
        acknowledged_by=owner_of(facts, alert.acknowledged_by) if alert.acknowledged_by else None,
        acknowledged_zh=_acknowledged_words(facts, alert, over=alert.phase == "settled"),
    )


def _correction(facts: Facts, correction: CorrectionNote) -> CorrectionLine:
    unit = facts.unit_of(correction.indicator)
    state = "closed" if correction.is_closed else "open"
    # What came back by itself, ended with its line or binding, or was none, asks for no cause.
    to_fill = correction.how in {None, "verified", "carried"}
    cause = CAUSE_ZH[Cause(correction.cause)] if correction.cause else None
    period = facts.period_of(correction.cycle)
    return CorrectionLine(
        correction=correction.correction,
        alert=correction.alert,
        severity=correction.severity,
        severity_zh=SEVERITY_ZH[Severity(correction.severity)],
        title=correction.title,
        owner=owner_of(facts, correction.owner),
        line_zh=crossed_words(correction.crossed, unit),
        worst=_worst(correction.worst, correction.severity, unit),
        cause=Blank(text=cause, to_fill=to_fill and cause is None),
        measure=Blank(text=correction.measure, to_fill=to_fill and correction.measure is None),
        before=figure(correction.value_before, unit),
        current=figure(correction.value, unit),
        current_zh=_value_words(over=correction.is_closed),
        after=figure(correction.value_after, unit),
        effect=replace(
            figure(correction.effect, unit), shown=change_words(correction.effect, unit)
        ),
        state=state,
        how=correction.how,
        state_zh=_with_reason(_STATE_ZH[state], HOW_ZH.get(correction.how or "")),
        cycle=correction.cycle,
        cycle_zh=period_words(period) if period else "尚未纳入诊改周期",
        opened_at_zh=instant_words(correction.opened_at),
        due_at_zh=instant_words(correction.due_at),
        acknowledged_zh=_acknowledged_words(facts, correction, over=correction.is_closed),
    )


def _worst(worst: Mapping[str, Any] | None, present: str, unit: str) -> Worst | None:
    """Return what an alert was at its gravest; None where it is that now."""
    if worst is None or worst["severity"] == present:
        return None
    return Worst(
        severity=worst["severity"],
        severity_zh=SEVERITY_ZH[Severity(worst["severity"])],
        value=figure(worst["value"], unit),
        line_zh=crossed_words(worst["crossed"], unit),
        at_zh=instant_words(datetime.fromisoformat(worst["at"])),
    )


def _value_words(*, over: bool) -> str:
    return "销号时的值" if over else "现值"


def _acknowledged_words(facts: Facts, note: AlertNote | CorrectionNote, *, over: bool) -> str:
    """Return who acknowledged an alert and when; else how long remains at the data's moment."""
    if note.acknowledged_by:
        by = owner_words(note.acknowledged_by, facts.names)
        return f"{by} {instant_words(note.acknowledged_at)} 签收"
    if over or note.due_at is None:
        return "未签收"
    return f"未签收，{left_words(note.due_at, facts.as_of())}"


def _with_reason(words: str, reason: str | None) -> str:
    return f"{words}（{reason}）" if reason else words
