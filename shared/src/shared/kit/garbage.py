"""How often a service searches for garbage: while it does, nobody gets an answer."""

import gc
from typing import Final

YOUNG: Final = 20_000
"""Objects more than before after which the young are searched. Python's 700 are fewer than one
round of work makes: it searched ten times a second and found next to nothing, for what is dropped
is freed without a search unless it goes round in a circle."""

ROUNDS: Final = 20
"""Searches of a generation for one of the next. That of the whole heap takes 40 to 140 ms."""


def search_seldom() -> None:
    """Leave what was made up to now out of every search for garbage, and search seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, ROUNDS, ROUNDS)
