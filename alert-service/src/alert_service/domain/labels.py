"""The labels of an alert: what routes, silences and inhibitions look at.

Source: our default, after design "Alerts" 5.
"""

from collections.abc import Mapping, Sequence

from alert_service.domain.life import Alert
from alert_service.domain.matching import Labels
from alert_service.domain.notifying import Member
from alert_service.domain.parties import person_of
from alert_service.domain.severity import rank_of
from shared.contracts.vocabulary import level_of


def labels_of(
    alert: Alert, within: Sequence[str], head: str | None, foreign: Mapping[str, str] | None
) -> Labels:
    """Return the labels of an alert; its own go before those that somebody else gave it.

    Args:
        within: its scope and all that it lies in, the nearest first.
        head: who leads the nearest unit.
        foreign: labels of an alert that Prometheus found.
    """
    own = {
        "rule": alert.rule,
        "family": alert.family,
        "severity": alert.severity.value,
        "scope": alert.scope,
        "kind": alert.scope.partition("/")[0],
        "level": level_of(alert.scope).value,
        "period": alert.period,
        "owner": person_of(alert.owner, head),
        "indicator": alert.indicator or "",
        "unit": next((each for each in within if each.startswith("unit/")), ""),
        "unit_head": person_of(head or "", None),
        "supervisor": person_of(alert.supervisor or "", head),
        "hold": alert.hold.value if alert.hold else "",
        "escalated": str(alert.escalated or ""),
    }
    told = {name: each for name, each in own.items() if each}
    return {"alertname": alert.rule, **(foreign or {}), **told, "within": list(within)}


def member_of(alert: Alert, labels: Labels) -> Member:
    """Return an alert as its groups see it."""
    worst = rank_of(alert.worst.severity)
    return Member(
        alert=alert.id,
        labels=labels,
        is_open=alert.settled is None,
        mark=f"{alert.id}@{worst}.{alert.reopened}.{alert.escalated}",
        is_seen=alert.acknowledged is not None or alert.hold is not None,
    )
