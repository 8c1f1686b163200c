"""To which of the five vertical systems (五纵) an alert belongs, by its family.

Source: our default; the plan names what each system is for, not which alert is its own.
"""

from collections.abc import Mapping
from typing import Final

from shared.contracts.vocabulary import VerticalSystem

_FAMILIES: Final[Mapping[VerticalSystem, tuple[str, ...]]] = {
    VerticalSystem.DECISION: ("task",),
    VerticalSystem.GENERATION: (
        *("indicator", "trend", "academic", "attendance"),
        *("classroom", "major", "internship"),
    ),
    VerticalSystem.RESOURCES: ("staff", "assets"),
    VerticalSystem.SUPPORT: ("welfare", "psychological", "incident"),
    VerticalSystem.SUPERVISION: ("data", "process"),
}
SYSTEM_OF: Final = {family: system for system, families in _FAMILIES.items() for family in families}


def system_of(family: str) -> VerticalSystem:
    """Return the vertical system of a family; one that we do not know is supervision's."""
    return SYSTEM_OF.get(family, VerticalSystem.SUPERVISION)
