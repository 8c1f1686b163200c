"""Alerts and the corrections that answer them, side by side.

Source: design "Reports" 1.
"""

from dataclasses import replace
from typing import Final

from report_service.domain.content import AlertLine
from report_service.domain.facts import AlertNote, CorrectionNote, Facts
from report_service.domain.wording import (
    ALERT_PHASE_ZH,
    HOW_ZH,
    SEVERITY_ZH,
    figure,
    instant_words,
    shown_change,
)
from shared.contracts.vocabulary import Severity

_GRAVITY: Final = [Severity.RED, Severity.ORANGE, Severity.YELLOW, Severity.BLUE]


def alert_lines(facts: Facts) -> list[AlertLine]:
    """Return the alerts, the gravest first; a correction whose alert is unknown stands alone."""
    corrections = {correction.alert: correction for correction in facts.corrections}
    alerts = sorted(
        facts.alerts,
        key=lambda alert: (_GRAVITY.index(Severity(alert.severity)), alert.raised_at, alert.alert),
    )
    known = {alert.alert for alert in alerts}
    lines = [_alert(facts, alert, corrections.get(alert.alert)) for alert in alerts]
    return lines + [_lone(each) for each in facts.corrections if each.alert not in known]


def _alert(facts: Facts, alert: AlertNote, correction: CorrectionNote | None) -> AlertLine:
    unit = facts.unit_of(alert.indicator)
    after = correction.value_after if correction else None
    if after is None and alert.phase == "settled":
        after = alert.value
    phase = ALERT_PHASE_ZH[alert.phase]
    if alert.how:
        phase += f"（{HOW_ZH[alert.how]}）"
    effect = correction.effect if correction else None
    return AlertLine(
        alert=alert.alert,
        correction=correction.correction if correction else None,
        severity=alert.severity,
        severity_zh=SEVERITY_ZH[Severity(alert.severity)],
        title=alert.title,
        owner=alert.owner,
        standard=alert.standard,
        before=figure(_before(alert, correction), unit),
        after=figure(after, unit),
        effect=replace(figure(effect, unit), shown=shown_change(effect, unit)),
        phase=alert.phase,
        phase_zh=phase,
        raised_at_zh=instant_words(alert.raised_at),
        due_at_zh=instant_words(alert.due_at),
        cycle=correction.cycle if correction else None,
    )


def _before(alert: AlertNote, correction: CorrectionNote | None) -> str | None:
    if correction:
        return correction.value_before
    return None if alert.phase == "settled" else alert.value


def _lone(correction: CorrectionNote) -> AlertLine:
    phase = "settled" if correction.is_closed else "open"
    return AlertLine(
        alert=correction.alert,
        correction=correction.correction,
        severity=correction.severity,
        severity_zh=SEVERITY_ZH[Severity(correction.severity)],
        title=correction.title,
        owner=correction.owner,
        standard=None,
        before=figure(correction.value_before, ""),
        after=figure(correction.value_after, ""),
        effect=replace(figure(correction.effect, ""), shown=shown_change(correction.effect, "")),
        phase=phase,
        phase_zh=ALERT_PHASE_ZH[phase],
        raised_at_zh=instant_words(correction.opened_at),
        due_at_zh=instant_words(correction.due_at),
        cycle=correction.cycle,
    )
