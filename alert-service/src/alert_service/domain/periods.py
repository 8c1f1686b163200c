"""Which period comes after which.

Source: domain, "Calendar"; how periods are written is the contract's.
"""

import re
from functools import lru_cache


@lru_cache(maxsize=20_000)
def order_of(period: str) -> tuple[str, tuple[int, ...]]:
    """Return the kind of a period, and where it stands among those of its kind."""
    kind, _, key = period.partition(":")
    return kind, tuple(int(each) for each in re.findall(r"\d+", key))
