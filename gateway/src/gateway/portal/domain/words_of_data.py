"""Words of data.

Source: glossary; the wording is our default.
"""

from typing import Final

DATA: Final[dict[str, tuple[str, str]]] = {}
