"""What a leg found in one group of rows. Source: design "Indicators" 2–3."""

from decimal import Decimal
from typing import Final, NamedTuple

NOT_DELIVERED: Final = "not-delivered"
NO_COVERAGE: Final = "no-coverage"


class Counted(NamedTuple):
    """What one leg found in one group; a round makes tens of thousands."""

    value: Decimal | None
    """The aggregate; None when it had nothing to add up."""

    rows: int
    """Rows that met the leg's conditions."""

    base: int
    """Rows of the group."""

    present: int
    """Rows of the group that had every field the leg needs."""

    is_delivered: bool = True
    """Records of the counted entity have come at some time: without rows, nothing means none."""

    @property
    def lacks(self) -> str | None:
        """Why nothing is known, whatever was counted."""
        if not self.is_delivered:
            return NOT_DELIVERED
        return NO_COVERAGE if self.base and not self.present else None


NOTHING = Counted(value=None, rows=0, base=0, present=0)
UNDELIVERED = Counted(value=None, rows=0, base=0, present=0, is_delivered=False)
"""Nobody has delivered the entity yet: what there is of it is not known."""
