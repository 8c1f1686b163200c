"""Classes of data under the personal information law.

Source: design "Data hub" 7.
"""

from enum import StrEnum


class Privacy(StrEnum):
    """Class of a field, from open to closed."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"
    RESTRICTED = "restricted"

    @property
    def rank(self) -> int:
        """Grows from open to closed."""
        return list(Privacy).index(self)

    @property
    def is_closed(self) -> bool:
        """Whether the value leaves the hub only for a named purpose."""
        return self is Privacy.SENSITIVE or self is Privacy.RESTRICTED
