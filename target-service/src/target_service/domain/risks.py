"""Risks (风险): likelihood × impact, from 1 to 25, and the colour that it has.

Source: plan §四(一)1 风险防控机制 (M037); the scale and the colours are our default.
"""

from typing import Final

from shared.contracts.vocabulary import Severity

_COLOURS: Final = ((15, Severity.RED), (10, Severity.ORANGE), (5, Severity.YELLOW))
"""From which product on a risk has a colour."""


def level_of_risk(likelihood: int, impact: int) -> int:
    """Return how grave a risk is, 1 to 25; each factor is from 1 to 5."""
    return likelihood * impact


def colour_of_risk(level: int) -> Severity:
    """Return the colour of a risk."""
    return next((colour for least, colour in _COLOURS if level >= least), Severity.BLUE)
