"""Which period comes before which, within one kind.

Source: contract "Who owns what": `kind:key`, whose parts grow with time.
"""

import re


def sort_key(period: str) -> list[int]:
    """Return what sorts periods of one kind: week 9 before week 13."""
    return [int(each) for each in re.findall(r"\d+", period.partition(":")[2])]


def earlier(period: str, than: str) -> bool:
    """Return whether a period comes before another of its kind."""
    return sort_key(period) < sort_key(than)
