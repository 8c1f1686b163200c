"""What a diagnosis starts from: the facts about its goal. Source: design "The spiral", diagnose."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.contracts.causes import Cause
from spiral_service.domain.diagnosing import suggested_cause
from spiral_service.domain.gates.base import Fact, Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """How an earlier period came out."""

    period: str
    state: str
    value: str | None
    attainment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A correction of the cycle on the indicator of the goal, and what it brought."""

    id: str
    title: str
    state: str
    how: str | None
    cause: str | None
    measure: str | None
    effect: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The facts about a goal."""

    indicator: str | None
    target: dict[str, Any] | None
    state: str | None
    """None while it has no judgement."""

    value: str | None
    attainment: str | None
    gap: str | None
    history: Sequence[Past]
    """The newest first."""

    alerts: Sequence[dict[str, Any]]
    corrections: Sequence[Corrected]
    causes: dict[str, int]
    """How often corrections named a cause."""

    suggested_cause: Cause | None
    """The most frequent of them; None without one, or where two are level."""


def known_of(
    goal: Fact,
    result: Fact | None,
    facts: Facts,
    history: Sequence[Past],
    corrections: Sequence[Corrected],
) -> Known:
    """Return what is known about a goal."""
    said = result.document if result else {}
    indicator = goal.document["indicator"]
    causes = [each.cause for each in corrections if each.cause]
    return Known(
        indicator=indicator,
        target=goal.document["target"],
        state=said.get("state"),
        value=said.get("value"),
        attainment=said.get("attainment"),
        gap=said.get("gap"),
        history=history,
        alerts=[
            {"alert": each.key, "title": each.title}
            | {name: each.document[name] for name in ("severity", "settled", "value")}
            for each in facts.alerts
            if indicator is not None and each.document["indicator"] == indicator
        ],
        corrections=corrections,
        causes=dict(Counter(causes)),
        suggested_cause=suggested_cause(causes),
    )
