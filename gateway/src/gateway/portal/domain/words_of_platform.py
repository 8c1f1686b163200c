"""Words of platform.

Source: glossary; the wording is our default.
"""

from typing import Final

PLATFORM: Final[dict[str, tuple[str, str]]] = {}
