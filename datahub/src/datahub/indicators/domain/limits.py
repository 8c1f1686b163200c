"""How much measuring may cost. Source: our default."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds that keep one definition from holding up the others."""

    seconds: float = 300.0
    """Of one statement that measures."""

    cost: float = 50_000_000.0
    """That PostgreSQL expects for counting one leg of a formula whole."""


LIMITS: Final = Limits()

LOOK_SECONDS: Final = 10.0
"""So long one statement may take that answers somebody who waits."""

TRY_SECONDS: Final = 30.0
"""So long one statement may take that tries a definition which is not in force."""
