"""Words of goals.

Source: glossary; the wording is our default.
"""

from typing import Final

GOALS: Final[dict[str, tuple[str, str]]] = {}
